// Keras's layers as Fovea's: the words of Keras 2 (TensorFlow.js writes these), and those of Keras 3.
// SPDX-License-Identifier: MIT
import type { OptionRecord, OptionValue } from '../../graph.js'
import type { Block } from '../arrange.js'
import type { ModelBuilder, Place } from '../builder.js'
import { isRecord } from './json.js'
import type { Json } from './json.js'

/** Who wrote the model: the same words mean other numbers. */
export type Dialect = 'tfjs' | 'keras2' | 'keras3'

/** A layer of the file. */
export interface KerasEntry {
  className: string
  name: string
  config: Json
  dialect: Dialect
}

/** One layer of ours for it, or several in a row. */
export interface Step {
  type: string
  options: OptionRecord
  /** Our weights' names, and theirs, each with what it may be called. */
  weights?: Readonly<Record<string, readonly string[]>>
  /** Instead of weights of the file: made of them. */
  arrange?: (kind: string, block: Block) => Block
}

const kActivations: Record<string, string> = {
  ...Object.fromEntries(
    ['linear', 'relu', 'relu6', 'elu', 'selu', 'gelu', 'swish', 'silu', 'mish', 'sigmoid'].map(
      (name) => [name, name],
    ),
  ),
  tanh: 'tanh',
  softplus: 'softplus',
  softsign: 'softsign',
  softmax: 'softmax',
  exponential: 'exponential',
  leaky_relu: 'leakyRelu',
  log_softmax: 'logSoftmax',
}

export class KerasReader {
  constructor(
    private readonly to: ModelBuilder,
    private readonly entry: KerasEntry,
    private readonly inputs: readonly Place[],
  ) {}

  unsupported(why: string): Error {
    const { name, className } = this.entry
    return this.to.unsupported(`layer "${name}" (${className}): ${why}`)
  }

  get<Type>(key: string, usual: Type): Type {
    const value = this.entry.config[key]
    return value === undefined || value === null ? usual : (value as Type)
  }

  has(key: string): boolean {
    const value = this.entry.config[key]
    return value !== undefined && value !== null
  }

  number(key: string, usual?: number): number {
    const value = this.get<unknown>(key, usual)
    if (typeof value === 'number' && Number.isFinite(value)) return value
    const { name, className } = this.entry
    throw this.to.badFile(`layer "${name}" (${className}): ${key} is not a number.`)
  }

  numbers(key: string, usual: readonly number[]): number[] {
    const list = [this.get<unknown>(key, usual)].flat(3)
    if (list.every((one) => typeof one === 'number' && Number.isFinite(one))) {
      return list as number[]
    }
    const { name, className } = this.entry
    throw this.to.badFile(`layer "${name}" (${className}): ${key} holds what is no number.`)
  }

  /** The layers that stand for this one. */
  steps(): Step[] {
    if (/^channels_?first$/i.test(this.get('data_format', ''))) {
      throw this.unsupported('data_format must be channels_last.')
    }
    const make = Object.hasOwn(table, this.entry.className)
      ? table[this.entry.className]
      : undefined
    if (make === undefined) throw this.unsupported('Fovea has no such layer.')
    return [make(this)].flat()
  }

  get dialect(): Dialect {
    return this.entry.dialect
  }

  /** Dimensions of the input, the batch among them. */
  get rank(): number {
    return (this.inputs[0]?.shape.length ?? 0) + 1
  }

  /** An axis counted from the last, which is -1. */
  fromLast(axis: number): number {
    return axis < 0 ? axis : axis - this.rank
  }

  /** Refuses an axis that is not the last. */
  lastAxis(usual = -1): void {
    const axes = this.numbers('axis', [usual])
    if (axes.length === 1 && this.fromLast(axes[0] as number) === -1) return
    throw this.unsupported('its axis must be the last one.')
  }

