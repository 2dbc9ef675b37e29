// A model as one safetensors file: the weights under Keras's names, the optimizer's state beside them,
// and everything else as words in the header. What is written here, a new engine goes on from bit for
// bit. docs/formats.md has the layout.
// SPDX-License-Identifier: MIT
import type { CompileOptions } from '../compile.js'
import type { Progress } from '../engine/engine.js'
import { FoveaError } from '../errors.js'
import type { Model } from '../model.js'
import { checkNames } from '../options.js'
import { matchWeights } from '../weights.js'
import { progressLine } from './progress.js'
import { readSafetensors, writeSafetensors } from './safetensors.js'
import type { NamedArray, Safetensors } from './safetensors.js'
import { buildFromTopology, describeTopology } from './topology.js'

/** Options of `toSafetensors` and `save`. */
export interface SafetensorsOptions {
  /**
   * With the optimizer's state and the place in the training, so that `fit` with `resume` goes on as
   * if it had never stopped. Default: of `toSafetensors` false, of `save` true where the model is
   * compiled.
   */
  optimizer?: boolean
}

/** Options of `loadModel`. */
export interface LoadOptions {
  /** The loss, where the model was compiled with a function of one's own: no file can hold it. */
  loss?: CompileOptions['loss']
}

const kVersion = '1'
const kSlot = 'optimizer/'

/** The bytes of a file with this model in it. */
export async function toSafetensors(
  model: Model,
  options: SafetensorsOptions = {},
  place = 'toSafetensors',
): Promise<Uint8Array<ArrayBuffer>> {
  checkNames(place, options, ['optimizer'])
  const { optimizer = false } = options
  const { engine, description } = model.parts(place)
  const { recipe } = model
  if (optimizer && recipe === undefined) {
    throw new FoveaError(
      'bad-option',
      `${place}: the model "${model.name}" has no optimizer yet. Call model.compile({ optimizer, loss }) ` +
        `first, or leave optimizer out.`,
    )
  }
  const request = { model: description.model, training: optimizer }
  const { parameters, state, slots } = await engine.snapshot(request)
  const tensors: NamedArray[] = description.parameters.map(({ name, shape }, k) => {
    return { name, shape, data: parameters[k] as Float32Array }
  })
  const names = tensors.map(({ name }) => name)
  state?.slots.forEach(({ name, place }, k) => {
    tensors.push({ name: kSlot + name, shape: place.shape, data: slots[k] as Float32Array })
  })
  refuseRepeated(tensors, place)
  const metadata: Record<string, string> = {
    format: 'fovea',
    version: kVersion,
    topology: JSON.stringify(describeTopology(model)),
    weights: JSON.stringify(names),
    seed: String(model.seed),
  }
  if (recipe !== undefined) metadata['compile'] = recipeText(recipe)
  if (state !== undefined) {
    metadata['epoch'] = String(state.progress.epoch)
    metadata['step'] = String(state.progress.step)
    metadata['training'] = JSON.stringify(state.progress)
  }
  return writeSafetensors(tensors, metadata)
}

function refuseRepeated(tensors: readonly NamedArray[], place: string): void {
  const seen = new Set(['__metadata__'])
  for (const { name } of tensors) {
    if (seen.has(name)) {
      throw new FoveaError(
        'unsupported',
        `${place}: the file would have two arrays called "${name}". Give that layer another name.`,
      )
    }
    seen.add(name)
  }
}

/** Functions cannot be written: a mark stands in their place. */
function recipeText(recipe: CompileOptions): string {
  return JSON.stringify(recipe, (_key, value: unknown) =>
    typeof value === 'function' ? { custom: true } : value,
  )
}

/**
 * Makes the model that a file holds.
 *
 * @throws FoveaError `bad-file` for a damaged file or one without a topology
 */
export async function readCheckpoint(
  bytes: Uint8Array,
  place: string,
  options: LoadOptions = {},
): Promise<Model> {
  const file = readSafetensors(bytes, place)
  const { metadata, tensors } = file
  if (!metadata.has('topology')) {
    throw new FoveaError(
      'bad-file',
      `${place}: the safetensors file holds weights but no topology. Make the model, and give it the ` +
        `weights with model.setWeights.`,
    )
  }
  if (metadata.get('version') !== kVersion) {
    throw wrong(place, `is of version ${String(metadata.get('version'))}, and ${kVersion} is known`)
  }
  const names = jsonOf(metadata, 'weights', place)
  if (!Array.isArray(names) || !names.every((one) => typeof one === 'string')) {
    throw wrong(place, 'has no list of names as weights')
  }
  const weights = names.map((name) => tensorOf(tensors, name, place))
  const numbers = weights.reduce((sum, { data }) => sum + data.length, 0)
  const seed = Number(metadata.get('seed'))
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) throw wrong(place, 'has no seed')
  const topology = jsonOf(metadata, 'topology', place)
  const model = await buildFromTopology(topology, { seed, place, numbers })
  try {
    await fill(model, file, weights, place, options)
    await model.keep(true)
    return model
  } catch (cause) {
    await model.dispose()
    const known = cause instanceof FoveaError && !['bad-shape', 'bad-data'].includes(cause.code)
    if (known) throw cause
    throw wrong(place, `does not fit together: ${(cause as Error).message}`, cause)
  }
}

