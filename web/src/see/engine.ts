// SPDX-License-Identifier: MIT
// The maps of the chapter on kernels, computed by the engine's own convolution and pooling.
import { filterData, kChannels, kFilters, kVolumeOptions, pictureData } from './volume.js'
import { engine } from '../lab/engine.js'
import type { Operation, Picture, SlideOptions } from './slide.js'

const kLayers = {
  max: 'maxPooling2d',
  average: 'averagePooling2d',
  sum: 'sumPooling2d',
} as const

export async function mapOf(
  picture: Picture,
  operation: Operation,
  weights: readonly number[],
  options: SlideOptions,
): Promise<Picture> {
  const fovea = await engine()
  const { window, stride, dilation, padding } = options
  const { width, height, values } = picture
  if (operation === 'convolution') {
    const kernel = fovea.tensor(Float32Array.from(weights), [window, window])
    const sides = padding === 'same' ? padding : Number(padding)
    const result = await fovea.image.convolve(fovea.tensor(values, [height, width]), kernel, {
      stride,
      dilation,
      padding: sides,
    })
    return pictureOf(result.data, result.shape)
  }
  const inputs = fovea.input({ shape: [height, width, 1] })
  const layer = fovea.layers[kLayers[operation]]({
    poolSize: window,
    strides: stride,
    padding: padding === 'same' ? 'same' : 'valid',
  })
  const model = await fovea.model({ inputs, outputs: layer.apply(inputs), seed: 0 })
  try {
    const result = await model.predict(fovea.tensor(values, [1, height, width, 1]))
    return pictureOf(result.data, result.shape.slice(1))
  } finally {
    await model.dispose()
  }
}

/** What the two filters make of the colour picture: [3, 3, 2]. */
export async function volumeMap(): Promise<Float32Array> {
  const fovea = await engine()
  const { window, stride, padding } = kVolumeOptions
  const layer = fovea.layers.conv2d({
    filters: kFilters.length,
    kernelSize: window,
    strides: stride,
    padding: Number(padding),
    inputShape: [kChannels[0]?.height ?? 0, kChannels[0]?.width ?? 0, kChannels.length],
  })
  const model = await fovea.sequential({ layers: [layer], seed: 0 })
  try {
    const found = await model.getWeights()
    const biases = Float32Array.from(kFilters, ({ bias }) => bias)
    await model.setWeights(
      found.map((one) => ({ ...one, data: one.shape.length === 1 ? biases : filterData() })),
    )
    const shape = [1, ...(model.inputs[0]?.shape ?? [])].map((side) => side ?? 1)
    return (await model.predict(fovea.tensor(pictureData(), shape))).data
  } finally {
    await model.dispose()
  }
}

function pictureOf(values: Float32Array, [height = 0, width = 0]: readonly number[]): Picture {
  return { values, width, height }
}
