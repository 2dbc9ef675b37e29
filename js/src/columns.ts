// From what a user gives as x and y to columns for the engine: checked against the model's inputs
// and outputs, and copied, so that nothing of the user's is ever moved away.
// SPDX-License-Identifier: MIT
import type { Column, PortInfo } from './engine/engine.js'
import { FoveaError } from './errors.js'
import { describe } from './options.js'
import { copyData, elementCount, shapeText, toTensorData } from './tensor.js'
import type { NumberArray, Tensor } from './tensor.js'
import type { SampleWeight } from './example-weights.js'
import type { OutputGradients } from './inside.js'

/** Images and their labels: what the data sets of `fovea.datasets` are made of. */
export interface Dataset {
  /** `[n, height, width, channels]`, bytes. */
  images: Tensor
  /** Class numbers, `[n]`. */
  labels: Int32Array
  /** One name per class number. */
  classNames?: readonly string[]
}

/** One batch of a {@link Stream}. */
export type Batch = { x: Inputs; y: Targets; sampleWeight?: SampleWeight } | Dataset

/** Batches that come from a function of one's own: made by `fovea.dataset`. */
export interface Stream {
  /** Called at the beginning of every epoch. */
  source: () => AsyncIterable<Batch> | Iterable<Batch>
  /** How many there are; Infinity where nobody has said. */
  batches: number
}

/** What `x` may be: a tensor, or one for each input of the model. */
export type Inputs = Tensor | readonly Tensor[]

/** Labels: a tensor, or class numbers without a shape. */
export type Labels = Tensor | NumberArray

/** What `y` may be: labels, or one set of labels for each output of the model. */
export type Targets = Labels | readonly Labels[]

/** True for what `fovea.dataset` made. */
export function isStream(value: unknown): value is Stream {
  return typeof (value as Stream | undefined)?.source === 'function'
}

/** True for `{ images, labels }`. */
export function isDataset(value: unknown): value is Dataset {
  return value !== null && typeof value === 'object' && 'images' in value && 'labels' in value
}

/**
 * Checks x against the model's inputs. What is only asked about (`question`) may be a single example
 * without its batch, and is not copied: the engine reads it before its call returns.
 */
export function inputColumns(
  place: string,
  inputs: readonly PortInfo[],
  x: unknown,
  question: boolean,
): Column[] {
  const [first] = inputs
  // Without a list, a small prediction leaves a tenth less behind.
  if (first !== undefined && inputs.length === 1 && isTensor(x)) {
    return [inputColumn(place, first, x, question)]
  }
  if (!Array.isArray(x) || !x.every(isTensor) || x.length !== inputs.length) {
    const wanted =
      inputs.length === 1
        ? 'a tensor'
        : `an array of ${inputs.length} tensors (${inputs.map(({ name }) => name).join(', ')})`
    throw new FoveaError(
      'bad-shape',
      `${place}: x needs ${wanted} but gets ${describe(x)}. Make tensors with ` +
        `fovea.tensor(data, shape).`,
    )
  }
  return inputs.map((input, k) => inputColumn(place, input, x[k] as Tensor, question))
}

function inputColumn(place: string, input: PortInfo, given: Tensor, question: boolean): Column {
  const { data, shape } = checkedTensor(place, 'x', given)
  const single = question && sameShape(shape, input.shape)
  if (!single && !sameShape(shape, input.shape, 1)) {
    const size = input.shape.includes(null) ? NaN : elementCount(input.shape as number[])
    const fits = data.length > 0 && data.length % size === 0
    const remedy = fits
      ? ` Reshape it: fovea.tensor(x.data, ${shapeText([data.length / size, ...input.shape])}).`
      : ''
    throw new FoveaError(
      'bad-shape',
      `${place}: x has the shape ${shapeText(shape)} but the input "${input.name}" needs ` +
        `${shapeText(['n', ...input.shape])}.${remedy}`,
    )
  }
  return {
    role: 'x',
    data: question ? data : copyData(data),
    shape: single ? [1, ...shape] : question ? (shape as number[]) : [...shape],
  }
}

