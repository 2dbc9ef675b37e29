// Walks the nodes of an ONNX graph and remembers what each name stands for: a constant, or a value of
// the model that is being built. Such a value is held as its dimensions stand in the file; images are
// turned to channels last where they enter, so that no turning remains inside.
// SPDX-License-Identifier: MIT
import { countUp, isCountUp, kChannelsFirst } from '../arrange.js'
import type { ModelBuilder, Place } from '../builder.js'
import type { RowShape } from '../network.js'
import { Damaged, Inexpressible } from './decode.js'
import type { Constant, ReadGraph, ReadNode } from './decode.js'

/** A value of the model, as the file sees it. */
export interface Held {
  place: Place
  /** Dimension i in the file is our dimension `axes[i]`, the batch being 0. */
  axes: readonly number[]
  /** Of a flattened image: column i in the file is our column `order[i]`; and the same in its order. */
  flat?: { order: Int32Array; inOrder: () => Place } | undefined
  /** No number in it is below zero. */
  positive?: boolean
}

type Found = Held | Constant

const isConstant = (found: Found): found is Constant => 'data' in found

export type Operation = (graph: GraphReader, node: ReadNode) => void

export class GraphReader {
  private readonly found = new Map<string, Found>()
  private readonly done = new Set<ReadNode>()
  private readonly readers = new Map<string, ReadNode[]>()
  private readonly makers = new Map<string, ReadNode>()
  private readonly outputs: ReadonlySet<string>

  constructor(
    readonly to: ModelBuilder,
    readonly graph: ReadGraph,
  ) {
    this.outputs = new Set(graph.outputs.map(({ name }) => name))
    for (const node of graph.nodes) {
      for (const name of new Set(node.inputs)) {
        const list = this.readers.get(name)
        if (list === undefined) this.readers.set(name, [node])
        else list.push(node)
      }
      for (const name of node.outputs) this.makers.set(name, node)
    }
    for (const [name, value] of graph.tensors) this.found.set(name, value)
  }

  /** Makes of each node what its operation makes of it. */
  run(operations: (op: string) => Operation | undefined): void {
    // Constants first: who looks ahead wants to see them.
    const rank = ({ op }: ReadNode): number => (op === 'Constant' ? 0 : 1)
    for (const node of [...this.graph.nodes].sort((a, b) => rank(a) - rank(b))) {
      if (this.done.has(node)) continue
      const operation = operations(node.op)
      if (operation === undefined) throw this.unsupported(node, 'Fovea has no such layer.')
      operation(this, node)
    }
  }

  unsupported({ op, name, outputs }: ReadNode, why: string): Inexpressible {
    return new Inexpressible(`node "${name || (outputs[0] ?? '')}" (${op}): ${why}`)
  }

  damaged({ op, name, outputs }: ReadNode, what: string): Damaged {
    return new Damaged(`node "${name || (outputs[0] ?? '')}" (${op}) ${what}`)
  }

  set(node: ReadNode, found: Found, output = 0): void {
    const name = node.outputs[output]
    if (name === undefined) throw this.damaged(node, 'has no output')
    this.found.set(name, found)
  }

  /** Whatever an input stands for; undefined where it is left out. */
  any(node: ReadNode, k: number): Found | undefined {
    const name = node.inputs[k]
    if (name === undefined || name === '') return undefined
    const found = this.found.get(name)
    if (found === undefined) throw this.damaged(node, `reads "${name}", which nothing made before`)
    return found
  }

  /** An input that is a value of the model. */
  held(node: ReadNode, k = 0): Held {
    const found = this.any(node, k)
    if (found === undefined) throw this.damaged(node, `lacks its input ${k}`)
    if (isConstant(found)) {
      throw this.unsupported(node, `its input "${node.inputs[k]}" is a constant, not a value.`)
    }
    return found
  }

  /** An input that is a constant; undefined where it is left out, is none, or is not made yet. */
  constant(node: ReadNode, k: number): Constant | undefined {
    const found = this.found.get(node.inputs[k] ?? '')
    return found !== undefined && isConstant(found) ? found : undefined
  }

  /** A constant that must be there: weights. */
  weight(node: ReadNode, k: number): Constant {
    const found = this.constant(node, k)
    if (found !== undefined) return found
    throw this.unsupported(node, `its input ${k} must be a constant of the file.`)
  }

  number(node: ReadNode, name: string, usual: number): number {
    const value = node.attributes.get(name) ?? usual
    if (typeof value === 'number' && Number.isFinite(value)) return value
    throw this.damaged(node, `has an attribute ${name} that is no number`)
  }

  numbers(node: ReadNode, name: string, usual: readonly number[]): number[] {
    const value = node.attributes.get(name) ?? usual
    // A list of none is written as nothing at all.
    if (typeof value === 'number') return value === 0 ? [...usual] : [value]
    if (Array.isArray(value)) return [...(value as number[])]
    throw this.damaged(node, `has an attribute ${name} that is no list of numbers`)
  }

  word(node: ReadNode, name: string, usual: string): string {
    const value = node.attributes.get(name) ?? usual
    return typeof value === 'string' ? value : ''
  }

  /** Numbers that older versions have as an attribute and newer ones as an input. */
  listed(node: ReadNode, attribute: string, input: number): number[] | undefined {
    if (node.attributes.has(attribute)) return this.numbers(node, attribute, [])
    const found = this.constant(node, input)
    return found === undefined ? undefined : Array.from(found.data)
  }

