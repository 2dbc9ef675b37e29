// Weights as a user sees them: named arrays, matched to a model's parameters by name and shape.
// SPDX-License-Identifier: MIT
import type { ModelDescription, ParameterInfo } from './engine/engine.js'
import { FoveaError } from './errors.js'
import { elementCount, shapeText } from './tensor.js'
import type { FloatTensor } from './tensor.js'

/** Weights, with the name of the layer before them: `conv2d_1/kernel`. */
export interface NamedTensor extends FloatTensor {
  /** Layer and weight: `conv2d_1/kernel`. */
  name: string
}

/** New weights in the engine's order. All of them must be there, in any order. */
export function matchWeights(
  place: string,
  parameters: readonly ParameterInfo[],
  weights: readonly NamedTensor[],
): Float32Array[] {
  const given = new Map(weights.map((one) => [one.name, one]))
  const known = parameters.map(({ name }) => name)
  const missing = known.filter((name) => !given.has(name))
  const extra = [...given.keys()].filter((name) => !known.includes(name))
  if (missing.length > 0 || extra.length > 0) {
    const parts = [
      missing.length > 0 ? `lacks ${missing.map((name) => `"${name}"`).join(', ')}` : '',
      extra.length > 0 ? `has ${extra.map((name) => `"${name}"`).join(', ')} too many` : '',
    ]
    throw new FoveaError(
      'bad-shape',
      `${place}: needs the weights ${known.join(', ')} but ${parts.filter(Boolean).join(' and ')}.`,
    )
  }
  return parameters.map(({ name, shape }) => {
    const { shape: actual, data } = given.get(name) as NamedTensor
    if (shapeText(actual) !== shapeText(shape) || data.length !== elementCount(shape)) {
      throw new FoveaError(
        'bad-shape',
        `${place}: "${name}" needs the shape ${shapeText(shape)} but gets ${shapeText(actual)} ` +
          `with ${data.length} numbers.`,
      )
    }
    return Float32Array.from(data)
  })
}

/** Notes in a description that a layer can be trained or not, as the engine has it now. */
export function noteTrainable(
  { layers, parameters, countParams }: ModelDescription,
  layerName: string,
  trainable: boolean,
): void {
  for (const layer of layers) if (layer.name === layerName) layer.trainable = trainable
  for (const parameter of parameters) {
    const own = parameter.name.startsWith(`${layerName}/`)
    if (own && !parameter.statistic) parameter.trainable = trainable
  }
  const free = parameters.filter((one) => one.trainable)
  countParams.trainable = free.reduce((sum, { shape }) => sum + elementCount(shape), 0)
  countParams.nonTrainable = countParams.total - countParams.trainable
}
