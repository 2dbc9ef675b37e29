// SPDX-License-Identifier: MIT
// From a network's output to what the page says about it.

export interface Held {
  accuracy: number
  loss: number
  /** The class the network finds most probable, for each image. */
  guesses: Uint8Array
}

/** Probabilities from one row of output; logits go through a softmax, probabilities stay. */
export function probabilities(row: ArrayLike<number>, logits: boolean): number[] {
  const values = Array.from(row)
  if (!logits) return values
  // Subtract the maximum first: exp() of a large logit overflows, and the ratio is unchanged.
  const most = Math.max(...values)
  const powers = values.map((value) => Math.exp(value - most))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.map((power) => power / sum)
}

export function largest(values: ArrayLike<number>): number {
  let best = 0
  for (let i = 1; i < values.length; ++i) if ((values[i] ?? 0) > (values[best] ?? 0)) best = i
  return best
}

/** Accuracy, loss and guesses for outputs [n, classes] whose labels are known. */
export function judge(output: Float32Array, labels: Int32Array, logits: boolean): Held {
  const classes = output.length / labels.length
  const guesses = new Uint8Array(labels.length)
  let right = 0
  let loss = 0
  for (let i = 0; i < labels.length; ++i) {
    const shares = probabilities(output.subarray(i * classes, (i + 1) * classes), logits)
    const label = labels[i] ?? 0
    guesses[i] = largest(shares)
    if (guesses[i] === label) ++right
    loss -= Math.log(Math.max(shares[label] ?? 0, 1e-7))
  }
  return { accuracy: right / labels.length, loss: loss / labels.length, guesses }
}
