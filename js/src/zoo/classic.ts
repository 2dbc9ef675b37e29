// The networks of the lectures for 28x28 digits and 32x32 colour images.
// SPDX-License-Identifier: MIT
import type { Layer } from '../graph.js'
import * as layers from '../layers.js'
import type { Model } from '../model.js'
import { checkNames, wholeNumber } from '../options.js'
import { make } from './base.js'
import type { ZooOptions } from './base.js'

/** Options of {@link mlp}. */
export interface MlpOptions extends ZooOptions {
  /** Shape of one example. Default `[28, 28, 1]`. */
  inputShape?: readonly number[]
  /** Neurons of each hidden layer. Default `[128]`. */
  hidden?: readonly number[]
  /** Neurons of the last layer. Default 10. */
  classes?: number
}

export function lenetCifar(options: ZooOptions = {}): Promise<Model> {
  return make('lenetCifar', options, [
    layers.conv2d({ inputShape: [32, 32, 3], filters: 6, kernelSize: 5, activation: 'relu' }),
    layers.maxPooling2d({ poolSize: 2 }),
    layers.conv2d({ filters: 16, kernelSize: 5, activation: 'relu' }),
    layers.maxPooling2d({ poolSize: 2 }),
    layers.flatten(),
    layers.dense({ units: 120, activation: 'relu' }),
    layers.dense({ units: 84, activation: 'relu' }),
    layers.dense({ units: 10, activation: 'softmax' }),
  ])
}

export function kerasMnist(options: ZooOptions = {}): Promise<Model> {
  return make('kerasMnist', options, [
    layers.conv2d({ inputShape: [28, 28, 1], filters: 32, kernelSize: 3, activation: 'relu' }),
    layers.maxPooling2d({ poolSize: 2 }),
    layers.conv2d({ filters: 64, kernelSize: 3, activation: 'relu' }),
    layers.maxPooling2d({ poolSize: 2 }),
    layers.flatten(),
    layers.dense({ units: 1024, activation: 'relu' }),
    layers.dense({ units: 10, activation: 'softmax' }),
  ])
}

export function torchMnist(options: ZooOptions = {}): Promise<Model> {
  const block = (filters: number, inputShape?: readonly number[]): Layer[] => [
    layers.conv2d({ inputShape, filters, kernelSize: 3, padding: 'same', activation: 'relu' }),
    layers.maxPooling2d({ poolSize: 2 }),
  ]
  return make('torchMnist', options, [
    ...block(16, [28, 28, 1]),
    ...block(32),
    ...block(64),
    layers.flatten(),
    layers.dense({ units: 128, activation: 'relu' }),
    layers.dropout({ rate: 0.5 }),
    layers.dense({ units: 10 }),
  ])
}

export function logistic(options: ZooOptions = {}): Promise<Model> {
  return make('logistic', options, [
    layers.flatten({ inputShape: [28, 28, 1] }),
    layers.dense({ units: 1, activation: 'sigmoid' }),
  ])
}

export function softmaxRegression(options: ZooOptions = {}): Promise<Model> {
  return make('softmaxRegression', options, [
    layers.flatten({ inputShape: [28, 28, 1] }),
    layers.dense({ units: 10, activation: 'softmax' }),
  ])
}

export async function mlp(options: MlpOptions = {}): Promise<Model> {
  checkNames('mlp', options, ['inputShape', 'hidden', 'classes', 'seed', 'name'])
  const { inputShape = [28, 28, 1], hidden = [128], classes = 10, ...rest } = options
  wholeNumber('mlp', 'classes', classes, 1)
  return make('mlp', rest, [
    layers.flatten({ inputShape }),
    ...hidden.map((units) => layers.dense({ units, activation: 'relu' })),
    layers.dense({ units: classes, activation: 'softmax' }),
  ])
}

/** Options of {@link catClassifier}. */
export interface CatClassifierOptions extends ZooOptions {
  /** Shape of one picture. Default `[64, 64, 3]`. */
  inputShape?: readonly number[]
  /** Filters of each 3x3 convolution; a 2x2 max pooling follows each. Default `[16, 32, 64]`. */
  filters?: readonly number[]
  /** Neurons before the last one. Default 64. */
  hidden?: number
}

export async function catClassifier(options: CatClassifierOptions = {}): Promise<Model> {
  checkNames('catClassifier', options, ['inputShape', 'filters', 'hidden', 'seed', 'name'])
  const { inputShape = [64, 64, 3], filters = [16, 32, 64], hidden = 64, ...rest } = options
  return make('catClassifier', rest, [
    ...filters.flatMap((count, k) => [
      layers.conv2d({
        ...(k === 0 ? { inputShape } : {}),
        filters: count,
        kernelSize: 3,
        padding: 'same',
        activation: 'relu',
      }),
      layers.maxPooling2d({ poolSize: 2 }),
    ]),
    layers.flatten(),
    layers.dense({ units: hidden, activation: 'relu' }),
    layers.dense({ units: 1, activation: 'sigmoid' }),
  ])
}