  /** The only node that reads what this one makes, where nobody else does. */
  onlyReader(node: ReadNode | undefined, op?: string): ReadNode | undefined {
    const name = node?.outputs[0] ?? ''
    const [reader, another] = this.readers.get(name) ?? []
    if (reader === undefined || another !== undefined || this.outputs.has(name)) return undefined
    return op === undefined || reader.op === op ? reader : undefined
  }

  /** What makes an input. */
  maker(node: ReadNode | undefined, k: number): ReadNode | undefined {
    return this.makers.get(node?.inputs[k] ?? '')
  }

  /** The nodes are part of a layer that has been made already. */
  finish(...nodes: readonly ReadNode[]): void {
    for (const node of nodes) this.done.add(node)
  }

  /** A name for the layer: its weight's where that says something, else the node's own. */
  nameOf(node: ReadNode, weight = ''): string {
    const [, module] = /^(.+)[./](?:weight|kernel)$/.exec(weight) ?? []
    return module ?? (node.name.replace(/^\//, '') || node.op.toLowerCase())
  }

  /** The value with its dimensions in this order: a permute layer where they stand otherwise. */
  arranged({ place, axes, flat }: Held, wanted: readonly number[]): Place {
    if (flat !== undefined) return flat.inOrder()
    if (axes.every((axis, k) => axis === wanted[k])) return place
    const dims = countUp(axes.length - 1).map((k) => axes[wanted.indexOf(k + 1)] as number)
    return this.to.add('permute', 'permute', { dims }, [place])
  }

  /** The value with its dimensions as they stand in the file. */
  plain(held: Held): Place {
    return this.arranged(held, countUp(held.axes.length))
  }

  /** The value as an image, of which the file's dimensions are batch, channels, height, width. */
  image(node: ReadNode, k = 0): Held {
    const held = this.held(node, k)
    if (held.axes.length === 4) {
      const place = this.arranged(held, kChannelsFirst)
      return { place, axes: kChannelsFirst, positive: held.positive ?? false }
    }
    throw this.unsupported(node, `it needs an image, but gets ${held.axes.length} dimensions.`)
  }

  /** The value so that this dimension of the file is our last. */
  lastAxis(node: ReadNode, axis: number, held: Held): Held {
    const rank = held.axes.length
    const at = axis < 0 ? axis + rank : axis
    if (at < 1 || at >= rank) throw this.unsupported(node, 'it works along the batch.')
    if (held.flat !== undefined || held.axes[at] === rank - 1) return held
    const others = countUp(rank).filter((one) => one !== at)
    const wanted = countUp(rank).map((one) => (one === at ? rank - 1 : others.indexOf(one)))
    return { ...held, place: this.arranged(held, wanted), axes: wanted }
  }

  /** The sizes as the file counts them; the batch is NaN, and so is what can be any. */
  sizes({ place, axes }: Held): number[] {
    return axes.map((axis) => (axis === 0 ? NaN : (place.shape[axis - 1] ?? NaN)))
  }

  /** A layer that works on each number by itself: what was true of the order is true after it. */
  each(
    node: ReadNode,
    held: Held,
    type: string,
    options: Parameters<ModelBuilder['add']>[2],
    positive = false,
  ): Held {
    const change = (place: Place): Place => this.to.add(type, this.nameOf(node), options, [place])
    return changed(held, change, positive)
  }

  /** An input of the graph. */
  input(name: string, shape: RowShape, axes: readonly number[]): Place {
    const place = this.to.input(name, shape)
    this.found.set(name, { place, axes })
    return place
  }

  /** An output, with images channels last. */
  output(name: string, denotations: readonly string[]): Place {
    const found = this.found.get(name)
    if (found === undefined) throw new Damaged(`nothing makes the output "${name}"`)
    if (isConstant(found)) throw new Inexpressible(`the output "${name}" is a constant.`)
    const channels = denotations.indexOf('DATA_CHANNEL')
    const rank = found.axes.length
    if (rank !== 4) return this.plain(found)
    if (channels === 1) return this.arranged(found, kChannelsFirst)
    const asFound = channels < 0 && found.axes.every((axis, k) => axis === kChannelsFirst[k])
    return asFound ? found.place : this.plain(found)
  }

  /** A constant or not, as `any` gave it. */
  isConstant(found: Found | undefined): found is Constant {
    return found !== undefined && isConstant(found)
  }
}

/** The same change of a value, and, where somebody asks for it, of the same in the file's order. */
export function changed(held: Held, change: (place: Place) => Place, positive = false): Held {
  const { flat } = held
  const place = change(held.place)
  if (flat === undefined) return { ...held, place, positive }
  const { order } = flat
  return { ...held, place, positive, flat: { order, inOrder: () => change(flat.inOrder()) } }
}

/** Columns of the file as ours: what stands in the file's place i goes to our place `order[i]`. */
export function columns(held: Held, data: ArrayLike<number>): Float32Array {
  const order = held.flat?.order
  const result = new Float32Array(data.length)
  for (let k = 0; k < data.length; ++k) result[order?.[k] ?? k] = data[k] as number
  return result
}

export const isPlain = (axes: readonly number[]): boolean => isCountUp(axes)
