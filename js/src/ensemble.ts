// Several trained networks that answer as one: the mean of their probabilities. Their outputs become
// probabilities inside the engine, by a softmax or sigmoid put on top where the loss has fromLogits;
// the mean is measured by a small model that passes it on to the loss and the metrics.
// SPDX-License-Identifier: MIT
import type { Dataset, Inputs, Targets } from './columns.js'
import { model as makeModel } from './create.js'
import { FoveaError } from './errors.js'
import { input } from './graph.js'
import { splitDataset } from './inference.js'
import type { EvaluateOptions, PredictOptions } from './inference.js'
import { activation } from './layers.js'
import type { Loss } from './losses.js'
import { Model } from './model.js'
import { describe } from './options.js'
import { lossOf, missingActivation, withProbabilities } from './probabilities.js'
import { elementCount, shapeText } from './tensor.js'
import type { FloatTensor } from './tensor.js'
import type { Logs } from './training.js'

/**
 * Networks whose probabilities are averaged. Made by {@link ensemble}.
 *
 * @example
 * ```ts
 * const all = await fovea.ensemble([m1, m2, m3])
 * const probabilities = await all.predict(test.images)
 * await all.dispose()
 * ```
 */
export class Ensemble {
  /** @internal */
  constructor(
    /** The networks as they were given. */
    readonly models: readonly Model[],
    private readonly members: readonly Model[],
    private readonly judge: Model | undefined,
  ) {}

  /**
   * The mean of the networks' probabilities, or of their outputs where these are none.
   *
   * @returns a tensor `[n, ...]`; an array of tensors where the networks have several outputs
   * @throws FoveaError as `model.predict`
   * @example
   * ```ts
   * const all = await fovea.ensemble([m1, m2])
   * const probabilities = await all.predict(test.images)
   * ```
   */
  async predict(x: Inputs, options: PredictOptions = {}): Promise<FloatTensor> {
    const means = await this.means(x, options)
    // As in `Model.predict`: one tensor is what nearly every model gives.
    return (means.length === 1 ? means[0] : means) as FloatTensor
  }

  /**
   * Loss and metrics of the mean, as the first network was compiled.
   *
   * @throws FoveaError as `model.evaluate`; `bad-option` where the first network is not compiled
   * @example
   * ```ts
   * const all = await fovea.ensemble([m1, m2])
   * const { accuracy } = await all.evaluate(test)
   * ```
   */
  evaluate(x: Dataset, options?: EvaluateOptions): Promise<Logs>
  evaluate(x: Inputs, y: Targets, options?: EvaluateOptions): Promise<Logs>
  async evaluate(x: Dataset | Inputs, y?: unknown, options?: EvaluateOptions): Promise<Logs> {
    if (this.judge === undefined) {
      throw new FoveaError(
        'bad-option',
        'ensemble: evaluate needs a loss. Compile the first model before fovea.ensemble([...]).',
      )
    }
    const given = splitDataset(x, y, options)
    const { batchSize, signal } = given.options ?? {}
    const shared = { ...(batchSize && { batchSize }), ...(signal && { signal }) }
    const means = await this.means(given.x as Inputs, shared)
    return this.judge.evaluate(means, given.y as Targets, given.options)
  }

  /**
   * Frees what the ensemble added; the networks themselves stay.
   *
   * @example
   * ```ts
   * const all = await fovea.ensemble([m1, m2])
   * await all.dispose()
   * ```
   */
  async dispose(): Promise<void> {
    const added = this.members.filter((one) => !this.models.includes(one))
    for (const one of added) await one.dispose()
    await this.judge?.dispose()
  }

  /** `await using all = await fovea.ensemble([...])` disposes at the end of the block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose()
  }

  private async means(x: Inputs, options: PredictOptions): Promise<FloatTensor[]> {
    const all: FloatTensor[][] = []
    for (const one of this.members) all.push(await one.predictAll(x, options))
    const [first = []] = all
    return first.map(({ shape }, k) => {
      const data = new Float32Array(elementCount(shape))
      for (let i = 0; i < data.length; ++i) {
        const sum = all.reduce((total, outputs) => total + (outputs[k]?.data[i] ?? NaN), 0)
        data[i] = sum / all.length
      }
      return { data, shape }
    })
  }
}

export async function ensemble(models: readonly Model[]): Promise<Ensemble> {
  const isList = Array.isArray(models) && models.every((one) => one instanceof Model)
  const [first] = isList ? models : []
  if (first === undefined) {
    throw new FoveaError(
      'bad-option',
      `ensemble: needs an array of at least one model but gets ${describe(models)}.`,
    )
  }
  models.forEach((one, k) => expectSame(first, one, k))
  const members: Model[] = []
  for (const one of models) members.push(await withProbabilities(one))
  return new Ensemble([...models], members, await judgeOf(first))
}

function expectSame(first: Model, other: Model, k: number): void {
  const shapes = (model: Model): string =>
    [model.inputs, model.outputs]
      .map((ports) => ports.map(({ shape }) => shapeText(['n', ...shape])).join(', '))
      .join(' to ')
  if (shapes(first) === shapes(other)) return
  throw new FoveaError(
    'bad-shape',
    `ensemble: model ${k + 1} goes from ${shapes(other)} but the first from ${shapes(first)}. All ` +
      `need the same shapes.`,
  )
}

/** What measures probabilities as the model would: its losses without fromLogits, its metrics. */
async function judgeOf(first: Model): Promise<Model | undefined> {
  const { recipe, outputs, seed } = first
  if (recipe === undefined) return undefined
  const inputs = outputs.map(({ shape }) => input({ shape: [...shape] as number[] }))
  const passed = outputs.map(({ name }, k) =>
    activation({ activation: 'linear', name }).apply(inputs[k] ?? []),
  )
  const judge = await makeModel({ inputs, outputs: passed, name: 'ensemble', seed })
  const loss = outputs.map(({ name }, k) => {
    const one = lossOf(recipe.loss, k, name) as Loss
    if (missingActivation(first, k) === undefined) return one
    return { ...one, options: { ...one.options, fromLogits: false } }
  })
  await judge.compile({ ...recipe, loss })
  return judge
}
