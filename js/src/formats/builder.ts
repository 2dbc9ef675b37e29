// Makes a model from what another format says, layer by layer, with the weights that belong to each.
// Everything is checked while it is gathered; the engine is asked once, at the end.
// SPDX-License-Identifier: MIT
import { model as makeModel } from '../create.js'
import { FoveaError } from '../errors.js'
import { Layer, SymbolicTensor } from '../graph.js'
import type { OptionRecord } from '../graph.js'
import type { Model } from '../model.js'
import { shapeText } from '../tensor.js'
import type { Block } from './arrange.js'
import type { RowShape } from './network.js'
import { outcomeOf } from './shapes.js'

/** A value of the model that is being built. */
export interface Place {
  readonly tensor: SymbolicTensor
  readonly shape: RowShape
}

/** A layer that can be applied several times. */
export interface Part {
  readonly layer: Layer
  readonly weights: Readonly<Record<string, Block>>
}

// An example of more numbers than this is no picture: the number is damaged.
const kMostNumbers = 2 ** 27

export class ModelBuilder {
  private readonly taken = new Set<string>()
  private readonly weights = new Map<string, Block>()

  /** `place` opens every sentence. */
  constructor(readonly place: string) {}

  badFile(what: string, cause?: unknown): FoveaError {
    return new FoveaError('bad-file', `${this.place}: ${what}`, { cause })
  }

  unsupported(what: string): FoveaError {
    return new FoveaError('unsupported', `${this.place}: ${what}`)
  }

  /** A name that no layer has yet, of letters that names are made of. */
  name(wanted: string): string {
    const stem = wanted.replace(/[^A-Za-z0-9_.-]+/g, '_').replace(/^_+(?=.)/, '') || 'layer'
    let name = stem
    for (let k = 2; this.taken.has(name); ++k) name = `${stem}_${k}`
    this.taken.add(name)
    return name
  }

  input(wanted: string, shape: RowShape): Place {
    const fits = shape.every((size) => size === null || (Number.isSafeInteger(size) && size > 0))
    const numbers = shape.reduce<number>((all, size) => all * (size ?? 1), 1)
    if (!fits || shape.length === 0 || numbers > kMostNumbers) {
      throw this.badFile(`the input "${wanted}" has the shape ${shapeText(shape)}.`)
    }
    const layer = new Layer('input', { shape, name: this.name(wanted) })
    return { tensor: new SymbolicTensor(layer, []), shape }
  }

  /** A layer with its weights, not yet applied. */
  part(
    type: string,
    wanted: string,
    options: OptionRecord,
    weights: Readonly<Record<string, Block>> = {},
  ): Part {
    const layer = new Layer(type, { ...options, name: this.name(wanted) })
    return { layer, weights }
  }

  /** Applies a layer: what comes out, once its weights are seen to fit. */
  apply({ layer, weights }: Part, inputs: readonly Place[]): Place {
    const { type, options } = layer
    const name = String(options['name'])
    const shapes = inputs.map(({ shape }) => shape)
    const { shape, weights: needed } = outcomeOf(type, options, shapes)
    for (const [kind, wanted] of Object.entries(needed)) {
      const found = weights[kind]
      if (found !== undefined && sameSizes(found.shape, wanted)) continue
      const has = found === undefined ? 'is not there' : `has the shape ${shapeText(found.shape)}`
      throw this.badFile(
        `layer "${name}" (${type}) needs a weight ${kind} of ${shapeText(wanted)}, but it ${has}.`,
      )
    }
    if (shape.some((size) => size !== null && !(Number.isSafeInteger(size) && size > 0))) {
      throw this.badFile(
        `layer "${name}" (${type}) cannot make an output from ${shapes.map(shapeText).join(' and ')}.`,
      )
    }
    for (const kind of Object.keys(needed)) {
      this.weights.set(`${name}/${kind}`, weights[kind] as Block)
    }
    return { tensor: layer.apply(inputs.map(({ tensor }) => tensor)), shape }
  }

  /** A layer that is used once. */
  add(
    type: string,
    wanted: string,
    options: OptionRecord,
    inputs: readonly Place[],
    weights?: Readonly<Record<string, Block>>,
  ): Place {
    return this.apply(this.part(type, wanted, options, weights), inputs)
  }

  /** The model with its weights. */
  async finish(name: string, inputs: readonly Place[], outputs: readonly Place[]): Promise<Model> {
    let made: Model
    try {
      made = await makeModel({
        name: name.replace(/[^A-Za-z0-9_.-]+/g, '_') || 'model',
        inputs: inputs.map(({ tensor }) => tensor),
        outputs: outputs.map(({ tensor }) =>
          tensor.layer.type === 'input' ? same(tensor) : tensor,
        ),
      })
    } catch (cause) {
      // What the engine refuses in a file, the file says wrong; memory is another matter.
      const { message } = cause as Error
      if (cause instanceof FoveaError && !/^bad-/.test(cause.code)) {
        throw new FoveaError(cause.code, `${this.place}: ${message}`, { cause })
      }
      throw this.badFile(`it describes no network: ${message}`, cause)
    }
    // Of layers that nothing reads in the end there is nothing in the model.
    const layers = new Set(made.layers.map((layer) => layer.name))
    const weights = [...this.weights].flatMap(([key, { data, shape }]) =>
      layers.has(key.slice(0, key.lastIndexOf('/')))
        ? [{ name: key, data, shape: [...shape] }]
        : [],
    )
    try {
      await made.setWeights(weights)
    } catch (cause) {
      await made.dispose()
      throw this.badFile(`its weights do not fit: ${(cause as Error).message}`, cause)
    }
    return made
  }
}

/** A network of no layers passes its input on. */
const same = (tensor: SymbolicTensor): SymbolicTensor =>
  new Layer('activation', { activation: 'linear' }).apply(tensor)

const sameSizes = (a: RowShape, b: RowShape): boolean =>
  a.length === b.length && b.every((size, k) => size === null || size === a[k])
