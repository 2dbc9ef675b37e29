// SPDX-License-Identifier: MIT
// What is set up in the chapter on kernels, and how it stands in the page's address:
// see=house_emboss_2_1_same, that is picture, kernel or pooling, stride, dilation, padding.
import { isKernelName } from './kernels.js'
import type { KernelName } from './kernels.js'
import { isPictureName } from './pictures.js'
import type { PictureName } from './pictures.js'
import type { Operation, PaddingChoice } from './slide.js'

export interface Setup {
  picture: PictureName
  operation: Operation
  /** A name, or nine numbers of one's own. Kept while pooling. */
  kernel: KernelName | readonly number[]
  /** Rows and columns of the window where it pools; a kernel has three. */
  pool: number
  stride: number
  dilation: number
  padding: PaddingChoice
}

export const kUsualSetup: Readonly<Setup> = {
  picture: 'lecture',
  operation: 'convolution',
  kernel: 'cross',
  pool: 3,
  stride: 1,
  dilation: 1,
  padding: 0,
}

export const kChoices = {
  pool: [2, 3, 4],
  stride: [1, 2, 3, 4],
  dilation: [1, 2, 3],
  padding: [0, 1, 2, 3, 4, 'same'],
} as const

export const kOperations: Record<Operation, string> = {
  convolution: 'Convolution',
  max: 'Max pooling',
  average: 'Average pooling',
  sum: 'Sum pooling',
}

/** Set-ups that a lecture begins with. */
export const kExamples: readonly { title: string; setup: Partial<Setup> }[] = [
  { title: 'Slide, multiply, add', setup: {} },
  { title: 'Find an edge', setup: { picture: 'halves', kernel: 'verticalEdges' } },
  { title: 'Is it an X?', setup: { picture: 'cross', kernel: 'falling' } },
  { title: 'Does not fit', setup: { picture: 'seven', kernel: 'blur', stride: 3 } },
  { title: 'Pooling', setup: { picture: 'table', operation: 'max', stride: 3 } },
  {
    title: 'A whole picture',
    setup: { picture: 'house', kernel: 'edgeDetection', padding: 'same' },
  },
]

const member = <T extends string | number>(choices: readonly T[], text: string): T | undefined =>
  choices.find((one) => String(one) === text)

/** The set-up as one word for the address; empty where it is the usual one. */
export function setupText(setup: Setup): string {
  const { picture, operation, kernel, pool, stride, dilation, padding } = setup
  const what =
    operation === 'convolution'
      ? typeof kernel === 'string'
        ? kernel
        : kernel.map((weight) => Math.round(weight * 1e4) / 1e4).join('*')
      : `${operation}${pool}`
  const text = [picture, what, stride, dilation, padding].join('_')
  return text === 'lecture_cross_1_1_0' ? '' : text
}

/** The set-up that a word of the address means; what does not fit is as usual. */
export function setupFrom(text: string): Setup {
  const [picture = '', what = '', stride = '', dilation = '', padding = ''] = text.split('_')
  const usual = kUsualSetup
  const pooling = /^(max|average|sum)([234])$/.exec(what)
  const weights = what.split('*').map(Number)
  const own = weights.length === 9 && weights.every((one) => Math.abs(one) <= 1000)
  const operation = (pooling?.[1] ?? 'convolution') as Operation
  const pads = pooling ? ([0, 'same'] as const) : kChoices.padding
  return {
    picture: isPictureName(picture) ? picture : usual.picture,
    operation,
    kernel: isKernelName(what) ? what : own ? weights : usual.kernel,
    pool: Number(pooling?.[2] ?? usual.pool),
    stride: member(kChoices.stride, stride) ?? usual.stride,
    dilation: (pooling ? undefined : member(kChoices.dilation, dilation)) ?? usual.dilation,
    padding: member<number | 'same'>(pads, padding) ?? usual.padding,
  }
}
