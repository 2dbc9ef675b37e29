// The doors to Fovea's own files: what stands behind them is fetched when it is first asked for.
// SPDX-License-Identifier: MIT
import type { Engine } from '../engine/engine.js'
import { FoveaError } from '../errors.js'
import type { Model } from '../model.js'
import type { LoadOptions, SafetensorsOptions } from './checkpoint.js'
import type { LoadSource } from './load.js'
import type { SavedModel } from './places.js'

export async function toSafetensors(
  model: Model,
  options?: SafetensorsOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  return (await import('./checkpoint.js')).toSafetensors(model, options)
}

export async function saveModel(
  model: Model,
  url: string | URL,
  options?: SafetensorsOptions,
): Promise<void> {
  return (await import('./save.js')).saveModel(model, url, options)
}

export async function loadModel(source: LoadSource, options?: LoadOptions): Promise<Model> {
  return (await import('./load.js')).loadModel(source, options)
}

export async function listModels(folder?: string): Promise<SavedModel[]> {
  return (await import('./save.js')).listModels(folder)
}

export async function removeModel(url: string | URL): Promise<void> {
  return (await import('./save.js')).removeModel(url)
}

export async function copyModel(from: string | URL, to: string | URL): Promise<void> {
  return (await import('./save.js')).copyModel(from, to)
}

/** Refuses a network whose weights are not so many numbers, before the engine makes room for them. */
export async function checkWeight(engine: Engine, spec: string, numbers: number): Promise<void> {
  const { numbers: wanted } = await engine.trainingState({ model: 0, given: spec })
  if (wanted === numbers) return
  throw new FoveaError(
    'bad-shape',
    `its layers have ${wanted} numbers as weights, but there are ${numbers}.`,
  )
}