async function fill(
  model: Model,
  { metadata, tensors }: Safetensors,
  weights: readonly NamedArray[],
  place: string,
  options: LoadOptions,
): Promise<void> {
  const { engine, description } = model.parts(place)
  const id = description.model
  const given = weights.map(({ name, shape, data }) => ({ name, shape: [...shape], data }))
  const parameters = matchWeights(place, description.parameters, given)
  if (metadata.has('compile')) await compile(model, metadata, place, options)
  const slots = [...tensors.keys()].filter((name) => name.startsWith(kSlot))
  const extra = [...tensors.keys()].length - weights.length - slots.length
  const state = metadata.has('training') ? progressOf(metadata, place) : undefined
  if (extra !== 0 || (slots.length > 0 && state === undefined)) {
    throw wrong(place, 'has arrays that belong to nothing in it')
  }
  if (state === undefined) return void (await engine.restore({ model: id, parameters }))
  if (model.recipe === undefined) throw wrong(place, 'has a training but does not say which')
  const { slots: known } = await engine.trainingState({ model: id, given: '' })
  if (known.length !== slots.length) throw wrong(place, 'has the state of another optimizer')
  const filled = known.map(({ name, place: { shape } }) => {
    const found = tensorOf(tensors, kSlot + name, place)
    if (found.shape.join() === shape.join()) return found.data
    throw wrong(place, `has "${kSlot}${name}" in another shape than its weights`)
  })
  try {
    const progress = progressLine(state)
    await engine.restore({ model: id, parameters, progress, slots: filled })
  } catch (cause) {
    throw wrong(place, `has a training that cannot be: ${(cause as Error).message}`, cause)
  }
}

async function compile(
  model: Model,
  metadata: ReadonlyMap<string, string>,
  place: string,
  { loss }: LoadOptions,
): Promise<void> {
  const recipe = jsonOf(metadata, 'compile', place) as CompileOptions
  if (recipe === null || typeof recipe !== 'object') throw wrong(place, 'has no options of compile')
  const custom =
    loss === undefined && JSON.stringify(recipe.loss ?? null).includes('{"custom":true}')
  if (custom) {
    throw new FoveaError(
      'bad-option',
      `${place}: the model was compiled with a loss of one's own, and no file holds a function. Give it: ` +
        `fovea.loadModel(source, { loss }).`,
    )
  }
  try {
    await model.compile(loss === undefined ? recipe : { ...recipe, loss })
  } catch (cause) {
    if (loss !== undefined) throw cause
    throw wrong(place, `has options of compile that cannot be: ${(cause as Error).message}`, cause)
  }
}

function progressOf(metadata: ReadonlyMap<string, string>, place: string): Progress {
  const given = jsonOf(metadata, 'training', place)
  const isNumber = (value: unknown): boolean => typeof value === 'number' || value === null
  const entries = given !== null && typeof given === 'object' ? Object.entries(given) : []
  const fits = ([name, value]: [string, unknown]): boolean =>
    /^[a-zA-Z]+$/.test(name) &&
    (typeof value === 'number' ||
      typeof value === 'boolean' ||
      (Array.isArray(value) && value.every(isNumber)))
  if (entries.length === 0 || !entries.every(fits)) throw wrong(place, 'has a damaged training')
  return Object.fromEntries(entries) as Progress
}

function tensorOf(
  tensors: ReadonlyMap<string, NamedArray>,
  name: string,
  place: string,
): NamedArray {
  const found = tensors.get(name)
  if (found !== undefined) return found
  throw wrong(place, `lacks the array "${name}"`)
}

function jsonOf(metadata: ReadonlyMap<string, string>, key: string, place: string): unknown {
  try {
    return JSON.parse(metadata.get(key) ?? '') as unknown
  } catch (cause) {
    throw wrong(place, `has no valid ${key}: ${(cause as Error).message}`, cause)
  }
}

function wrong(place: string, what: string, cause?: unknown): FoveaError {
  return new FoveaError('bad-file', `${place}: the file ${what}.`, { cause })
}