  /** The layer with its activation: as an option, or as layers behind it. */
  activated(step: Step): Step[] {
    const given = this.get<unknown>('activation', 'linear')
    const inner = isRecord(given) ? given['config'] : given
    const word = typeof inner === 'string' ? inner : String((given as Json)['class_name'])
    const name = word.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/^_/, '')
    if (name === 'hard_sigmoid') {
      if (this.dialect === 'keras3') return ended(step, 'hardSigmoid')
      // Until Keras 2 and in TensorFlow.js: clip(0.2 x + 0.5, 0, 1).
      const line = { type: 'rescaling', options: { scale: 0.2, offset: 0.5 } }
      return [step, line, { type: 'reLU', options: { maxValue: 1 } }]
    }
    const known = Object.hasOwn(kActivations, name) ? kActivations[name] : undefined
    if (known === undefined) throw this.unsupported(`Fovea has no activation "${word}".`)
    return ended(step, known)
  }

  /** Regularizers and constraints of these weights: `kernel` -> `kernel_regularizer`. */
  penalties(...words: readonly string[]): OptionRecord {
    const options: Record<string, OptionValue> = {}
    for (const word of words) {
      const price = regularizerOf(this.entry.config[`${word}_regularizer`])
      if (price !== undefined) options[`${word}Regularizer`] = price
      const bound = constraintOf(this.entry.config[`${word}_constraint`])
      if (bound !== undefined) options[`${word}Constraint`] = bound
    }
    return options
  }
}

const ended = (step: Step, activation: string): Step[] =>
  activation === 'linear' ? [step] : [{ ...step, options: { ...step.options, activation } }]

function regularizerOf(given: unknown): OptionRecord | undefined {
  const config = isRecord(given) && isRecord(given['config']) ? given['config'] : undefined
  if (config === undefined) return undefined
  const amount = (key: string): number => (typeof config[key] === 'number' ? config[key] : 0)
  const [l1, l2] = [amount('l1'), amount('l2')]
  return l1 === 0 && l2 === 0 ? undefined : { type: 'l1l2', l1, l2 }
}

const kConstraints: Record<string, string> = {
  MaxNorm: 'maxNorm',
  UnitNorm: 'unitNorm',
  NonNeg: 'nonNeg',
  MinMaxNorm: 'minMaxNorm',
}

function constraintOf(given: unknown): OptionRecord | undefined {
  if (!isRecord(given)) return undefined
  const type = kConstraints[String(given['class_name'])]
  const config = isRecord(given['config']) ? given['config'] : {}
  const words: Record<string, string> = { max_value: 'maxValue', min_value: 'minValue' }
  const options = Object.entries(config).flatMap(([key, value]) =>
    ['max_value', 'min_value', 'rate', 'axis'].includes(key) && value !== null
      ? [[words[key] ?? key, value as OptionValue] as const]
      : [],
  )
  return type === undefined ? undefined : { type, ...Object.fromEntries(options) }
}

type Rule = (read: KerasReader) => Step | Step[]

const kKernel = { kernel: ['kernel'], bias: ['bias'] }

const window = (read: KerasReader, size: 'kernel_size' | 'pool_size'): OptionRecord => {
  const pool = size === 'pool_size'
  const sizes = read.numbers(size, [2, 2])
  const padding = read.get('padding', 'valid')
  if (padding !== 'valid' && padding !== 'same') {
    throw read.unsupported(`padding "${padding}" is neither valid nor same.`)
  }
  return {
    [pool ? 'poolSize' : 'kernelSize']: sizes,
    strides: read.numbers('strides', pool ? sizes : [1, 1]),
    padding,
    ...(pool ? {} : { dilationRate: read.numbers('dilation_rate', [1, 1]) }),
  }
}

const useBias = (read: KerasReader): { useBias: boolean } => ({
  useBias: read.get<unknown>('use_bias', true) !== false,
})

const convolution =
  (
    type: string,
    weights: Record<string, readonly string[]>,
    penalties: readonly string[],
    special: (read: KerasReader) => OptionRecord,
  ): Rule =>
  (read) =>
    read.activated({
      type,
      options: {
        ...special(read),
        ...window(read, 'kernel_size'),
        ...useBias(read),
        ...read.penalties(...penalties, 'bias', 'activity'),
      },
      weights: { ...weights, bias: ['bias'] },
    })

const filters = (read: KerasReader): number => read.number('filters')
const multiplier = (read: KerasReader): number => read.number('depth_multiplier', 1)

function dense(read: KerasReader): Step[] {
  const units = read.number('units')
  const options = { ...useBias(read), ...read.penalties('kernel', 'bias', 'activity') }
  if (read.rank === 2) {
    return read.activated({ type: 'dense', options: { units, ...options }, weights: kKernel })
  }
  if (read.rank !== 4) throw read.unsupported('Fovea has it for rows and for images.')
  // On the last dimension of an image it is a convolution with filters of one pixel.
  return read.activated({
    type: 'conv2d',
    options: { filters: units, kernelSize: 1, ...options },
    weights: kKernel,
    arrange: (kind, block) =>
      kind === 'kernel' ? { ...block, shape: [1, 1, ...block.shape] } : block,
  })
}

