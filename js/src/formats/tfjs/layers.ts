// What each layer is in TensorFlow.js. What it computes differently there is written as layers that
// compute the same, or refused.
// SPDX-License-Identifier: MIT
import type { FoveaError } from '../../errors.js'
import type { Block } from '../arrange.js'
import { inexpressible, inputOf, numberIn, numbersIn, weightOf, wordIn } from '../network.js'
import type { Value } from '../network.js'
import { sidesOf, transposedPlan, windowPlan } from '../window.js'
import type { Sides } from '../window.js'
import { activated, activationConfig } from './activations.js'
import { trainingConfig } from './penalties.js'
import type { KerasWriter, Reference } from './writer.js'

export type LayerWriter = (to: KerasWriter, value: Value) => Reference
type Config = Record<string, unknown>

export const refused = (value: Value, why: string, remedy?: string): FoveaError =>
  inexpressible('toTfjs', value, why, remedy)

/** Uses the value's own layer, with the weights that are named. Theirs: `kinds[ours]`. */
export function own(
  to: KerasWriter,
  value: Value,
  className: string,
  config: Config,
  inputs: readonly Reference[] = [to.input(value)],
  kinds: Readonly<Record<string, string>> = {},
): Reference {
  for (const [ours, theirs] of Object.entries(kinds)) {
    const found = weightOf(to.network, value, ours)
    if (found !== undefined) to.weights.set(`${value.layer}/${theirs}`, found)
  }
  const frozen = value.trainable ? {} : { trainable: false }
  return to.use(className, value.layer, { ...config, ...frozen }, inputs)
}

const kBias = { bias: 'bias' }

/** The words that all windows share. */
const windowConfig = (value: Value, size: 'kernelSize' | 'poolSize', padding: string): Config => ({
  [size === 'poolSize' ? 'pool_size' : 'kernel_size']: numbersIn(value, size),
  strides: numbersIn(value, 'strides'),
  padding,
  data_format: 'channels_last',
})

const bordered = (
  to: KerasWriter,
  value: Value,
  sides: Sides,
  from: Reference = to.input(value),
): Reference =>
  sides.flat().every((one) => one === 0)
    ? from
    : to.helper('ZeroPadding2D', value, 'pad', { padding: sides }, [from])

/** A convolution whose padding may differ from side to side. */
function convolution(
  className: string,
  kinds: Readonly<Record<string, string>>,
  special: (value: Value) => Config,
): LayerWriter {
  return (to, value) => {
    const { padding, sides, strides, dilation } = windowPlan(value, 'kernelSize')
    if (strides.some((one) => one > 1) && dilation.some((one) => one > 1)) {
      throw refused(value, 'strides and dilationRate cannot both be above 1 there.')
    }
    const explicit = padding === 'explicit'
    const from = explicit ? bordered(to, value, sides as Sides) : to.input(value)
    const config = {
      ...special(value),
      ...windowConfig(value, 'kernelSize', explicit ? 'valid' : padding),
      dilation_rate: [...dilation],
      use_bias: value.config['useBias'],
      ...activationConfig(value),
      ...trainingConfig(value, Object.keys(kinds)),
    }
    return activated(to, value, own(to, value, className, config, [from], { ...kinds, ...kBias }))
  }
}

const kernel = { kernel: 'kernel' }

const plainConv2d = convolution('Conv2D', kernel, (value) => ({
  filters: numberIn(value, 'filters'),
}))

function conv2d(to: KerasWriter, value: Value): Reference {
  if (numberIn(value, 'groups') > 1) throw refused(value, 'TensorFlow.js has no groups.')
  return plainConv2d(to, value)
}

const depthwiseConv2d = convolution('DepthwiseConv2D', { kernel: 'depthwise_kernel' }, (value) => ({
  depth_multiplier: numberIn(value, 'depthMultiplier'),
}))

const kSeparable = { depthwise_kernel: 'depthwise_kernel', pointwise_kernel: 'pointwise_kernel' }

const separableConv2d = convolution('SeparableConv2D', kSeparable, (value) => ({
  filters: numberIn(value, 'filters'),
  depth_multiplier: numberIn(value, 'depthMultiplier'),
}))

