// SPDX-License-Identifier: MIT
// One network in the engine, as the page uses it: made from settings, trained, asked. The only file
// that calls the package for a model; everything above it sees numbers.
import type { Model, Tensor, TrainingStep } from 'fovea'
import { judge, probabilities } from './classify.js'
import type { Held } from './classify.js'
import type { Settings } from './settings.js'

export interface LayerRow {
  name: string
  type: string
  shape: string
  weights: number
}

// Few enough that a drawn digit need not wait long behind them, many enough to be quick.
const kHeldBatch = 125

export class Network {
  private constructor(
    readonly model: Model,
    /** True where the outputs are not probabilities yet. */
    readonly logits: boolean,
  ) {}

  static async make(settings: Settings): Promise<Network> {
    const fovea = await import('fovea')
    const model = await fovea.zoo[settings.network]({ seed: settings.seed })
    const logits = model.layers.at(-1)?.config['activation'] !== 'softmax'
    await model.compile({
      optimizer: fovea.optimizers.adam({ learningRate: settings.learningRate }),
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

  get layers(): LayerRow[] {
    return this.model.layers.map(({ name, type, outputShape, params }) => {
      return { name, type, shape: outputShape.slice(1).join(' × '), weights: params }
    })
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