const scaleAndOffset = (read: KerasReader): OptionRecord => ({
  epsilon: read.number('epsilon', 1e-3),
  center: read.get('center', true),
  scale: read.get('scale', true),
  ...read.penalties('gamma', 'beta'),
})

const kScale = { gamma: ['gamma'], beta: ['beta'] }

const plain =
  (type: string, options: (read: KerasReader) => OptionRecord = () => ({})): Rule =>
  (read) => ({ type, options: options(read) })

const keepdims = (read: KerasReader): OptionRecord => ({ keepdims: read.get('keepdims', false) })

function dropout(read: KerasReader): Step {
  const options = { rate: read.number('rate') }
  if (!read.has('noise_shape')) return { type: 'dropout', options }
  const shape = read.get<unknown[]>('noise_shape', [])
  if (shape.length === 4 && shape[1] === 1 && shape[2] === 1) {
    return { type: 'spatialDropout2d', options }
  }
  throw read.unsupported('its noise_shape must be [null, 1, 1, channels].')
}

/** TensorFlow.js resizes without half-pixel centres, Keras with them, and so does Fovea. */
function resized(read: KerasReader, options: OptionRecord, usual: string): OptionRecord {
  const interpolation = read.get('interpolation', usual)
  if (read.dialect === 'tfjs' && !(usual === 'nearest' && interpolation === 'nearest')) {
    throw read.unsupported('TensorFlow.js resizes without half-pixel centres.')
  }
  if (interpolation !== 'nearest' && interpolation !== 'bilinear') {
    throw read.unsupported(`interpolation "${interpolation}" is neither nearest nor bilinear.`)
  }
  for (const key of ['crop_to_aspect_ratio', 'pad_to_aspect_ratio', 'antialias']) {
    if (read.get(key, false)) throw read.unsupported(`${key} must be false.`)
  }
  return { ...options, interpolation }
}

const sampling = (read: KerasReader): OptionRecord => ({
  fillMode: read.get('fill_mode', 'reflect'),
  interpolation: read.get('interpolation', 'bilinear'),
  fillValue: read.number('fill_value', 0),
})

const tone = (read: KerasReader): OptionRecord => ({
  factor: read.get<OptionValue>('factor', 0),
  valueRange: read.numbers('value_range', [0, 255]),
})

