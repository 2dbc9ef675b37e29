// SPDX-License-Identifier: MIT
// One network in the engine, as the page uses it: made from settings, trained, asked. What calls the
// package for a model; everything above it sees numbers.
import type { Model, Optimizer, Schedule, Tensor, TrainingStep } from 'fovea'
import { augmentationLayers, augments } from './augment.js'
import { blueprintOf, fieldsOf, readBlueprint, withClasses } from './blueprint.js'
import type { Blueprint } from './blueprint.js'
import { judge, probabilities } from './classify.js'
import type { Held } from './classify.js'
import type { LabData } from './data.js'
import type { Settings } from './settings.js'

type Layer = Parameters<typeof import('fovea').sequential>[0]['layers'][number]
export type LayerInfo = Model['layers'][number]

// Few enough that a drawn digit need not wait long behind them, many enough to be quick.
const kHeldBatch = 125
const kMomentum = 0.9

export class Network {
  private constructor(
    readonly model: Model,
    /** True where the outputs are not probabilities yet. */
    readonly logits: boolean,
  ) {}

  static async make(settings: Settings, data: LabData): Promise<Network> {
    const model = await makeModel(settings, data)
    try {
      return await Network.of(model, settings, data)
    } catch (error) {
      await model.dispose()
      throw error
    }
  }

  /** A model that is there already, compiled with these settings. */
  static async of(model: Model, settings: Settings, data: LabData): Promise<Network> {
    const fovea = await import('fovea')
    const last = model.layers.at(-1)
    const end = last?.config['activation']
    const logits = last?.type !== 'softmax' && end !== 'softmax'
    const steps = Math.ceil(data.train.labels.length / settings.batchSize) * settings.epochs
    await model.compile({
      optimizer: optimizer(fovea, settings, steps),
      loss: fovea.losses.sparseCategoricalCrossentropy({ fromLogits: logits }),
      metrics: ['accuracy'],
    })
    return new Network(model, logits)
  }

  /** Of one image: [height, width, channels]. */
  get inputShape(): number[] {
    return (this.model.inputs[0]?.shape ?? []).map((side) => side ?? 0)
  }

  get weights(): number {
    return this.model.countParams().total
  }

  /** The layers, without those that only change training images. */
  get layers(): LayerInfo[] {
    return this.model.layers.filter(({ type }) => !type.startsWith('random'))
  }

  /** Trains epochs [from, from + settings.epochs), step by step. */
  train(
    images: Tensor,
    labels: Int32Array,
    from: number,
    settings: Settings,
  ): AsyncGenerator<TrainingStep, unknown, void> {
    const { epochs, batchSize, seed } = settings
    const options = { initialEpoch: from, epochs: from + epochs, batchSize, seed }
    return this.model.train(images, labels, options)
  }

  pause(): void {
    this.model.pause()
  }

  resume(): void {
    this.model.resume()
  }

  /** While paused: one batch, and pauses again. */
  step(): void {
    this.model.resume({ batches: 1 })
  }

  /** One step on the images from a row on. Loss and metrics are those before the step. */
  async trainOn(
    { images, labels }: LabData['train'],
    from: number,
    batchSize: number,
  ): Promise<{ logs: Record<string, number>; size: number }> {
    const to = Math.min(labels.length, from + batchSize)
    const pixels = images.data.length / labels.length
    const data = images.data.subarray(from * pixels, to * pixels)
    const x = { data, shape: [to - from, ...images.shape.slice(1)] }
    const logs = await this.model.trainOnBatch(x, labels.subarray(from, to))
    return { logs, size: to - from }
  }

  dispose(): Promise<void> {
    return this.model.dispose()
  }

  /** A probability for each class of one image of bytes. */
  async classify(pixels: Uint8Array): Promise<number[]> {
    const output = await this.model.predict({ data: pixels, shape: [1, ...this.inputShape] })
    return probabilities(output.data, this.logits)
  }

  /** Raw outputs [n, classes] for many images, in parts between which training goes on. */
  async outputs(images: Tensor): Promise<Float32Array> {
    const count = images.shape[0] ?? 0
    const pixels = images.data.length / count
    const parts: Float32Array[] = []
    for (let from = 0; from < count; from += kHeldBatch) {
      const to = Math.min(count, from + kHeldBatch)
      const data = images.data.subarray(from * pixels, to * pixels)
      const x = { data, shape: [to - from, ...images.shape.slice(1)] }
      parts.push((await this.model.predict(x, { batchSize: kHeldBatch })).data)
    }
    const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
    let at = 0
    for (const part of parts) {
      all.set(part, at)
      at += part.length
    }
    return all
  }

