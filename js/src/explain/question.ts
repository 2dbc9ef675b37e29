// What is explained: one image and the score of one class. Checks what a user gave, finds the class
// and what the model's last activation is.
// SPDX-License-Identifier: MIT
import { inputColumns } from '../columns.js'
import { FoveaError } from '../errors.js'
import { jointList } from '../graph.js'
import type { SymbolicTensor } from '../graph.js'
import { Model } from '../model.js'
import { checkNames, describe, wrongValue } from '../options.js'
import { missingActivation } from '../probabilities.js'
import { shapeText } from '../tensor.js'
import type { FloatTensor, Tensor } from '../tensor.js'

/** What every explanation takes. */
export interface ExplainOptions {
  /** The class that is explained. Default: the one that the model predicts. */
  classIndex?: number
  /** Name of the output, where the model has several. Default: the first. */
  output?: string
}

/** One image and one class, checked. */
export interface Question {
  /** Opens every sentence. */
  place: string
  model: Model
  /** `[1, h, w, channels]`, in the numbers that the model reads. */
  image: FloatTensor
  height: number
  width: number
  channels: number
  /** Where the model's image comes in, and where the output is made. */
  input: SymbolicTensor
  output: SymbolicTensor
  /** Which output, and the shape of one example there. */
  outputIndex: number
  outputShape: number[]
  classIndex: number
  /** One number that is the probability of class 1; that of class 0 is the rest. */
  yesOrNo: boolean
}

/** The activations that make probabilities of scores. */
const kProbabilities = ['softmax', 'logSoftmax', 'sigmoid']

/** The activation that a value ends in, if it makes probabilities. */
export function lastActivation({ layer }: SymbolicTensor): string | undefined {
  const { type, options } = layer
  const name = type === 'softmax' ? type : options['activation']
  return typeof name === 'string' && kProbabilities.includes(name) ? name : undefined
}

/** Checks what `fovea.explain` was given. `known`: its options besides those that all take. */
export async function askAbout(
  place: string,
  model: Model,
  image: Tensor,
  options: ExplainOptions,
  known: readonly string[],
): Promise<Question> {
  if (!(model instanceof Model)) {
    throw new FoveaError(
      'bad-option',
      `${place}: the first argument must be a model but is ${describe(model)}.`,
    )
  }
  checkNames(place, options, ['classIndex', 'output', ...known])
  const { inputs, outputs } = model
  const [port] = inputs
  if (inputs.length !== 1 || port?.shape.length !== 3) {
    throw new FoveaError(
      'unsupported',
      `${place}: needs a model with one input [height, width, channels], but the inputs of ` +
        `"${model.name}" are ${inputs.map(({ shape }) => shapeText(shape)).join(', ')}.`,
    )
  }
  const names = outputs.map(({ name }) => name)
  const outputIndex = options.output === undefined ? 0 : names.indexOf(options.output)
  if (outputIndex < 0) throw wrongValue(place, 'output', names.join(' or '), options.output)
  const [input] = jointList(place, port) as [SymbolicTensor]
  const output = jointList(place, outputs[outputIndex])[0] as SymbolicTensor
  const floats = imageOf(place, model, image)
  const [, height = 0, width = 0, channels = 0] = floats.shape
  const raw = (await model.predictAll(floats))[outputIndex] as FloatTensor
  const last = lastActivation(output)
  const missing = missingActivation(model, outputIndex)
  const classes = raw.shape.at(-1) ?? 1
  const yesOrNo = classes === 1 && (last === 'sigmoid' || missing === 'sigmoid')
  const classIndex =
    options.classIndex ?? (yesOrNo ? Number(total(raw.data) > (missing ? 0 : 0.5)) : largest(raw))
  const count = yesOrNo ? 2 : classes
  if (!Number.isInteger(classIndex) || classIndex < 0 || classIndex >= count) {
    const wanted = count === 1 ? '0' : `a whole number from 0 to ${count - 1}`
    throw wrongValue(place, 'classIndex', wanted, classIndex)
  }
  const size = { height, width, channels }
  const outputShape = raw.shape.slice(1)
  const where = { input, output, outputIndex, outputShape }
  return { place, model, image: floats, ...size, ...where, classIndex, yesOrNo }
}

/** The image as the model reads it: bytes as 0 to 1, unless its first layer wants them raw. */
function imageOf(place: string, model: Model, given: Tensor): FloatTensor {
  const [column] = inputColumns(place, model.inputs, given, true)
  const { data, shape } = column as { data: Tensor['data']; shape: number[] }
  if (shape[0] !== 1) {
    throw new FoveaError(
      'bad-shape',
      `${place}: needs one image but gets ${shape[0] ?? 0}. Explain them one by one.`,
    )
  }
  const divisor = data instanceof Uint8Array && !readsRawBytes(model) ? 255 : 1
  return { data: Float32Array.from(data, (value) => value / divisor), shape: [...shape] }
}

/** The engine's rule: an input that goes into rescaling or normalization keeps its bytes. */
function readsRawBytes(model: Model): boolean {
  const outputs = jointList('explain', model.outputs)
  const [input] = jointList('explain', model.inputs)
  const seen = new Set<SymbolicTensor>(outputs)
  for (const one of seen) {
    const isFirst = one.inputs.some((before) => before === input)
    if (isFirst && ['rescaling', 'normalization'].includes(one.layer.type)) return true
    one.inputs.forEach((before) => seen.add(before))
  }
  return false
}

const total = (data: Float32Array): number => data.reduce((sum, one) => sum + one, 0) / data.length

/** The class with the largest sum over all places. */
function largest({ data, shape }: FloatTensor): number {
  const classes = shape.at(-1) ?? 1
  const sums = new Float64Array(classes)
  data.forEach((value, i) => (sums[i % classes] = (sums[i % classes] ?? 0) + value))
  return sums.indexOf(Math.max(...sums))
}
