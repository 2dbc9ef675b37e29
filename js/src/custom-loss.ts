// Losses of one's own: plain functions on whole batches. They run where the user's code runs; the
// engine asks for them between its forward and its backward pass (engine/session.ts).
// SPDX-License-Identifier: MIT
import type { LossAnswer, LossQuestion } from './engine/engine.js'
import { FoveaError } from './errors.js'
import { describe } from './options.js'
import { elementCount, shapeText } from './tensor.js'
import type { FloatTensor } from './tensor.js'

/** What a loss of one's own returns. */
export interface LossValue {
  /** The mean loss of the batch: what `fit` reports. */
  loss: number
  /** How it changes with each prediction: the shape of yPred. */
  gradient: FloatTensor
}

/**
 * A loss of one's own: from the labels and the predictions of a batch to the loss and its gradient
 * at the predictions.
 *
 * @example
 * ```ts
 * const squared = (yTrue, yPred) => {
 *   const n = yPred.data.length
 *   const distance = yPred.data.map((value, k) => value - yTrue.data[k])
 *   const loss = distance.reduce((sum, d) => sum + (d * d) / n, 0)
 *   return { loss, gradient: fovea.tensor(distance.map((d) => (2 * d) / n), yPred.shape) }
 * }
 * await model.compile({ optimizer: 'adam', loss: squared })
 * ```
 */
export type LossFunction = (yTrue: FloatTensor, yPred: FloatTensor) => LossValue

/** Answers the engine's questions with the functions, in the order of the outputs that have one. */
export function answerLosses(
  place: string,
  functions: readonly LossFunction[],
  questions: readonly LossQuestion[],
): LossAnswer[] {
  return questions.map(({ yTrue, yPred }, k) => {
    const own = functions[k] as LossFunction
    const shape = [...yPred.shape] // the function may do with its arguments what it likes
    const value: Partial<LossValue> | null | undefined = own(yTrue, yPred)
    const { loss, gradient } = value ?? {}
    const numbers: unknown = gradient?.data
    if (typeof loss !== 'number' || !(numbers instanceof Float32Array)) {
      throw new FoveaError(
        'bad-option',
        `${place}: a loss of one's own must return { loss, gradient } at once, a number and a tensor ` +
          `of floats, but returned ${describe(value)}.`,
      )
    }
    const actual = gradient?.shape ?? []
    if (shapeText(actual) !== shapeText(shape) || numbers.length !== elementCount(shape)) {
      throw new FoveaError(
        'bad-shape',
        `${place}: a loss of one's own returned a gradient of shape ${shapeText(actual)} with ` +
          `${numbers.length} numbers for predictions of shape ${shapeText(shape)}. Give one number ` +
          `for each prediction.`,
      )
    }
    return { loss, gradient: numbers.slice() }
  })
}
