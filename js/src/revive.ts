// A model whose worker was lost, brought back in a new one: its layers from the graph that the page has,
// its weights and its training as they were kept last, else the initial ones.
// SPDX-License-Identifier: MIT
import { trainingRecipe } from './compile.js'
import { runtime } from './engine/runtime.js'
import { FoveaError } from './errors.js'
import { progressLine } from './formats/progress.js'
import type { ModelBase } from './model-base.js'
import { modelsOf, sharesIn } from './sharing.js'
import type { Home } from './sharing.js'
import { modelSpec } from './spec.js'

let last: Promise<unknown> = Promise.resolve()

/** Brings the model back, once for all calls that wait for it; one model after the other. */
export function revive(model: ModelBase): Promise<void> {
  const { home } = model
  if (home.reviving === undefined) {
    home.reviving = last.then(() => withSharers(model)).finally(() => (home.reviving = undefined))
    last = home.reviving.catch(() => {})
  }
  return home.reviving
}

/** Where weights are shared, those that were kept last count: that model comes back first. */
async function withSharers(model: ModelBase): Promise<void> {
  const { graph, home } = model
  const layers = new Set([...graph.names.keys()].map(({ layer }) => layer))
  const sharers = new Map([...layers].flatMap(modelsOf).map(({ home, keep }) => [home, keep]))
  const lost = [...sharers].filter(([one]) => one === home || one.runtime.lost)
  lost.sort(([a], [b]) => age(a) - age(b))
  for (const [one, keep] of lost) {
    // Another one's own sharers are its own affair: it comes back with what it shares with this one.
    if (one.runtime.lost) await bringBack(keep as ModelBase)
    if (one === home) return
  }
  if (home.runtime.lost) await bringBack(model)
}

/** Less for what was kept later; for what was never kept, for what is older. */
function age({ keptAt, description }: Home): number {
  return keptAt === undefined ? description.model : -keptAt
}

async function bringBack({ graph, home, recipe, seed }: ModelBase): Promise<void> {
  const { description: before, kept, keptAt } = home
  if (keptAt === Infinity) {
    throw new FoveaError(
      'worker-lost',
      `the worker of the model "${graph.name}" stopped by itself, and its ${before.countParams.total} weights ` +
        `were too many to be kept elsewhere. Load it from where it was saved: fovea.loadModel(url).`,
    )
  }
  const running = await runtime()
  const { engine } = running
  // Weights are shared with those models that are back already.
  const spec = modelSpec(graph, sharesIn(running, false))
  const description = await engine.createModel({ spec, seed })
  const lines = spec.split('\n').filter((line) => line.includes(' weights='))
  const shared = lines.map((line) => /name=(\S+)/.exec(line)?.[1])
  const { model } = description
  try {
    const trainable = new Map(before.layers.map((one) => [one.name, one.trainable]))
    for (const layer of description.layers) {
      const wanted = trainable.get(layer.name) ?? layer.trainable
      if (wanted !== layer.trainable) {
        await engine.setTrainable({ model, layer: layer.name, trainable: wanted })
      }
    }
    if (recipe !== undefined) {
      const { text } = trainingRecipe(description.outputs, recipe)
      await engine.compileModel({ model, training: text })
    }
    if (kept !== undefined) {
      const { state, slots } = kept
      const training = state && { progress: progressLine(state.progress), slots }
      const there = await engine.snapshot({ model, training: false })
      const parameters = description.parameters.map(({ name }, k) => {
        const isShared = shared.some((layer) => name.startsWith(`${layer}/`))
        return (isShared ? there : kept).parameters[k] as Float32Array
      })
      await engine.restore({ model, parameters, ...training })
    }
  } catch (error) {
    await engine.disposeModel({ model })
    throw error
  }
  home.runtime = running
  home.description = { ...before, model }
}
