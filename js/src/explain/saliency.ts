// Saliency and SmoothGrad: the slope of a class's score at every pixel.
// SPDX-License-Identifier: MIT
import { randomUint32 } from '../datasets/tools.js'
import type { Model } from '../model.js'
import { seedNumber, wholeNumber, wrongValue } from '../options.js'
import type { FloatTensor, Tensor } from '../tensor.js'
import { askAbout } from './question.js'
import type { ExplainOptions } from './question.js'
import { scoreModel, slopes } from './score.js'

/** Options of {@link smoothGrad}. */
export interface SmoothGradOptions extends ExplainOptions {
  /** How many noisy copies. Default 25. */
  samples?: number
  /** Standard deviation of the noise, as a share of the image's range. Default 0.15. */
  noise?: number
  /** Decides the noise. Default 0. */
  seed?: number
}

const kAtOnce = 16

export async function saliency(
  model: Model,
  image: Tensor,
  options: ExplainOptions = {},
): Promise<FloatTensor> {
  const question = await askAbout('explain.saliency', model, image, options, [])
  const probe = await scoreModel(question)
  try {
    const [found] = (await slopes(question, probe, [question.image])) as [FloatTensor]
    return strongest(found.data, question)
  } finally {
    await probe.dispose()
  }
}

export async function smoothGrad(
  model: Model,
  image: Tensor,
  options: SmoothGradOptions = {},
): Promise<FloatTensor> {
  const place = 'explain.smoothGrad'
  const { samples = 25, noise = 0.15, seed = 0 } = options
  wholeNumber(place, 'samples', samples, 1)
  seedNumber(place, seed)
  if (!(noise >= 0 && Number.isFinite(noise))) {
    throw wrongValue(place, 'noise', 'a number of at least 0', noise)
  }
  const question = await askAbout(place, model, image, options, ['samples', 'noise', 'seed'])
  const { data, shape } = question.image
  const range = data.reduce((a, b) => Math.max(a, b)) - data.reduce((a, b) => Math.min(a, b))
  const random = normals(seed)
  const sums = new Float64Array(data.length)
  const probe = await scoreModel(question)
  try {
    for (let done = 0; done < samples; done += kAtOnce) {
      const count = Math.min(kAtOnce, samples - done)
      const noisy = Float32Array.from({ length: count * data.length }, (_, i) => {
        return (data[i % data.length] ?? 0) + noise * range * random()
      })
      const batch = { data: noisy, shape: [count, ...shape.slice(1)] }
      const [found] = (await slopes(question, probe, [batch])) as [FloatTensor]
      found.data.forEach((slope, i) => (sums[i % data.length]! += slope))
    }
  } finally {
    await probe.dispose()
  }
  return strongest(
    sums.map((sum) => sum / samples),
    question,
  )
}

/** The largest distance from 0 among the channels of each pixel. */
function strongest(
  slopesOfPixels: ArrayLike<number>,
  { height, width, channels }: { height: number; width: number; channels: number },
): FloatTensor {
  const data = new Float32Array(height * width)
  for (let i = 0; i < slopesOfPixels.length; ++i) {
    const pixel = Math.floor(i / channels)
    data[pixel] = Math.max(data[pixel] ?? 0, Math.abs(slopesOfPixels[i] ?? 0))
  }
  return { data, shape: [height, width] }
}

/**
 * Numbers that are nearly normal: the sum of twelve from 0 to 1, less six. Sums of whole numbers
 * only, so that every engine gives the same bits, which logarithms and cosines do not.
 */
function normals(seed: number): () => number {
  const uniform = randomUint32(seed)
  return () => {
    let sum = 0
    for (let k = 0; k < 12; ++k) sum += uniform()
    return sum / 2 ** 32 - 6
  }
}
