// Collects Keras layers, the nodes that join them, and their weights.
// SPDX-License-Identifier: MIT
import type { Block } from '../arrange.js'
import { inputOf } from '../network.js'
import type { Network, Value } from '../network.js'

/** Layer, its how-manieth use, output, arguments: how Keras 2 names a value. */
export type Reference = readonly [string, number, number, object]

/** A layer in Keras's words. */
export interface KerasLayer {
  className: string
  name: string
  config: Readonly<Record<string, unknown>>
  /** One for each use: what it reads. */
  nodes: Reference[][]
}

export class KerasWriter {
  readonly layers = new Map<string, KerasLayer>()
  readonly weights = new Map<string, Block>()
  private readonly references = new Map<Value, Reference>()
  private readonly taken: Set<string>

  constructor(readonly network: Network) {
    this.taken = new Set(network.values.map(({ name }) => name))
  }

  hold(value: Value, reference: Reference): void {
    this.references.set(value, reference)
  }

  held(value: Value): Reference {
    return this.references.get(value) as Reference
  }

  /** The only input of a layer. */
  input(value: Value): Reference {
    return this.held(inputOf(value))
  }

  /** Uses a layer: a new one, or one that is there already. */
  use(
    className: string,
    name: string,
    config: Readonly<Record<string, unknown>>,
    inputs: readonly Reference[],
  ): Reference {
    const layer = this.layers.get(name) ?? { className, name, config, nodes: [] }
    this.layers.set(name, layer)
    if (inputs.length > 0) layer.nodes.push([...inputs])
    return [name, Math.max(layer.nodes.length - 1, 0), 0, {}]
  }

  /** A layer beside the value's own, which is nobody's but this value's. */
  helper(
    className: string,
    value: Value,
    hint: string,
    config: Readonly<Record<string, unknown>>,
    inputs: readonly Reference[],
  ): Reference {
    let name = `${value.name}_${hint}`
    for (let k = 2; this.taken.has(name); ++k) name = `${value.name}_${hint}_${k}`
    this.taken.add(name)
    return this.use(className, name, config, inputs)
  }
}
