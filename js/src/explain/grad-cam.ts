// Grad-CAM: the maps of a layer, weighted by what each does for a class.
// SPDX-License-Identifier: MIT
import { sequential } from '../create.js'
import { FoveaError } from '../errors.js'
import { resizing } from '../layers.js'
import type { Model } from '../model.js'
import { wrongValue } from '../options.js'
import type { FloatTensor, Tensor } from '../tensor.js'
import { askAbout } from './question.js'
import type { ExplainOptions } from './question.js'
import { scoreModel, slopes } from './score.js'

/** Options of {@link gradCam}. */
export interface GradCamOptions extends ExplainOptions {
  /** The layer whose maps are weighted. Default: the last with maps that does no pooling. */
  layer?: string
  /** Enlarge the result to the image's size. Default true; false: as large as the layer's maps. */
  resize?: boolean
}

const kPlace = 'explain.gradCam'

export async function gradCam(
  model: Model,
  image: Tensor,
  options: GradCamOptions = {},
): Promise<FloatTensor> {
  const question = await askAbout(kPlace, model, image, options, ['layer', 'resize'])
  const { resize = true } = options
  if (typeof resize !== 'boolean') throw wrongValue(kPlace, 'resize', 'true or false', resize)
  const name = options.layer ?? lastMaps(model)
  model.layer(name) // refuses a name that is none
  const maps = (await model.activations(question.image, [name]))[name] as FloatTensor
  const [, high = 0, wide = 0, count = 0] = maps.shape
  if (maps.shape.length !== 4) throw noMaps(model, name)
  const probe = await scoreModel(question, { name, shape: [high, wide, count] })
  try {
    const zeros = { data: new Float32Array(maps.data.length), shape: maps.shape }
    const [, found] = await slopes(question, probe, [question.image, zeros])
    const map = weighted(maps, (found as FloatTensor).data)
    const { height, width } = question
    return resize ? await enlarged(map, height, width) : map
  } finally {
    await probe.dispose()
  }
}

/** The positive part of the sum of maps, each times its mean slope. */
function weighted({ data, shape }: FloatTensor, found: Float32Array): FloatTensor {
  const [, height = 0, width = 0, count = 1] = shape
  const weights = new Float64Array(count)
  const pixels = height * width
  found.forEach((slope, i) => (weights[i % count]! += slope / pixels))
  const sum = Float32Array.from({ length: pixels }, (_, pixel) => {
    let value = 0
    weights.forEach((weight, k) => (value += weight * (data[pixel * count + k] ?? 0)))
    return Math.max(0, value)
  })
  return { data: sum, shape: [height, width] }
}

/** By the engine's own bilinear resizing. */
async function enlarged(map: FloatTensor, height: number, width: number): Promise<FloatTensor> {
  const inputShape = [...map.shape, 1]
  const layers = [resizing({ height, width, inputShape })]
  const model = await sequential({ layers, seed: 0 })
  try {
    const { data } = await model.predict({ data: map.data, shape: [1, ...inputShape] })
    return { data, shape: [height, width] }
  } finally {
    await model.dispose()
  }
}

const kLosesPlaces = /[pP]ooling|[dD]ropout|upSampling|resizing|Padding|cropping/

/** The last layer before the output whose result has a height and width, larger than one pixel. */
function lastMaps(model: Model): string {
  const outputs = model.outputs.map(({ name }) => name)
  const found = model.layers.findLast(({ name, type, outputShape }) => {
    const [, height, width] = outputShape
    const hasMaps = outputShape.length === 4 && !(height === 1 && width === 1)
    return hasMaps && !kLosesPlaces.test(type) && !outputs.includes(name)
  })
  if (found === undefined) throw noMaps(model)
  return found.name
}

function noMaps(model: Model, name?: string): FoveaError {
  const subject =
    name === undefined ? `the model "${model.name}" has no layer` : `layer "${name}" is none`
  return new FoveaError(
    'bad-option',
    `${kPlace}: ${subject} that gives maps [height, width, channels]. Name a convolution: ` +
      `{ layer: 'conv2d_1' }.`,
  )
}
