// SPDX-License-Identifier: MIT
// What every layer gives for the image that is looked at. Asked for while somebody shows it, a few
// times a second at most, one question at a time: the engine has a training to do.
import type { Lab } from './lab.svelte.js'
import { Repeat } from './repeat.js'

export interface LayerMaps {
  name: string
  /** Of one image: [height, width, channels] or [units]. */
  shape: number[]
  data: Float32Array
}

const kPauseMilliseconds = 150

export class Maps {
  /** By layer name, the input too, under "input". Replaced together. */
  layers = $state.raw<ReadonlyMap<string, LayerMaps>>(new Map())

  private readonly repeat = new Repeat(async () => {
    // A network that was replaced meanwhile is asked no more; the new one will be.
    await this.ask().catch(() => {})
    return kPauseMilliseconds
  })

  constructor(private readonly lab: Lab) {}

  of(name: string): LayerMaps | undefined {
    return this.layers.get(name)
  }

  /** Asks now, or when the question before is answered. */
  refresh(): void {
    this.repeat.wish()
  }

  private async ask(): Promise<void> {
    const { network, gaze } = this.lab
    const { image } = gaze
    if (!network || !image || image.shape.join() !== network.inputShape.join()) return
    const names = network.layers.map(({ name }) => name)
    const x = { data: image.pixels, shape: [1, ...image.shape] }
    const found = await network.model.activations(x, names)
    if (network !== this.lab.network) return
    const entry = (name: string): [string, LayerMaps] => {
      const { data, shape } = found[name] ?? { data: new Float32Array(), shape: [1] }
      return [name, { name, data, shape: shape.slice(1) }]
    }
    const data = Float32Array.from(image.pixels, (value) => value / 255)
    const input: LayerMaps = { name: 'input', data, shape: [...image.shape] }
    this.layers = new Map([['input', input], ...names.map(entry)])
  }
}
