// AlexNet. Source: Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep
// convolutional neural networks" (2012); order of pooling and normalisation as in the lectures.
// SPDX-License-Identifier: MIT
import type { Layer } from '../graph.js'
import * as layers from '../layers.js'
import type { Model } from '../model.js'
import { checkNames, wholeNumber } from '../options.js'
import { l2 } from '../regularizers.js'
import { make } from './base.js'
import type { ZooOptions } from './base.js'

/** Options of {@link alexnet}. */
export interface AlexnetOptions extends ZooOptions {
  /** Shape of one picture. Default `[227, 227, 3]`; at least 67 high and wide. */
  inputShape?: readonly number[]
  /** Neurons of the last layer. Default 1000. */
  classes?: number
  /** 2 as on the paper's two graphics cards: convolutions 2, 4 and 5 see half the channels. Default 1. */
  groups?: 1 | 2
  /** Neurons of the two dense layers. Default 4096. */
  units?: number
  /** Share of their outputs that training drops. Default 0.5. */
  dropout?: number
  /**
   * Weight decay of every kernel, as papers write it: half of it times the squared weights is added to
   * the loss. Default 0; the paper's is 5e-4.
   */
  weightDecay?: number
}

export async function alexnet(options: AlexnetOptions = {}): Promise<Model> {
  const known = [
    'inputShape',
    'classes',
    'groups',
    'units',
    'dropout',
    'weightDecay',
    'seed',
    'name',
  ]
  checkNames('alexnet', options, known)
  const { inputShape = [227, 227, 3], classes = 1000, groups = 1, units = 4096 } = options
  const { dropout = 0.5, weightDecay = 0, seed, name } = options
  wholeNumber('alexnet', 'classes', classes, 1)
  const decay = weightDecay > 0 ? { kernelRegularizer: l2({ l2: weightDecay / 2 }) } : {}
  const common = { activation: 'relu', ...decay } as const
  const pool = (): Layer => layers.maxPooling2d({ poolSize: 3, strides: 2 })
  return make(
    'alexnet',
    { ...(seed === undefined ? {} : { seed }), ...(name === undefined ? {} : { name }) },
    [
      layers.conv2d({ inputShape, filters: 96, kernelSize: 11, strides: 4, ...common }),
      pool(),
      layers.localResponseNormalization(),
      layers.conv2d({ filters: 256, kernelSize: 5, padding: 2, groups, ...common }),
      pool(),
      layers.localResponseNormalization(),
      layers.conv2d({ filters: 384, kernelSize: 3, padding: 1, ...common }),
      layers.conv2d({ filters: 384, kernelSize: 3, padding: 1, groups, ...common }),
      layers.conv2d({ filters: 256, kernelSize: 3, padding: 1, groups, ...common }),
      pool(),
      layers.flatten(),
      layers.dense({ units, ...common }),
      layers.dropout({ rate: dropout }),
      layers.dense({ units, ...common }),
      layers.dropout({ rate: dropout }),
      layers.dense({ units: classes, ...common, activation: 'softmax' }),
    ],
  )
}
