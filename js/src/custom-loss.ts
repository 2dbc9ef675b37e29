// Losses of one's own: plain functions on whole batches. They run where the user's code runs; the
// engine asks for them between its forward and its backward pass (engine/session.ts).
// SPDX-License-Identifier: MIT
import type { Column, LossAnswer, LossQuestion } from './engine/engine.js'
import { FoveaError } from './errors.js'
import type { CustomLoss, LossAndGradient } from './losses.js'
import { describe } from './options.js'
import { elementCount, shapeText } from './tensor.js'
import type { Tensor } from './tensor.js'

/** Answers the engine's questions with the functions, in the order of the outputs that have one. */
export function answerLosses(
  place: string,
  functions: readonly CustomLoss[],
  questions: readonly LossQuestion[],
): LossAnswer[] {
  return questions.map(({ yTrue, yPred }, k) => {
    const own = functions[k] as CustomLoss
    const shape = [...yPred.shape] // the function may do with its arguments what it likes
    const value: Partial<LossAndGradient> | null | undefined = own(yTrue, yPred)
    const { loss, gradient } = value ?? {}
    const plain = gradient instanceof Float32Array
    const numbers: unknown = plain ? gradient : gradient?.data
    if (typeof loss !== 'number' || !(numbers instanceof Float32Array)) {
      throw new FoveaError(
        'bad-option',
        `${place}: a loss of one's own must return { loss, gradient } at once, a number and a tensor ` +
          `of floats, but returned ${describe(value)}.`,
      )
    }
    const actual = plain ? shape : ((gradient as Partial<Tensor>).shape ?? [])
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

/** Weights of examples are the engine's business, which does not compute this loss. */
export function refuseWeights(place: string, weights: readonly Column[]): void {
  if (weights.length === 0) return
  throw new FoveaError(
    'unsupported',
    `${place}: sampleWeight and classWeight do not reach a loss of one's own. Weigh the examples in it.`,
  )
}