/** Checks y against the number of outputs and of examples; what it means, the loss decides. */
export function targetColumns(
  place: string,
  outputs: readonly PortInfo[],
  y: unknown,
  rows: number,
): Column[] {
  if (y === undefined) {
    throw new FoveaError(
      'bad-shape',
      `${place}: y is missing. Give labels for the ${rows} examples.`,
    )
  }
  const single = outputs.length === 1
  const several = Array.isArray(y) && y.length > 0 && typeof y[0] !== 'number'
  const list = several ? (y as unknown[]) : [y]
  if (list.length !== outputs.length) {
    throw new FoveaError(
      'bad-shape',
      `${place}: y needs ${single ? 'one set of labels' : `an array of ${outputs.length} sets of labels`} ` +
        `but gets ${list.length}.`,
    )
  }
  return list.map((labels, k) => targetColumn(place, labels, rows, outputs[k]?.shape ?? []))
}

function targetColumn(
  place: string,
  labels: unknown,
  rows: number,
  output: readonly (number | null)[],
): Column {
  const given = isTensor(labels)
    ? checkedTensor(place, 'y', labels)
    : labelTensor(labels as NumberArray)
  const [count] = given.shape
  if (count !== rows) {
    throw new FoveaError(
      'bad-shape',
      `${place}: x has ${rows} examples but y has ${count ?? 0}. Each example needs its label.`,
    )
  }
  // One number per example is a column where the output is one number: [n] means [n, 1].
  const flat = given.shape.length === 1 && sameShape(output, [1])
  return { role: 'y', data: copyData(given.data), shape: flat ? [rows, 1] : [...given.shape] }
}

/** Plain numbers as labels: whole numbers become class numbers. */
function labelTensor(labels: NumberArray): Tensor {
  const whole = Array.isArray(labels) && labels.every(Number.isInteger)
  const unsigned = labels instanceof Uint32Array || labels instanceof Uint16Array
  const data = whole || unsigned ? Int32Array.from(labels as number[]) : toTensorData(labels)
  return { data, shape: [data.length] }
}

/** How many examples the columns hold. */
export function rowCount(place: string, columns: readonly Column[]): number {
  const rows = columns[0]?.shape[0] ?? 0
  if (rows < 1) throw new FoveaError('bad-shape', `${place}: x holds no examples.`)
  if (columns.length > 1 && columns.some(({ shape }) => shape[0] !== rows)) {
    const counts = columns.map(({ shape }) => shape[0]).join(', ')
    throw new FoveaError(
      'bad-shape',
      `${place}: the inputs hold different numbers of examples: ${counts}.`,
    )
  }
  return rows
}

/** The buffers of columns, to be moved: they are copies of ours. */
export function buffersOf(columns: readonly Column[]): Transferable[] {
  return columns.map(({ data }) => data.buffer as ArrayBuffer)
}

function isTensor(value: unknown): value is Tensor {
  return value !== null && typeof value === 'object' && 'data' in value && 'shape' in value
}

function checkedTensor(place: string, what: string, given: Tensor): Tensor {
  const data = toTensorData(given.data)
  const { shape } = given
  const fits = Array.isArray(shape) && elementCount(shape) === data.length
  if (fits) return { data, shape }
  throw new FoveaError(
    'bad-shape',
    `${place}: ${what} says it has the shape ${describe(shape)} but holds ${data.length} numbers.`,
  )
}

/** null in the shape that is wanted: any size. `from`: so many sizes of the other come before. */
function sameShape(
  shape: readonly (number | null)[],
  wanted: readonly (number | null)[],
  from = 0,
): boolean {
  if (shape.length !== wanted.length + from) return false
  for (let k = 0; k < wanted.length; ++k) {
    const size = wanted[k]
    if (size !== null && size !== shape[k + from]) return false
  }
  return true
}

/** True for `{ outputGradients }` in the place of y. */
export function isOutputGradients(given: unknown): given is OutputGradients {
  return given !== null && typeof given === 'object' && 'outputGradients' in given
}
