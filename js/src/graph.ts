// Layers as plain objects, and how they are joined: `apply` makes a symbolic tensor that remembers
// the layer and where its inputs come from. A sequential model is the chain of such tensors.
// SPDX-License-Identifier: MIT
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

/** A layer that is not yet part of a model: its type and what the user said about it. */
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
   */
  apply(inputs: SymbolicTensor | readonly SymbolicTensor[]): SymbolicTensor {
    const list = inputs instanceof SymbolicTensor ? [inputs] : inputs
    const fits =
      Array.isArray(list) && list.length > 0 && list.every((one) => one instanceof SymbolicTensor)
    if (!fits) {
      throw new FoveaError(
        'bad-option',
        `${this.type}: apply needs what fovea.input or another layer's apply gave, or an array of ` +
          `them, but gets ${describe(inputs)}.`,
      )
    }
    return new SymbolicTensor(this, [...list])
  }
}

/** The output of a layer before there are numbers: a place in a graph. */
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

/** Options of {@link input}. */
export interface InputOptions {
  /** Shape of one example, without the batch: `[28, 28, 1]`. */
  shape: readonly number[]
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
