// SPDX-License-Identifier: MIT
// A network as a list of layers that can be edited, written into an address and built. As text, layers
// are joined by "-" and their values by "_": conv2d_16_3_1_same_1_relu-maxPooling2d_2-flatten-dense_10_linear.
import type { Model } from 'fovea'

/** One value of a layer: a whole number, a number or one of some words. */
export interface FieldInfo {
  name: string
  label: string
  kind: 'whole' | 'share' | 'word'
  /** What a new layer has. */
  usual: number | string
  words?: readonly string[]
}

export interface LayerKind {
  title: string
  fields: readonly FieldInfo[]
}

/** A layer of a blueprint: its kind, and a value for each field in their order. */
export interface LayerPlan {
  type: LayerType
  values: (number | string)[]
}

export type Blueprint = readonly LayerPlan[]

const kActivations =
  'linear relu leakyRelu elu selu gelu swish sigmoid tanh softplus softmax'.split(' ')
const whole = (name: string, label: string, usual: number): FieldInfo => {
  return { name, label, kind: 'whole', usual }
}
const word = (name: string, label: string, usual: string, words: readonly string[]): FieldInfo => {
  return { name, label, kind: 'word', usual, words }
}
const filters = whole('filters', 'Filters', 16)
const kernel = whole('kernelSize', 'Kernel', 3)
const strides = whole('strides', 'Stride', 1)
const padding = word('padding', 'Padding', 'same', ['same', 'valid'])
const dilation = whole('dilationRate', 'Dilation', 1)
const activation = word('activation', 'Activation', 'relu', kActivations)
const pool = whole('poolSize', 'Window', 2)
const poolStride = whole('strides', 'Stride', 2)

export const kLayerKinds = {
  conv2d: {
    title: 'Convolution',
    fields: [filters, kernel, strides, padding, dilation, activation],
  },
  depthwiseConv2d: {
    title: 'Depthwise convolution',
    fields: [kernel, strides, padding, activation],
  },
  separableConv2d: {
    title: 'Separable convolution',
    fields: [filters, kernel, strides, padding, activation],
  },
  maxPooling2d: { title: 'Max pooling', fields: [pool, poolStride] },
  averagePooling2d: { title: 'Average pooling', fields: [pool, poolStride] },
  sumPooling2d: { title: 'Sum pooling', fields: [pool, poolStride] },
  globalAveragePooling2d: { title: 'Global average pooling', fields: [] },
  globalMaxPooling2d: { title: 'Global max pooling', fields: [] },
  flatten: { title: 'Flatten', fields: [] },
  dense: { title: 'Dense', fields: [whole('units', 'Neurons', 64), activation] },
  dropout: {
    title: 'Dropout',
    fields: [{ name: 'rate', label: 'Share', kind: 'share', usual: 0.5 }],
  },
  batchNormalization: { title: 'Batch normalisation', fields: [] },
  layerNormalization: { title: 'Layer normalisation', fields: [] },
  localResponseNormalization: { title: 'Local response normalisation', fields: [] },
  activation: { title: 'Activation', fields: [activation] },
} as const satisfies Record<string, LayerKind>

export type LayerType = keyof typeof kLayerKinds

const kMostLayers = 40

export function isLayerType(type: string): type is LayerType {
  return Object.hasOwn(kLayerKinds, type)
}

export function fieldsOf(type: LayerType): readonly FieldInfo[] {
  return kLayerKinds[type].fields
}

/** A new layer with its usual values. */
export function usualLayer(type: LayerType): LayerPlan {
  return { type, values: fieldsOf(type).map(({ usual }) => usual) }
}

/** The name that the library gives the layer at this place, if all are named by themselves. */
export function layerName(blueprint: Blueprint, place: number): string {
  const type = blueprint[place]?.type ?? ''
  const earlier = blueprint.slice(0, place + 1).filter((one) => one.type === type).length
  return `${type.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}_${earlier}`
}

export function textOf(blueprint: Blueprint): string {
  return blueprint.map(({ type, values }) => [type, ...values].join('_')).join('-')
}

/** The blueprint, or undefined where the text is none. */
export function readBlueprint(text: string): Blueprint | undefined {
  const layers = text.split('-').map(readLayer)
  const known = layers.filter((layer) => layer !== undefined)
  const fits = known.length === layers.length && known.length <= kMostLayers
  return fits ? known : undefined
}

export function isBlueprintText(text: string): boolean {
  return readBlueprint(text) !== undefined
}

function readLayer(text: string): LayerPlan | undefined {
  const [type = '', ...given] = text.split('_')
  if (!isLayerType(type)) return undefined
  const fields = fieldsOf(type)
  const values = given.map((value, k) => readValue(value, fields[k]))
  const fits = values.length === fields.length && values.every((value) => value !== undefined)
  return fits ? { type, values: values as (number | string)[] } : undefined
}

function readValue(text: string, field: FieldInfo | undefined): number | string | undefined {
  if (field?.kind === 'word') return field.words?.includes(text) ? text : undefined
  const value = Number(text)
  if (!field || text === '' || !Number.isFinite(value)) return undefined
  return field.kind === 'whole' && !Number.isInteger(value) ? undefined : value
}

/** The blueprint of a chain of layers; undefined where one of them cannot be edited here. */
export function blueprintOf(layers: Model['layers']): Blueprint | undefined {
  const plans = layers
    .filter(({ type }) => !type.startsWith('random'))
    .map(({ type, config }): LayerPlan | undefined => {
      if (!isLayerType(type)) return undefined
      const values = fieldsOf(type).map(({ name, usual }) => {
        const value = config[name]
        return ((Array.isArray(value) ? value[0] : value) as number | string | undefined) ?? usual
      })
      return { type, values }
    })
  return plans.every((plan) => plan !== undefined) ? plans : undefined
}

/** The same with as many outputs as there are classes: the last dense layer decides. */
export function withClasses(blueprint: Blueprint, classes: number): Blueprint {
  const last = blueprint.findLastIndex(({ type }) => type === 'dense')
  return blueprint.map((layer, place) =>
    place === last ? { ...layer, values: [classes, ...layer.values.slice(1)] } : layer,
  )
}
