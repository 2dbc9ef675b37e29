// GoogLeNet, the network of inception modules. Source: Szegedy and others, "Going deeper with
// convolutions" (2014), its table 1; ceil-mode pooling is same padding here.
// SPDX-License-Identifier: MIT
import { model } from '../create.js'
import { input } from '../graph.js'
import type { SymbolicTensor } from '../graph.js'
import * as layers from '../layers.js'
import type { Model } from '../model.js'
import { checkNames, wholeNumber } from '../options.js'
import type { ZooOptions } from './base.js'

/** Options of {@link inception}. */
export interface InceptionOptions extends ZooOptions {
  /** Shape of one picture. Default `[224, 224, 3]`. */
  inputShape?: readonly number[]
  /** Neurons of the last layer. Default 1000. */
  classes?: number
  /**
   * Two more heads in the middle that help to train: outputs `aux_1` and `aux_2` after `main`, to be
   * weighted with `lossWeights: [1, 0.3, 0.3]`. They need pictures of at least 129. Default false.
   */
  auxiliary?: boolean
}

/** Filters of a module: 1x1; 1x1 before 3x3, 3x3; 1x1 before 5x5, 5x5; 1x1 after the pooling. */
type ModuleFilters = readonly [number, number, number, number, number, number]

const kModules: Readonly<Record<string, ModuleFilters>> = {
  '3a': [64, 96, 128, 16, 32, 32],
  '3b': [128, 128, 192, 32, 96, 64],
  '4a': [192, 96, 208, 16, 48, 64],
  '4b': [160, 112, 224, 24, 64, 64],
  '4c': [128, 128, 256, 24, 64, 64],
  '4d': [112, 144, 288, 32, 64, 64],
  '4e': [256, 160, 320, 32, 128, 128],
  '5a': [256, 160, 320, 32, 128, 128],
  '5b': [384, 192, 384, 48, 128, 128],
}

function convolution(
  x: SymbolicTensor,
  filters: number,
  kernelSize: number,
  name: string,
  strides = 1,
): SymbolicTensor {
  const options = {
    filters,
    kernelSize,
    strides,
    padding: 'same',
    activation: 'relu',
    name,
  } as const
  return layers.conv2d(options).apply(x)
}

const halve = (x: SymbolicTensor): SymbolicTensor =>
  layers.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }).apply(x)

/** An inception module: four branches side by side, joined along the channels. */
function inceptionModule(x: SymbolicTensor, name: string): SymbolicTensor {
  const [one, reduce3, three, reduce5, five, pooled] = kModules[name] as ModuleFilters
  const part = (branch: string): string => `inception_${name}_${branch}`
  const pool = layers.maxPooling2d({ poolSize: 3, strides: 1, padding: 'same' }).apply(x)
  return layers
    .concatenate({ name: part('output') })
    .apply([
      convolution(x, one, 1, part('1x1')),
      convolution(convolution(x, reduce3, 1, part('3x3_reduce')), three, 3, part('3x3')),
      convolution(convolution(x, reduce5, 1, part('5x5_reduce')), five, 5, part('5x5')),
      convolution(pool, pooled, 1, part('pool')),
    ])
}

function auxiliaryHead(x: SymbolicTensor, classes: number, name: string): SymbolicTensor {
  let y = layers.averagePooling2d({ poolSize: 5, strides: 3 }).apply(x)
  y = convolution(y, 128, 1, `${name}_1x1`)
  y = layers.flatten().apply(y)
  y = layers.dense({ units: 1024, activation: 'relu' }).apply(y)
  y = layers.dropout({ rate: 0.7 }).apply(y)
  return layers.dense({ units: classes, activation: 'softmax', name }).apply(y)
}

export async function inception(options: InceptionOptions = {}): Promise<Model> {
  checkNames('inception', options, ['inputShape', 'classes', 'auxiliary', 'seed', 'name'])
  const { inputShape = [224, 224, 3], classes = 1000, auxiliary = false, ...rest } = options
  wholeNumber('inception', 'classes', classes, 1)
  const image = input({ shape: inputShape })
  let x = halve(convolution(image, 64, 7, 'stem_7x7', 2))
  x = layers.localResponseNormalization().apply(x)
  x = convolution(convolution(x, 64, 1, 'stem_3x3_reduce'), 192, 3, 'stem_3x3')
  x = halve(layers.localResponseNormalization().apply(x))
  const heads: SymbolicTensor[] = []
  for (const name of Object.keys(kModules)) {
    x = inceptionModule(x, name)
    if (name === '3b' || name === '4e') x = halve(x)
    if (auxiliary && (name === '4a' || name === '4d')) {
      heads.push(auxiliaryHead(x, classes, `aux_${heads.length + 1}`))
    }
  }
  x = layers.globalAveragePooling2d().apply(x)
  x = layers.dropout({ rate: 0.4 }).apply(x)
  const main = layers.dense({ units: classes, activation: 'softmax', name: 'main' }).apply(x)
  return model({ name: 'inception', ...rest, inputs: image, outputs: [main, ...heads] })
}
