// Layers as plain objects, and how they are joined: `apply` makes a symbolic tensor that remembers
// the layer and where its inputs come from. A sequential model is the chain of such tensors.
// SPDX-License-Identifier: MIT
import type { PortInfo } from './engine/engine.js'
import { FoveaError } from './errors.js'
import { checkNames, describe } from './options.js'

/** A value of a layer's options: what can be written into the model's text. */
export type OptionValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly OptionValue[]
  | { readonly [name: string]: OptionValue }

/** Options by name. */
export interface OptionRecord {
  readonly [name: string]: OptionValue
}

/**
 * A layer that is not yet part of a model: its type and what the user said about it.
 *
 * @example
 * ```ts
 * const layer = fovea.layers.dense({ units: 10 })
 * layer.type // 'dense'
 * ```
 */
export class Layer {
  /** For example `conv2d`. */
  readonly type: string
  /** The options as given; the engine fills in the rest. */
  readonly options: OptionRecord

  constructor(type: string, options: object) {
    this.type = type
    this.options = options as OptionRecord
  }

  /**
   * Joins the layer to what comes before it.
   *
   * @example
   * ```ts
   * const x = fovea.input({ shape: [28, 28, 1] })
   * const y = fovea.layers.dense({ units: 10 }).apply(fovea.layers.flatten().apply(x))
   * const model = await fovea.model({ inputs: x, outputs: y })
   * ```
   * A layer that is applied again, in the same model or in another one, has the same weights.
   */
  apply(inputs: Joint | readonly Joint[]): SymbolicTensor {
    return new SymbolicTensor(this, jointList(`${this.type}: apply`, inputs))
  }
}

/**
 * The output of a layer before there are numbers: a place in a graph.
 *
 * @example
 * ```ts
 * const x = fovea.input({ shape: [784] })
 * const y = fovea.layers.dense({ units: 10 }).apply(x)
 * y.inputs // [x]
 * ```
 */
export class SymbolicTensor {
  /** The layer whose output this is. */
  readonly layer: Layer
  /** What the layer reads. */
  readonly inputs: readonly SymbolicTensor[]

  constructor(layer: Layer, inputs: readonly SymbolicTensor[]) {
    this.layer = layer
    this.inputs = inputs
  }
}

/** A place to go on from: what `apply` or {@link input} gave, or an input or output of a model. */
export type Joint = SymbolicTensor | PortInfo

// Ports are plain data to look at; where they are in the graph of their model is remembered here.
const places = new WeakMap<object, SymbolicTensor>()

/** Makes a port of a model something that `apply` and `model` accept. */
export function asJoint<Port extends PortInfo>(port: Port, tensor: SymbolicTensor): Port {
  places.set(port, tensor)
  return port
}

/** The symbolic tensors of one joint or of several. `place` opens the sentence of the refusal. */
export function jointList(place: string, given: unknown): SymbolicTensor[] {
  const list: unknown[] = Array.isArray(given) ? given : [given]
  const tensors = list.map((one) =>
    one instanceof SymbolicTensor ? one : places.get(Object(one) as object),
  )
  if (tensors.length > 0 && !tensors.includes(undefined)) return tensors as SymbolicTensor[]
  throw new FoveaError(
    'bad-option',
    `${place} needs what fovea.input or a layer's apply gave, or an array of them, but gets ` +
      `${describe(given)}.`,
  )
}

/** Options of {@link input}. */
export interface InputOptions {
  /** Shape of one example, without the batch: `[28, 28, 1]`. null: any size, as in `[null, null, 3]`. */
  shape: readonly (number | null)[]
  /** Name in the model; `input_1`, ... when left out. */
  name?: string
}

/**
 * Where a model's data comes in.
 *
 * @returns a symbolic tensor of shape `[batch, ...shape]`
 * @throws FoveaError `bad-option` without a shape
 * @example
 * ```ts
 * const x = fovea.input({ shape: [32, 32, 3], name: 'photo' })
 * ```
 */
export function input(options: InputOptions): SymbolicTensor {
  checkNames('input', options, ['shape', 'name'])
  if (!Array.isArray(options.shape)) {
    throw new FoveaError(
      'bad-option',
      `input: shape needs the sizes of one example, such as [28, 28, 1], but gets ` +
        `${describe(options.shape)}.`,
    )
  }
  return new SymbolicTensor(new Layer('input', { ...options }), [])
}
