// A model's graph as its user sees it: inputs, outputs and layers that one can look at, and go on
// from with `apply` and `fovea.model`.
// SPDX-License-Identifier: MIT
import type { LayerInfo, PortInfo } from './engine/engine.js'
import { FoveaError } from './errors.js'
import { asJoint, jointList } from './graph.js'
import type { Joint, Layer, SymbolicTensor } from './graph.js'
import type { Home } from './sharing.js'
import type { Graph } from './spec.js'

/** A layer of a model: what is known of it, and where to go on from it. */
export interface ModelLayer extends LayerInfo {
  /** What comes out: for `fovea.model({ inputs, outputs })`, or for another layer's `apply`. */
  readonly output: PortInfo
  /** Applies the layer to something else, with the same weights. */
  apply(inputs: Joint | readonly Joint[]): SymbolicTensor
}

/** Names and shapes of these tensors, as new objects. */
export function ports(
  { description }: Home,
  { names }: Graph,
  tensors: readonly SymbolicTensor[],
): PortInfo[] {
  return tensors.map((tensor) => {
    const name = names.get(tensor) ?? ''
    const { shape } = description.values.find((one) => one.name === name) ?? { shape: [] }
    return asJoint({ name, shape: [...shape] }, tensor)
  })
}

/** A layer by its name; `dense_1.2` is `dense_1` where it is applied for the second time. */
export function modelLayer(home: Home, graph: Graph, name: string): ModelLayer {
  const found = [...graph.names].find(([, one]) => one === name)?.[0]
  const isIt = ([{ layer }]: [SymbolicTensor, string]): boolean => layer === found?.layer
  const own = [...graph.names].find(isIt)?.[1]
  const { layers } = home.description
  const info = layers.find((one) => one.name === own)
  const [output] = found === undefined ? [] : ports(home, graph, [found])
  if (found === undefined || info === undefined || output === undefined) {
    throw new FoveaError(
      'bad-option',
      `layer: the model "${graph.name}" has no layer ${JSON.stringify(name)}. Its layers: ` +
        `${layers.map((one) => one.name).join(', ')}.`,
    )
  }
  return { ...info, output, apply: (inputs) => found.layer.apply(inputs) }
}

/** The outputs of a whole model where it is applied to something else: its layers, once more. */
export function applyGraph(graph: Graph, given: Joint | readonly Joint[]): SymbolicTensor[] {
  const inputs = jointList('apply', given)
  if (inputs.length !== graph.inputs.length) {
    throw new FoveaError(
      'bad-option',
      `apply: the model "${graph.name}" has ${graph.inputs.length} input(s) but gets ` +
        `${inputs.length}. Give one for each.`,
    )
  }
  const made = new Map<SymbolicTensor, SymbolicTensor>()
  graph.inputs.forEach((one, k) => made.set(one, inputs[k] as SymbolicTensor))
  const copy = (tensor: SymbolicTensor): SymbolicTensor => made.get(tensor) as SymbolicTensor
  for (const tensor of graph.names.keys()) {
    const { layer }: { layer: Layer } = tensor
    if (!made.has(tensor)) made.set(tensor, layer.apply(tensor.inputs.map(copy)))
  }
  return graph.outputs.map(copy)
}
