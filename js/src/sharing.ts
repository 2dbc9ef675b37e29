// Layers remember the living models that they are part of: a new model that is made of the same
// layer objects borrows their weights, so that training either changes both.
// SPDX-License-Identifier: MIT
import type { ModelDescription, Snapshot } from './engine/engine.js'
import type { Runtime } from './engine/runtime.js'
import { FoveaError } from './errors.js'
import type { Layer } from './graph.js'
import type { Graph, Share, Shares } from './spec.js'

/** A model in its engine, without the handle on it: what is left when that was collected. */
export interface Home {
  runtime: Runtime
  description: ModelDescription
  disposed: boolean
  /** The model when it was last kept outside of its worker, for when that is lost. */
  kept?: Snapshot
  /** When that was; Infinity: it is too large, and weights of its own are in the worker alone. */
  keptAt?: number
  /** Comes back to life. */
  reviving?: Promise<void> | undefined
}

/** The name of a layer in a model, and the model, which is not collected while its layer is there. */
interface Place {
  name: string
  keep: object
}

const homes = new WeakMap<Layer, Map<Home, Place>>()

/** The living models that a layer's weights are in. */
export function modelsOf(layer: Layer): { home: Home; keep: object }[] {
  const all = [...(homes.get(layer) ?? [])].filter(([home]) => !home.disposed)
  return all.map(([home, { keep }]) => ({ home, keep }))
}

/** Notes that the layers of a graph have their weights in this model. */
export function settle({ names }: Graph, home: Home, keep: object): void {
  const parameters = home.description.parameters
  for (const [{ layer }, name] of names) {
    if (!parameters.some((one) => one.name.startsWith(`${name}/`))) continue
    const living = [...(homes.get(layer) ?? [])].filter(([one]) => !one.disposed)
    homes.set(layer, new Map([...living, [home, { name, keep }]]))
  }
}

/** Makes a layer that differs in what it does with its sums have the weights of another one. */
export function shareWeights(from: Layer, to: Layer): Layer {
  const there = homes.get(from)
  if (there !== undefined) homes.set(to, there)
  return to
}

/**
 * What layers share with models that live in this engine. `forNew`: a model that was not there before must
 * find all of them.
 */
export function sharesIn(runtime: Runtime, forNew = true): Shares {
  return (layer): Share | undefined => {
    const all = [...(homes.get(layer) ?? [])]
    const found = all.find(([home]) => home.runtime === runtime && !home.disposed)
    if (found !== undefined) {
      const [home, { name }] = found
      const { model, layers } = home.description
      const there = layers.find((one) => one.name === name)
      return { name, weights: `${model}/${name}`, trainable: there?.trainable ?? true }
    }
    if (all[0] === undefined || !forNew) return undefined
    const [home, { name }] = all[0]
    throw new FoveaError(
      'disposed',
      `model: layer "${name}" (${layer.type}) has its weights in the model ` +
        `"${home.description.name}", which was disposed of. Take layers from a model that lives, ` +
        `or make new ones.`,
    )
  }
}