/** Without outputPadding there: what is too much is cut off. */
function conv2dTranspose(to: KerasWriter, value: Value): Reference {
  const { size, strides, dilation, sides, extra } = transposedPlan(value)
  if (dilation.some((one) => one > 1)) throw refused(value, 'dilationRate must be 1 there.')
  const word = wordIn(value, 'padding')
  const simple =
    (word === 'valid' || word === 'same') && !Array.isArray(value.config['outputPadding'])
  const config = {
    filters: numberIn(value, 'filters'),
    ...windowConfig(value, 'kernelSize', simple ? word : 'valid'),
    use_bias: value.config['useBias'],
    ...activationConfig(value),
    ...trainingConfig(value, ['kernel']),
  }
  const kinds = { ...kernel, ...kBias }
  const made = own(to, value, 'Conv2DTranspose', config, [to.input(value)], kinds)
  if (simple) return activated(to, value, made)
  const cropping = sides.map(([before, after], k) => {
    const added = Math.max((strides[k] as number) - (size[k] as number), 0)
    return [before, after + added - (extra[k] as number)]
  })
  if (cropping.flat().some((one) => one < 0)) {
    throw refused(value, 'TensorFlow.js has no outputPadding.')
  }
  const cut = cropping.flat().some((one) => one > 0)
  return activated(
    to,
    value,
    cut ? to.helper('Cropping2D', value, 'crop', { cropping }, [made]) : made,
  )
}

function dense(to: KerasWriter, value: Value): Reference {
  const config = {
    units: numberIn(value, 'units'),
    use_bias: value.config['useBias'],
    ...activationConfig(value),
    ...trainingConfig(value, ['kernel']),
  }
  const kinds = { ...kernel, ...kBias }
  return activated(to, value, own(to, value, 'Dense', config, [to.input(value)], kinds))
}

const pooling =
  (className: string): LayerWriter =>
  (to, value) =>
    own(to, value, className, windowConfig(value, 'poolSize', wordIn(value, 'padding')))

/** The mean times the size of the window; zeros all round where it is padded. */
function sumPooling(to: KerasWriter, value: Value): Reference {
  const { size, sides } = windowPlan(value, 'poolSize')
  if (sides === null) throw refused(value, 'its input needs a fixed height and width there.')
  const from = bordered(to, value, sides)
  const mean = to.helper(
    'AveragePooling2D',
    value,
    'mean',
    windowConfig(value, 'poolSize', 'valid'),
    [from],
  )
  return own(to, value, 'Rescaling', { scale: size[0] * size[1], offset: 0 }, [mean])
}

const globalPooling =
  (className: string): LayerWriter =>
  (to, value) => {
    const config = { data_format: 'channels_last' }
    if (value.config['keepdims'] !== true) return own(to, value, className, config)
    const pooled = to.helper(className, value, 'pool', config, [to.input(value)])
    return own(to, value, 'Reshape', { target_shape: value.shape }, [pooled])
  }

const normalizationConfig = (value: Value, axis: number | number[]): Config => ({
  axis,
  epsilon: numberIn(value, 'epsilon'),
  center: value.config['center'],
  scale: value.config['scale'],
  ...trainingConfig(value, ['gamma', 'beta']),
})

const kScale = { gamma: 'gamma', beta: 'beta' }

const batchNormalization: LayerWriter = (to, value) =>
  own(
    to,
    value,
    'BatchNormalization',
    { momentum: numberIn(value, 'momentum'), ...normalizationConfig(value, -1) },
    [to.input(value)],
    { ...kScale, moving_mean: 'moving_mean', moving_variance: 'moving_variance' },
  )

const layerNormalization: LayerWriter = (to, value) =>
  own(
    to,
    value,
    'LayerNormalization',
    normalizationConfig(value, numbersIn(value, 'axis')),
    [to.input(value)],
    kScale,
  )

/** Numbers that are given for each channel are a batch normalisation that does not learn. */
function normalization(to: KerasWriter, value: Value): Reference {
  const mean = numbersIn(value, 'mean')
  const deviation = numbersIn(value, 'variance').map((one) => Math.max(Math.sqrt(one), 1e-7))
  if (mean.length === 1 && deviation.length === 1) {
    const scale = 1 / (deviation[0] as number)
    return own(to, value, 'Rescaling', { scale, offset: -(mean[0] as number) * scale })
  }
  const channels = inputOf(value).shape.at(-1) as number
  const spread = (list: readonly number[]): Block => ({
    shape: [channels],
    data: Float32Array.from({ length: channels }, (_, c) => list[list.length === 1 ? 0 : c] ?? 0),
  })
  to.weights.set(`${value.layer}/moving_mean`, spread(mean))
  to.weights.set(`${value.layer}/moving_variance`, spread(deviation.map((one) => one * one)))
  const config = { axis: -1, epsilon: 0, center: false, scale: false, momentum: 1 }
  return own(to, value, 'BatchNormalization', { ...config, trainable: false })
}

function upSampling(to: KerasWriter, value: Value): Reference {
  if (wordIn(value, 'interpolation') !== 'nearest') {
    throw refused(value, 'bilinear resizing has no half-pixel centres there.')
  }
  const config = { size: numbersIn(value, 'size'), interpolation: 'nearest' }
  return own(to, value, 'UpSampling2D', { ...config, data_format: 'channels_last' })
}

const merge =
  (className: string): LayerWriter =>
  (to, value) =>
    own(
      to,
      value,
      className,
      {},
      value.inputs.map((one) => to.held(one)),
    )

