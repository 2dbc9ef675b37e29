// Collects the nodes and constants of an ONNX graph. The last node of a layer gets the layer's name.
// SPDX-License-Identifier: MIT
import type { Block } from '../arrange.js'
import { Arranger } from '../arranger.js'
import type { Held } from '../arranger.js'
import type { Network, Value } from '../network.js'
import { weightOf } from '../network.js'
import type { Attribute, OnnxNode, OnnxTensor } from './schema.js'

export class OnnxWriter extends Arranger {
  readonly nodes: OnnxNode[] = []
  readonly tensors: OnnxTensor[] = []
  private readonly taken = new Set<string>()
  private scope = ''

  constructor(readonly network: Network) {
    super()
    for (const { name } of network.values) this.taken.add(name)
  }

  /** Writes what a layer computes; its last node's output gets the layer's name. */
  write(value: Value, layer: (to: OnnxWriter, value: Value) => Held): void {
    this.scope = value.name
    const first = this.nodes.length
    const held = layer(this, value)
    const own = this.nodes.slice(first).find(({ outputs }) => outputs[0] === held.tensor)
    if (own !== undefined) {
      own.outputs[0] = value.name
      own.name = value.name
    }
    this.held.set(value, own === undefined ? held : { ...held, tensor: value.name })
  }

  /** A node with one output; returns its name. Inputs left out are ''. */
  add(op: string, inputs: readonly string[], attributes: Record<string, Attribute> = {}): string {
    const name = this.free(`${this.scope}/${op.toLowerCase()}`)
    this.nodes.push({ op, name, inputs: [...inputs], outputs: [name], attributes })
    return name
  }

  /** Whole numbers or fractions as a constant of this layer. */
  constant(
    hint: string,
    data: Float32Array | readonly number[],
    shape?: readonly number[],
  ): string {
    const name = this.free(`${this.scope}/${hint}`)
    this.tensors.push({ name, shape: shape ?? [data.length], data })
    return name
  }

  /** One fraction, of no dimension: it fits any shape. */
  scalar(hint: string, value: number): string {
    return this.constant(hint, Float32Array.of(value), [])
  }

  /**
   * A layer's weight under the name that it has in Fovea, once for all uses of the layer; `how` says
   * in what arrangement where there may be several.
   */
  weight(
    value: Value,
    kind: string,
    arrange: (block: Block) => Block,
    how = '',
  ): string | undefined {
    const found = weightOf(this.network, value, kind)
    if (found === undefined) return undefined
    const name = `${found.name}${how}`
    if (!this.tensors.some((one) => one.name === name)) {
      const { shape, data } = arrange(found)
      this.tensors.push({ name, shape, data })
      this.taken.add(name)
    }
    return name
  }

  protected override transpose(tensor: string, perm: readonly number[]): string {
    return this.add('Transpose', [tensor], { perm })
  }

  protected override gatherColumns(tensor: string, order: Int32Array): string {
    return this.add('Gather', [tensor, this.constant('order', [...order])], { axis: 1 })
  }

  /** Whether some node makes this tensor; inputs and weights are there before. */
  makes(tensor: string): boolean {
    return this.nodes.some(({ outputs }) => outputs.includes(tensor))
  }

  /** Gives a tensor another name, wherever it stands. */
  rename(from: string, to: string): void {
    const swap = (list: string[]): void =>
      list.forEach((one, k) => void (one === from && (list[k] = to)))
    for (const node of this.nodes) {
      swap(node.inputs)
      swap(node.outputs)
      if (node.outputs[0] === to) node.name = to
    }
    for (const [value, held] of this.held) {
      if (held.tensor === from) this.held.set(value, { ...held, tensor: to })
    }
    for (const [key, tensor] of this.transposes) {
      if (tensor === from) this.transposes.set(key, to)
    }
  }

  /** A name that nobody has. */
  free(stem: string): string {
    let name = stem
    for (let k = 2; this.taken.has(name); ++k) name = `${stem}_${k}`
    this.taken.add(name)
    return name
  }
}
