// Which outputs of a model are probabilities already, and a model with the same weights whose
// outputs all are: a softmax or sigmoid put on top where the loss has fromLogits.
// SPDX-License-Identifier: MIT
import { isByOutput } from './compile.js'
import type { CompileOptions } from './compile.js'
import { model as makeModel } from './create.js'
import { activation } from './layers.js'
import type { Loss } from './losses.js'
import type { Model } from './model.js'

/** The model, or the same weights with a softmax or sigmoid on top. */
export async function withProbabilities(model: Model): Promise<Model> {
  const { outputs, inputs } = model
  const missing = outputs.map((_, k) => missingActivation(model, k))
  if (missing.every((one) => one === undefined)) return model
  const probabilities = outputs.map((output, k) => {
    const type = missing[k]
    return type === undefined ? output : activation({ activation: type }).apply(output)
  })
  return makeModel({ inputs, outputs: probabilities, seed: model.seed })
}

/** What the loss of the k-th output does with it before it compares: undefined where nothing. */
export function missingActivation(
  { recipe, outputs }: Model,
  k: number,
): 'softmax' | 'sigmoid' | undefined {
  const { name = '', shape = [] } = outputs[k] ?? {}
  const { type, options } = (recipe && lossOf(recipe.loss, k, name)) ?? {}
  if (options?.['fromLogits'] !== true) return undefined
  const yesOrNo = type === 'focal' && (shape.at(-1) === 1 || options['multiLabel'] === true)
  return type === 'binaryCrossentropy' || yesOrNo ? 'sigmoid' : 'softmax'
}

/** The loss of one output: the same for all, or from an array, or by the output's name. */
export function lossOf(losses: CompileOptions['loss'], k: number, name: string): Partial<Loss> {
  if (!isByOutput(losses)) return losses as Partial<Loss>
  const found = Array.isArray(losses)
    ? (losses[k] as unknown)
    : (losses as Record<string, unknown>)[name]
  return (found ?? {}) as Partial<Loss>
}