const table: Record<string, Rule> = {
  Conv2D: convolution('conv2d', { kernel: ['kernel'] }, ['kernel'], (read) => ({
    filters: filters(read),
    groups: read.number('groups', 1),
  })),
  DepthwiseConv2D: convolution(
    'depthwiseConv2d',
    { kernel: ['depthwise_kernel', 'kernel'] },
    ['depthwise'],
    (read) => ({ depthMultiplier: multiplier(read) }),
  ),
  SeparableConv2D: convolution(
    'separableConv2d',
    { depthwise_kernel: ['depthwise_kernel'], pointwise_kernel: ['pointwise_kernel'] },
    ['depthwise', 'pointwise'],
    (read) => ({ filters: filters(read), depthMultiplier: multiplier(read) }),
  ),
  Conv2DTranspose: convolution('conv2dTranspose', { kernel: ['kernel'] }, ['kernel'], (read) => ({
    filters: filters(read),
    ...(read.has('output_padding') ? { outputPadding: read.numbers('output_padding', []) } : {}),
  })),
  Dense: dense,
  MaxPooling2D: plain('maxPooling2d', (read) => window(read, 'pool_size')),
  AveragePooling2D: plain('averagePooling2d', (read) => window(read, 'pool_size')),
  GlobalAveragePooling2D: plain('globalAveragePooling2d', keepdims),
  GlobalMaxPooling2D: plain('globalMaxPooling2d', keepdims),
  Flatten: plain('flatten'),
  Reshape: plain('reshape', (read) => ({ targetShape: read.numbers('target_shape', []) })),
  Permute: plain('permute', (read) => ({ dims: read.numbers('dims', []) })),
  Activation: (read) => {
    const [only, ...rest] = read.activated({ type: 'activation', options: {} })
    if (rest.length > 0) return rest
    return { ...(only as Step), options: { activation: 'linear', ...only?.options } }
  },
  ReLU: plain('reLU', (read) => ({
    ...(read.has('max_value') ? { maxValue: read.number('max_value') } : {}),
    negativeSlope: read.number('negative_slope', 0),
    threshold: read.number('threshold', 0),
  })),
  LeakyReLU: plain('leakyReLU', (read) => ({
    negativeSlope: read.number('negative_slope', read.number('alpha', 0.3)),
  })),
  ThresholdedReLU: plain('reLU', (read) => ({ threshold: read.number('theta', 1) })),
  ELU: plain('elu', (read) => ({ alpha: read.number('alpha', 1) })),
  PReLU: (read) => ({
    type: 'prelu',
    options: {
      ...(read.has('shared_axes') ? { sharedAxes: read.numbers('shared_axes', []) } : {}),
      ...read.penalties('alpha'),
    },
    weights: { alpha: ['alpha'] },
  }),
  Softmax: (read) => {
    read.lastAxis()
    return { type: 'softmax', options: {} }
  },
  Dropout: dropout,
  SpatialDropout2D: plain('spatialDropout2d', (read) => ({ rate: read.number('rate') })),
  GaussianNoise: plain('gaussianNoise', (read) => ({ stddev: read.number('stddev') })),
  GaussianDropout: plain('gaussianDropout', (read) => ({ rate: read.number('rate') })),
  BatchNormalization: (read) => {
    read.lastAxis()
    return {
      type: 'batchNormalization',
      options: { momentum: read.number('momentum', 0.99), ...scaleAndOffset(read) },
      weights: {
        ...kScale,
        moving_mean: ['moving_mean'],
        moving_variance: ['moving_variance'],
      },
    }
  },
  LayerNormalization: (read) => ({
    type: 'layerNormalization',
    options: {
      axis: read.numbers('axis', [-1]).map((one) => read.fromLast(one)),
      ...scaleAndOffset(read),
    },
    weights: kScale,
  }),
  GroupNormalization: (read) => {
    read.lastAxis()
    const groups = read.number('groups', 32)
    return {
      type: 'groupNormalization',
      options: { groups, ...scaleAndOffset(read) },
      weights: kScale,
    }
  },
  ZeroPadding2D: plain('zeroPadding2d', (read) => ({ padding: read.numbers('padding', [1, 1]) })),
  Cropping2D: plain('cropping2d', (read) => ({ cropping: read.numbers('cropping', [0, 0]) })),
  UpSampling2D: plain('upSampling2d', (read) =>
    resized(read, { size: read.numbers('size', [2, 2]) }, 'nearest'),
  ),
  Resizing: plain('resizing', (read) =>
    resized(read, { height: read.number('height'), width: read.number('width') }, 'bilinear'),
  ),
  Rescaling: plain('rescaling', (read) => ({
    scale: read.number('scale'),
    offset: read.number('offset', 0),
  })),
  Normalization: (read) => {
    read.lastAxis()
    if (read.get('invert', false)) throw read.unsupported('invert must be false.')
    if (!read.has('mean')) throw read.unsupported('its mean and variance must stand in its config.')
    return {
      type: 'normalization',
      options: { mean: read.numbers('mean', []), variance: read.numbers('variance', []) },
    }
  },
  Add: plain('add'),
  Subtract: plain('subtract'),
  Multiply: plain('multiply'),
  Average: plain('average'),
  Maximum: plain('maximum'),
  Minimum: plain('minimum'),
  Concatenate: plain('concatenate', (read) => ({ axis: read.number('axis', -1) })),
  RandomFlip: plain('randomFlip', (read) => ({
    mode: read.get('mode', 'horizontal_and_vertical'),
  })),
  RandomRotation: plain('randomRotation', (read) => ({
    factor: read.get<OptionValue>('factor', 0),
    ...sampling(read),
  })),
  RandomTranslation: plain('randomTranslation', (read) => ({
    heightFactor: read.get<OptionValue>('height_factor', 0),
    widthFactor: read.get<OptionValue>('width_factor', 0),
    ...sampling(read),
  })),
  RandomZoom: plain('randomZoom', (read) => ({
    heightFactor: read.get<OptionValue>('height_factor', 0),
    ...(read.has('width_factor') ? { widthFactor: read.get<OptionValue>('width_factor', 0) } : {}),
    ...sampling(read),
  })),
  RandomContrast: plain('randomContrast', tone),
  RandomBrightness: plain('randomBrightness', tone),
}