  /** Looks at every held-out image. */
  async measure(images: Tensor, labels: Int32Array): Promise<Held> {
    return judge(await this.outputs(images), labels, this.logits)
  }
}

/** Why a model cannot be trained on a data set, as a sentence; empty where it can. */
export function misfitOf(model: Model, { shape, classNames }: LabData): string {
  const sides = (port: { shape: readonly (number | null)[] } | undefined): string =>
    port?.shape.join(' × ') ?? ''
  const remedy = 'Choose its data first, in the chapter Data.'
  const [input, more] = model.inputs
  if (more || model.outputs.length !== 1) {
    return 'This network has several inputs or outputs; this page shows those that have one of each.'
  }
  if (sides(input) !== shape.join(' × ')) {
    return `This network takes images of ${sides(input)}, but the present data has ${shape.join(' × ')}. ${remedy}`
  }
  const classes = sides(model.outputs[0])
  if (classes === String(classNames.length)) return ''
  return `This network tells ${classes} classes apart, but the present data has ${classNames.length}. ${remedy}`
}

type Fovea = typeof import('fovea')

function optimizer(fovea: Fovea, settings: Settings, steps: number): Optimizer {
  const learningRate = rate(fovea, settings, steps)
  const { sgd } = fovea.optimizers
  switch (settings.optimizer) {
    case 'momentum':
      return sgd({ learningRate, momentum: kMomentum })
    case 'nesterov':
      return sgd({ learningRate, momentum: kMomentum, nesterov: true })
    default:
      return fovea.optimizers[settings.optimizer]({ learningRate })
  }
}

function rate(fovea: Fovea, settings: Settings, steps: number): number | Schedule {
  const { schedule, learningRate: initialLearningRate } = settings
  const { schedules } = fovea
  switch (schedule) {
    case 'cosineDecay':
      return schedules.cosineDecay({ initialLearningRate, decaySteps: steps })
    case 'stepDecay':
      return schedules.stepDecay({ initialLearningRate, decaySteps: Math.ceil(steps / 3) })
    case 'oneCycle':
      return schedules.oneCycle({ maxLearningRate: initialLearningRate, totalSteps: steps })
    default:
      return initialLearningRate
  }
}

async function makeModel(settings: Settings, data: LabData): Promise<Model> {
  const { network, seed } = settings
  if (network === 'own') {
    const own = readBlueprint(settings.layers)
    if (!own) throw new Error('The address describes no network.')
    return build(own, settings, data)
  }
  const fovea = await import('fovea')
  const model = await fovea.zoo[network]({ seed })
  const shape = model.inputs[0]?.shape ?? []
  const fits =
    shape.join() === data.shape.join() && model.outputs[0]?.shape[0] === data.classNames.length
  if (fits && !augments(settings)) return model
  // The zoo's network for other images or classes: the same layers, another beginning and end.
  const blueprint = blueprintOf(model.layers)
  await model.dispose()
  if (!blueprint) throw new Error(`${network} cannot be fitted to these images.`)
  return build(withClasses(blueprint, data.classNames.length), settings, data)
}

/** A blueprint as a model for images of this shape. */
export async function build(
  blueprint: Blueprint,
  settings: Settings,
  { shape }: Pick<LabData, 'shape'>,
): Promise<Model> {
  const fovea = await import('fovea')
  const front = augments(settings) ? await augmentationLayers(settings, shape) : []
  const make = fovea.layers as unknown as Record<string, (options: object) => Layer>
  const list = blueprint.map(({ type, values }, place) => {
    const fields = fieldsOf(type)
    const options = Object.fromEntries(fields.map(({ name }, k) => [name, values[k]]))
    const first = place === 0 && front.length === 0 ? { inputShape: shape } : {}
    const layer = make[type]?.({ ...options, ...first })
    if (!layer) throw new Error(`There is no layer ${type}.`)
    return layer
  })
  return fovea.sequential({ seed: settings.seed, layers: [...front, ...list] })
}
