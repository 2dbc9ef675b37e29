// Keras's layers as Fovea's.
// SPDX-License-Identifier: MIT
import type { OptionRecord, OptionValue } from '../../graph.js'
import type { KerasReader, Step } from './keras.js'

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

/** How a layer of this name is read; undefined where Fovea has none. */
export const kerasLayer = (className: string): Rule | undefined =>
  Object.hasOwn(table, className) ? table[className] : undefined
