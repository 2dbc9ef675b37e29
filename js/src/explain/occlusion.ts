// Occlusion: cover the image piece by piece and watch the probability fall.
// SPDX-License-Identifier: MIT
import type { Model } from '../model.js'
import { wholeNumber, wrongValue } from '../options.js'
import { withProbabilities } from '../probabilities.js'
import type { FloatTensor, Tensor } from '../tensor.js'
import { askAbout } from './question.js'
import type { ExplainOptions, Question } from './question.js'

/** Options of {@link occlusion}. */
export interface OcclusionOptions extends ExplainOptions {
  /** Side of the square that covers, in pixels. Default: an eighth of the image's shorter side. */
  patchSize?: number
  /** Pixels from one square to the next, at most `patchSize`. Default: half of it. */
  stride?: number
  /** What covers, in the numbers that the model reads. Default: the image's mean, by channel. */
  fill?: number
}

interface Patch {
  top: number
  left: number
  bottom: number
  right: number
}

const kPlace = 'explain.occlusion'
const kAtOnce = 32

export async function occlusion(
  model: Model,
  image: Tensor,
  options: OcclusionOptions = {},
): Promise<FloatTensor> {
  const question = await askAbout(kPlace, model, image, options, ['patchSize', 'stride', 'fill'])
  const { height, width } = question
  const eighth = Math.max(1, Math.round(Math.min(height, width) / 8))
  const patchSize = wholeNumber(kPlace, 'patchSize', options.patchSize ?? eighth, 1)
  const stride = wholeNumber(kPlace, 'stride', options.stride ?? Math.ceil(patchSize / 2), 1)
  if (stride > patchSize) {
    throw wrongValue(kPlace, 'stride', `at most patchSize, ${patchSize}`, stride)
  }
  const { fill } = options
  if (fill !== undefined && !Number.isFinite(fill)) {
    throw wrongValue(kPlace, 'fill', 'a finite number', fill)
  }
  const cover = fill === undefined ? means(question) : Array<number>(question.channels).fill(fill)
  const patches = patchesOf(height, width, patchSize, stride)
  const asked = await withProbabilities(model)
  try {
    const [before = 0] = await answers(asked, question, question.image)
    const falls: number[] = []
    for (let k = 0; k < patches.length; k += kAtOnce) {
      const some = patches.slice(k, k + kAtOnce)
      const after = await answers(asked, question, covered(question, some, cover))
      falls.push(...after.map((one) => before - one))
    }
    return spread(patches, falls, height, width)
  } finally {
    if (asked !== model) await asked.dispose()
  }
}

/** What the model says for the class, for each image: the mean over all places of the output. */
async function answers(model: Model, question: Question, images: FloatTensor): Promise<number[]> {
  const outputs = await model.predictAll(images)
  const { data, shape } = outputs[question.outputIndex] as FloatTensor
  const [count = 0] = shape
  const classes = shape.at(-1) ?? 1
  const places = data.length / count / classes
  const { yesOrNo, classIndex } = question
  return Array.from({ length: count }, (_, n) => {
    let sum = 0
    for (let k = 0; k < places; ++k) {
      sum += data[(n * places + k) * classes + (yesOrNo ? 0 : classIndex)] ?? 0
    }
    return yesOrNo && classIndex === 0 ? 1 - sum / places : sum / places
  })
}

function patchesOf(height: number, width: number, size: number, stride: number): Patch[] {
  const patches: Patch[] = []
  for (let top = 0; top < height; top += stride) {
    for (let left = 0; left < width; left += stride) {
      const bottom = Math.min(top + size, height)
      patches.push({ top, left, bottom, right: Math.min(left + size, width) })
    }
  }
  return patches
}

/** A copy of the image for each patch, with the patch covered. */
function covered(
  { image, width, channels }: Question,
  patches: readonly Patch[],
  cover: readonly number[],
): FloatTensor {
  const size = image.data.length
  const data = new Float32Array(patches.length * size)
  patches.forEach(({ top, left, bottom, right }, n) => {
    data.set(image.data, n * size)
    for (let y = top; y < bottom; ++y) {
      for (let x = left; x < right; ++x) data.set(cover, n * size + (y * width + x) * channels)
    }
  })
  return { data, shape: [patches.length, ...image.shape.slice(1)] }
}

/** For each pixel the mean fall over the patches that cover it. */
function spread(
  patches: readonly Patch[],
  falls: readonly number[],
  height: number,
  width: number,
): FloatTensor {
  const sums = new Float64Array(height * width)
  const counts = new Float64Array(height * width)
  patches.forEach(({ top, left, bottom, right }, n) => {
    for (let y = top; y < bottom; ++y) {
      for (let x = left; x < right; ++x) {
        sums[y * width + x]! += falls[n] ?? 0
        counts[y * width + x]! += 1
      }
    }
  })
  const data = Float32Array.from(sums, (sum, i) => sum / (counts[i] ?? 1))
  return { data, shape: [height, width] }
}

function means({ image, channels }: Question): number[] {
  const sums = Array<number>(channels).fill(0)
  image.data.forEach((value, i) => (sums[i % channels]! += value))
  return sums.map((sum) => (sum * channels) / image.data.length)
}
