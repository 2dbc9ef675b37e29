// Losses of one's own: plain functions on whole batches. They run where the user's code runs; the
// engine asks for them between its forward and its backward pass (engine/session.ts).
// SPDX-License-Identifier: MIT
import type { LossAnswer, LossQuestion } from './engine/engine.js'
import { FoveaError } from './errors.js'
import type { CustomLoss, LossAndGradient } from './losses.js'
import { describe } from './options.js'
import { elementCount, shapeText } from './tensor.js'
import type { Tensor } from './tensor.js'

/** Answers the engine's questions with the functions, in the order of the outputs that have one. */
export async function answerLosses(
  place: string,
  functions: readonly CustomLoss[],
  questions: readonly LossQuestion[],
): Promise<LossAnswer[]> {
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
