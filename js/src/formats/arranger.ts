// Where each value of a network is while it is written for a library that wants images channels
// first, and how its dimensions stand there. A transposition appears only where somebody needs another
// order; the order of a flattened image is remembered, and dense kernels are permuted instead.
// SPDX-License-Identifier: MIT
import { countUp, inverseOrder, isCountUp, transposedOrder } from './arrange.js'
import type { Value } from './network.js'

/** Where a value is, and how. */
export interface Held {
  /** Its name there. */
  tensor: string
  /** Dimension i of the tensor is our dimension `axes[i]`, the batch being 0. */
  axes: readonly number[]
  /** Of a flattened image: column i of the tensor is our column `order[i]`. */
  order?: Int32Array | undefined
}

export const plain = (tensor: string, rank: number): Held => ({ tensor, axes: countUp(rank) })

export abstract class Arranger {
  protected readonly held = new Map<Value, Held>()
  protected readonly transposes = new Map<string, string>()

  /** Writes a transposition: dimension i of the result is dimension `perm[i]`. */
  protected abstract transpose(tensor: string, perm: readonly number[]): string
  /** Writes a choice of columns: column i of the result is column `order[i]`. */
  protected abstract gatherColumns(tensor: string, order: Int32Array): string

  hold(value: Value): Held {
    return this.held.get(value) as Held
  }

  setHeld(value: Value, held: Held): void {
    this.held.set(value, held)
  }

  /** The value with its dimensions in this order, and columns in ours. */
  arranged(held: Held, axes: readonly number[]): string {
    if (held.order !== undefined) return this.gatherColumns(held.tensor, inverseOrder(held.order))
    const perm = axes.map((axis) => held.axes.indexOf(axis))
    if (isCountUp(perm)) return held.tensor
    const key = `${held.tensor} ${perm.join(' ')}`
    const made = this.transposes.get(key) ?? this.transpose(held.tensor, perm)
    this.transposes.set(key, made)
    return made
  }

  /** The value with its dimensions in our order. */
  plain(held: Held): string {
    return this.arranged(held, countUp(held.axes.length))
  }

  /** The value with the channels in the second dimension. */
  channelsSecond(from: Held): Held {
    const last = from.axes.length - 1
    if (from.axes[1] === last) return from
    const axes = [0, last, ...countUp(last).slice(1)]
    return { tensor: this.arranged(from, axes), axes }
  }

  /** Values arranged as the first that is no longer in our order; without one where theirs differ. */
  alike(values: readonly Value[]): { tensors: string[]; as: Held } {
    const all = values.map((one) => this.hold(one))
    const [first] = all as [Held]
    const orders = new Set(all.map(({ order }) => String(order)))
    if (first.order !== undefined && orders.size === 1) {
      return { tensors: all.map(({ tensor }) => tensor), as: first }
    }
    const axes = all.find((one) => !isCountUp(one.axes))?.axes ?? first.axes
    return { tensors: all.map((one) => this.arranged(one, axes)), as: { tensor: '', axes } }
  }

  /** Columns of these values one behind the other, or null where none has an order of its own. */
  joinedOrder(values: readonly Value[]): Int32Array | null {
    const all = values.map((one) => this.hold(one))
    if (all.every(({ order }) => order === undefined)) return null
    const joined: number[] = []
    all.forEach(({ order }, k) => {
      const start = joined.length
      const own = order ?? countUp(values[k]?.shape[0] ?? 0)
      joined.push(...Array.from(own, (column) => start + column))
    })
    return Int32Array.from(joined)
  }
}

/** Puts numbers that belong to our dimensions into the order of the tensor. */
export const inOrder = <Item>({ axes }: Held, items: readonly Item[]): Item[] =>
  axes.map((axis) => items[axis] as Item)

/** The tensor's axis for one of our dimensions. */
export const axisOf = ({ axes }: Held, dimension: number): number => axes.indexOf(dimension)

/**
 * The order of columns when a tensor of this shape is flattened as it is held: undefined where that
 * is ours, null where sizes are not known.
 */
export function flatOrder({ axes }: Held, { shape }: Value): Int32Array | null | undefined {
  if (isCountUp(axes)) return undefined
  if (shape.includes(null)) return null
  const order = transposedOrder(
    shape as number[],
    axes.slice(1).map((axis) => axis - 1),
  )
  return isCountUp(order) ? undefined : order
}