function subtract(to: KerasWriter, value: Value): Reference {
  const [a, b] = value.inputs.map((one) => to.held(one)) as [Reference, Reference]
  const turned = to.helper('Rescaling', value, 'minus', { scale: -1, offset: 0 }, [b])
  return own(to, value, 'Add', {}, [a, turned])
}

const withNumbers =
  (className: string, config: (value: Value) => Config): LayerWriter =>
  (to, value) =>
    own(to, value, className, config(value))

const table: Record<string, LayerWriter> = {
  input: (to, value) =>
    to.use(
      'InputLayer',
      value.name,
      { batch_input_shape: [null, ...value.shape], dtype: 'float32', sparse: false },
      [],
    ),
  conv2d,
  depthwiseConv2d,
  separableConv2d,
  conv2dTranspose,
  dense,
  maxPooling2d: pooling('MaxPooling2D'),
  averagePooling2d: pooling('AveragePooling2D'),
  sumPooling2d: sumPooling,
  globalAveragePooling2d: globalPooling('GlobalAveragePooling2D'),
  globalMaxPooling2d: globalPooling('GlobalMaxPooling2D'),
  flatten: withNumbers('Flatten', () => ({ data_format: 'channels_last' })),
  reshape: withNumbers('Reshape', (value) => ({ target_shape: numbersIn(value, 'targetShape') })),
  permute: withNumbers('Permute', (value) => ({ dims: numbersIn(value, 'dims') })),
  activation: (to, value) => {
    const config = activationConfig(value)
    const made = config['activation'] === 'linear' ? to.input(value) : undefined
    return activated(to, value, made ?? own(to, value, 'Activation', config))
  },
  reLU: (to, value) => {
    const [slope, threshold] = [numberIn(value, 'negativeSlope'), numberIn(value, 'threshold')]
    const most = value.config['maxValue']
    const bounded = typeof most === 'number'
    if (threshold !== 0 || (slope !== 0 && bounded)) {
      throw refused(value, 'ReLU has a maximum only there, LeakyReLU a slope only.')
    }
    if (slope !== 0) return own(to, value, 'LeakyReLU', { alpha: slope })
    return own(to, value, 'ReLU', bounded ? { max_value: most } : {})
  },
  leakyReLU: withNumbers('LeakyReLU', (value) => ({ alpha: numberIn(value, 'negativeSlope') })),
  elu: (to, value) => {
    if (numberIn(value, 'alpha') !== 1) throw refused(value, 'its alpha is always 1 there.')
    return own(to, value, 'ELU', { alpha: 1 })
  },
  softmax: withNumbers('Softmax', () => ({ axis: -1 })),
  prelu: (to, value) => {
    const axes = Array.isArray(value.config['sharedAxes']) ? numbersIn(value, 'sharedAxes') : []
    const shared = axes.length > 0 ? { shared_axes: axes } : {}
    const config = { ...shared, ...trainingConfig(value, ['alpha']) }
    return own(to, value, 'PReLU', config, [to.input(value)], { alpha: 'alpha' })
  },
  dropout: withNumbers('Dropout', (value) => ({ rate: numberIn(value, 'rate') })),
  spatialDropout2d: withNumbers('Dropout', (value) => ({
    rate: numberIn(value, 'rate'),
    noise_shape: [null, 1, 1, value.shape[2]],
  })),
  gaussianNoise: withNumbers('GaussianNoise', (value) => ({ stddev: numberIn(value, 'stddev') })),
  gaussianDropout: withNumbers('GaussianDropout', (value) => ({ rate: numberIn(value, 'rate') })),
  batchNormalization,
  layerNormalization,
  zeroPadding2d: (to, value) =>
    own(to, value, 'ZeroPadding2D', {
      padding: sidesOf(numbersIn(value, 'padding')),
      data_format: 'channels_last',
    }),
  cropping2d: (to, value) =>
    own(to, value, 'Cropping2D', {
      cropping: sidesOf(numbersIn(value, 'cropping')),
      data_format: 'channels_last',
    }),
  upSampling2d: upSampling,
  resizing: (_, value) => {
    throw refused(value, 'the layer of this name aligns corners there.')
  },
  rescaling: withNumbers('Rescaling', (value) => ({
    scale: numberIn(value, 'scale'),
    offset: numberIn(value, 'offset'),
  })),
  normalization,
  add: merge('Add'),
  subtract,
  multiply: merge('Multiply'),
  average: merge('Average'),
  maximum: merge('Maximum'),
  minimum: merge('Minimum'),
  concatenate: (to, value) =>
    own(
      to,
      value,
      'Concatenate',
      { axis: numberIn(value, 'axis') },
      value.inputs.map((one) => to.held(one)),
    ),
}

/** How a layer is written; undefined where TensorFlow.js has nothing for it. */
export const layerWriter = (type: string): LayerWriter | undefined => table[type]
