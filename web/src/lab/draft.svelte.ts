// SPDX-License-Identifier: MIT
// The network that is being edited. After every change it is built in the engine, so that shapes, weights
// and mistakes are the library's own; it replaces the present one only when the visitor says so.
import { layerName, readBlueprint, textOf, usualLayer } from './blueprint.js'
import type { Blueprint, LayerPlan, LayerType } from './blueprint.js'
import type { Lab } from './lab.svelte.js'
import { build } from './network.js'
import type { LayerInfo } from './network.js'

/** What is wrong, and at which layer. */
export interface Mistake {
  place: number
  sentence: string
}

export class Draft {
  layers = $state.raw<Blueprint>([])
  /** What the library says of each layer, as far as they can be built. */
  built = $state.raw<readonly LayerInfo[]>([])
  mistake = $state.raw<Mistake | undefined>()
  /** Bytes that training takes beside the weights. */
  memory = $state<number | undefined>()
  checking = $state(false)

  private origin = $state('')
  private version = 0

  constructor(private readonly lab: Lab) {}

  get text(): string {
    return textOf(this.layers)
  }

  get changed(): boolean {
    return this.text !== this.origin
  }

  /** Begins again from the network that is there. */
  begin(blueprint: Blueprint): void {
    this.origin = textOf(blueprint)
    this.edit(blueprint)
  }

  undo(): void {
    const blueprint = readBlueprint(this.origin)
    if (blueprint) this.edit(blueprint)
  }

  setValue(place: number, field: number, value: number | string): void {
    const values = (layer: LayerPlan): LayerPlan => {
      return { ...layer, values: layer.values.map((old, k) => (k === field ? value : old)) }
    }
    this.edit(this.layers.map((layer, at) => (at === place ? values(layer) : layer)))
  }

  insert(place: number, type: LayerType): void {
    this.edit(this.layers.toSpliced(place, 0, usualLayer(type)))
  }

  remove(place: number): void {
    this.edit(this.layers.toSpliced(place, 1))
  }

  move(place: number, by: -1 | 1): void {
    const layer = this.layers[place]
    if (layer) this.edit(this.layers.toSpliced(place, 1).toSpliced(place + by, 0, layer))
  }

  private edit(layers: Blueprint): void {
    this.layers = layers
    void this.check()
  }

  /** Builds it and notes what comes of it; an older check that ends later is forgotten. */
  private async check(): Promise<void> {
    const version = ++this.version
    const { layers } = this
    this.checking = true
    const found = await this.tryBuild(layers)
    if (version !== this.version) return
    Object.assign(this, found)
    this.checking = false
  }

  private async tryBuild(layers: Blueprint): Promise<Pick<Draft, 'built' | 'mistake' | 'memory'>> {
    const { data, settings } = this.lab
    if (!data) return { built: [], mistake: undefined, memory: undefined }
    try {
      if (layers.length === 0) throw new Error('A network needs at least one layer. Add one.')
      const model = await build(layers, settings, data)
      try {
        const built = model.layers.filter(({ type }) => !type.startsWith('random'))
        const shape = built.at(-1)?.outputShape.slice(1) ?? []
        const mistake = wrongEnd(shape, data.classNames.length, layers.length - 1)
        const { batchSize } = settings
        const { planned } = await model.memory({ batchSize, training: true })
        return { built, mistake, memory: planned }
      } finally {
        await model.dispose()
      }
    } catch (error) {
      const sentence = error instanceof Error ? error.message : String(error)
      const place = placeOf(layers, sentence)
      // What stands before the mistake is right: its shapes help to see what is wrong.
      const { built } = place > 0 ? await this.tryBuild(layers.slice(0, place)) : { built: [] }
      return { built, mistake: { place, sentence }, memory: undefined }
    }
  }
}

/** The layer that the sentence names; the last one where it names none. */
function placeOf(layers: Blueprint, sentence: string): number {
  const name = /layer "([^"]+)"/.exec(sentence)?.[1]
  const place = layers.findIndex((_, at) => layerName(layers, at) === name)
  return place < 0 ? layers.length - 1 : place
}

function wrongEnd(
  shape: readonly (number | null)[],
  classes: number,
  place: number,
): Mistake | undefined {
  if (shape.length === 1 && shape[0] === classes) return undefined
  const end = shape.length === 1 ? '' : 'flatten and '
  const sentence =
    `The last layer gives ${shape.join(' × ')} numbers for an image, but there are ${classes} classes. ` +
    `End with ${end}a dense layer of ${classes} neurons.`
  return { place, sentence }
}
