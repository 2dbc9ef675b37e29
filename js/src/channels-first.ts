// Layers that say dataFormat: 'channelsFirst', as networks of other libraries do, in a graph whose
// images are channels-last: the graph is written again, with `permute` where images enter and leave.
// A value has up to two forms: as its reader expects it, and channels-last as the engine keeps it.
// SPDX-License-Identifier: MIT
import { FoveaError } from './errors.js'
import { Layer, SymbolicTensor } from './graph.js'
import type { OptionRecord } from './graph.js'
import { describe } from './options.js'
import { topologicalOrder } from './spec.js'

/** Layers that know images and may say how these lie. */
export const kImageLayers: ReadonlySet<string> = new Set(
  (
    'conv2d depthwiseConv2d separableConv2d conv2dTranspose maxPooling2d averagePooling2d ' +
    'sumPooling2d globalAveragePooling2d globalMaxPooling2d flatten spatialDropout2d ' +
    'zeroPadding2d cropping2d upSampling2d resizing randomFlip randomTranslation randomRotation ' +
    'randomZoom'
  ).split(' '),
)

// To them all dimensions are alike: what they read may stay as it lies.
const kElementwise = new Set(
  (
    'activation reLU leakyReLU elu dropout gaussianNoise gaussianDropout rescaling add subtract ' +
    'multiply average maximum minimum'
  ).split(' '),
)

/** The ends of the graph that computes the same from images that stay channels-last inside. */
export async function channelsLastOutputs(
  inputs: readonly SymbolicTensor[],
  outputs: readonly SymbolicTensor[],
): Promise<SymbolicTensor[]> {
  const asRead = new Map<SymbolicTensor, SymbolicTensor>()
  const inside = new Map<SymbolicTensor, SymbolicTensor>()
  const turned = (from: SymbolicTensor, dims: readonly number[]): SymbolicTensor =>
    new SymbolicTensor(new Layer('permute', { dims }), [from])
  const read = (one: SymbolicTensor): SymbolicTensor =>
    remember(asRead, one, () => turned(inside.get(one) as SymbolicTensor, [3, 1, 2]))
  const kept = (one: SymbolicTensor): SymbolicTensor =>
    remember(inside, one, () => turned(asRead.get(one) as SymbolicTensor, [2, 3, 1]))

  for (const one of topologicalOrder(inputs, outputs)) {
    const { layer, inputs: from } = one
    const first = dataFormatOf(layer) === 'channelsFirst'
    const stays = from.length > 0 && from.every((each) => inside.has(each))
    const own = withoutDataFormat(layer)
    if (first && makesRows(layer)) asRead.set(one, new SymbolicTensor(own, from.map(kept)))
    else if (first || (stays && kElementwise.has(layer.type)))
      inside.set(one, new SymbolicTensor(own, from.map(kept)))
    else if (stays && worksOnChannels(layer))
      inside.set(one, new SymbolicTensor(withLastAxis(layer), from.map(kept)))
    else if (layer.type === 'input') asRead.set(one, one)
    else asRead.set(one, new SymbolicTensor(own, from.map(read)))
  }
  return outputs.map(read)
}

function remember(
  map: Map<SymbolicTensor, SymbolicTensor>,
  key: SymbolicTensor,
  make: () => SymbolicTensor,
): SymbolicTensor {
  const there = map.get(key) ?? make()
  map.set(key, there)
  return there
}

/** What comes out has no height and width any more: nothing to turn back. */
function makesRows({ type, options }: Layer): boolean {
  return type === 'flatten' || (type.startsWith('global') && options['keepdims'] !== true)
}

/** Whether the option `axis` of a layer means the channels of a channels-first image. */
function worksOnChannels({ type, options }: Layer): boolean {
  if (type !== 'batchNormalization' && type !== 'concatenate') return false
  return options['axis'] === 1 || options['axis'] === -3
}

function dataFormatOf(layer: Layer): unknown {
  const given = layer.options['dataFormat']
  if (given === undefined) return undefined
  const place = `layer (${layer.type})`
  if (!kImageLayers.has(layer.type)) {
    throw new FoveaError(
      'bad-option',
      `${place}: has no option dataFormat. It is known to ${[...kImageLayers].join(', ')}.`,
    )
  }
  if (given === 'channelsFirst' || given === 'channelsLast') return given
  throw new FoveaError(
    'bad-option',
    `${place}: dataFormat needs 'channelsLast' or 'channelsFirst' but gets ${describe(given)}.`,
  )
}

// A layer and what stands for it inside: the same one whenever the layer is used, so that layers
// applied again, here or in another model, keep sharing their weights.
const standIns = new WeakMap<Layer, Layer>()

function standIn(layer: Layer, options: () => OptionRecord): Layer {
  const there = standIns.get(layer) ?? new Layer(layer.type, options())
  standIns.set(layer, there)
  return there
}

function withoutDataFormat(layer: Layer): Layer {
  if (!('dataFormat' in layer.options)) return layer
  return standIn(layer, () => {
    const { dataFormat: _, ...rest } = layer.options
    return rest
  })
}

function withLastAxis(layer: Layer): Layer {
  return standIn(layer, () => ({ ...layer.options, axis: -1 }))
}
