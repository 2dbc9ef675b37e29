// A model for TensorFlow.js: what `tf.loadLayersModel` reads. Both keep weights in Keras's layouts and
// images channels last, so only words change, and a few layers become two.
// SPDX-License-Identifier: MIT
import { checkNames } from '../../options.js'
import { kTrainingOnly, networkOf } from '../network.js'
import type { Value, Writable } from '../network.js'
import type { ExportOptions } from '../pytorch/write.js'
import { layerWriter, refused } from './layers.js'
import { KerasWriter } from './writer.js'
import type { KerasLayer, Reference } from './writer.js'

/** One entry of a weights manifest. */
export interface WeightSpec {
  /** As TensorFlow.js names it: `conv2d_1/kernel`. */
  name: string
  /** The size of each dimension. */
  shape: number[]
  /** Always 32-bit floats. */
  dtype: 'float32'
}

/** A layers model as TensorFlow.js holds it: give it to `tf.io.fromMemory`, or write its two files. */
export interface TfjsModel {
  /** What kind of model it is. */
  format: 'layers-model'
  /** The name of the library. */
  generatedBy: string
  /** No converter was at work. */
  convertedBy: null
  /** The layers, in the words of Keras. */
  modelTopology: { keras_version: string; backend: string; model_config: object }
  /** Name and shape of each array of weights. */
  weightSpecs: WeightSpec[]
  /** All weights behind one another, in the order of `weightSpecs`. */
  weightData: ArrayBuffer
}

export function writeTfjs(given: Writable, options: ExportOptions = {}): TfjsModel {
  checkNames('toTfjs', options, ['inferenceOnly'])
  const network = networkOf(given)
  const to = new KerasWriter(network)
  for (const value of network.values) {
    const writer = layerWriter(value.type)
    if (writer !== undefined) to.hold(value, writer(to, value))
    else if (options.inferenceOnly === true && kTrainingOnly.has(value.type)) {
      to.hold(value, to.held(value.inputs[0] as Value))
    } else {
      const hint = 'It acts in training only: give { inferenceOnly: true } to leave it out.'
      const remedy = kTrainingOnly.has(value.type) ? hint : undefined
      throw refused(value, 'TensorFlow.js has no such layer.', remedy)
    }
  }
  const references = (values: readonly Value[]): Reference[] => values.map((one) => to.held(one))
  const config = {
    name: network.name,
    trainable: true,
    layers: [...to.layers.values()].map(plainLayer),
    input_layers: references(network.inputs).map((one) => one.slice(0, 3)),
    output_layers: references(network.outputs).map((one) => one.slice(0, 3)),
  }
  const { weightSpecs, weightData } = pack(to)
  return {
    format: 'layers-model',
    generatedBy: 'fovea',
    convertedBy: null,
    modelTopology: {
      keras_version: '2.15.0',
      backend: 'tensorflow',
      model_config: { class_name: 'Functional', config },
    },
    weightSpecs,
    weightData,
  }
}

const plainLayer = ({ className, name, config, nodes }: KerasLayer): object => ({
  class_name: className,
  name,
  config: { name, ...config },
  inbound_nodes: nodes,
})

function pack({ weights }: KerasWriter): Pick<TfjsModel, 'weightSpecs' | 'weightData'> {
  const all = [...weights]
  const data = new Float32Array(all.reduce((sum, [, block]) => sum + block.data.length, 0))
  let at = 0
  const weightSpecs = all.map(([name, block]): WeightSpec => {
    data.set(block.data, at)
    at += block.data.length
    return { name, shape: [...block.shape], dtype: 'float32' }
  })
  return { weightSpecs, weightData: data.buffer }
}
