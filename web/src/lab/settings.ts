// SPDX-License-Identifier: MIT
// What decides an experiment. It stands in the page's address, so that a link repeats it: the same
// network, the same data, the same first weights. What is as usual is left out of the address.
import { isBlueprintText } from './blueprint.js'

export const kNetworks = {
  torchMnist: 'Three convolutions',
  kerasMnist: 'Two wide convolutions',
  lenetCifar: 'LeNet: two 5 × 5 convolutions',
  mlp: 'No convolution, one hidden layer',
  softmaxRegression: 'One layer: a neuron per class',
} as const

export const kDataSets = {
  digits: '10,000 digits',
  mnist: '70,000 digits (all of MNIST)',
  fashion: 'Fashion-MNIST: clothes',
  cifar: 'CIFAR-10: small photographs',
  own: 'Your own images',
} as const

export const kOptimizers = {
  adam: 'Adam',
  sgd: 'SGD',
  momentum: 'SGD with momentum 0.9',
  nesterov: 'SGD with Nesterov momentum 0.9',
  rmsprop: 'RMSprop',
  adagrad: 'Adagrad',
  adadelta: 'Adadelta',
  adamax: 'Adamax',
  adamw: 'AdamW',
  nadam: 'Nadam',
  lion: 'Lion',
} as const

export const kSchedules = {
  constant: 'always the same',
  cosineDecay: 'down along a cosine',
  stepDecay: 'a tenth after each third',
  oneCycle: 'one cycle: up, then far down',
} as const

export type PresetName = keyof typeof kNetworks
export type DataSetName = keyof typeof kDataSets
export type OptimizerName = keyof typeof kOptimizers
export type ScheduleName = keyof typeof kSchedules

export interface Settings {
  /** A network of the zoo, or the visitor's own: then `layers` says what it is. */
  network: PresetName | 'own'
  /** Text of a blueprint (blueprint.ts); empty where the network is one of the zoo's. */
  layers: string
  data: DataSetName
  epochs: number
  batchSize: number
  learningRate: number
  optimizer: OptimizerName
  schedule: ScheduleName
  seed: number
  /** Augmentation: shift and zoom as shares of the side in per cent, turn in degrees, flip 0 or 1. */
  shift: number
  turn: number
  zoom: number
  flip: number
}

export const kUsual: Readonly<Settings> = {
  network: 'torchMnist',
  layers: '',
  data: 'digits',
  epochs: 5,
  batchSize: 32,
  learningRate: 0.001,
  optimizer: 'adam',
  schedule: 'constant',
  seed: 42,
  shift: 0,
  turn: 0,
  zoom: 0,
  flip: 0,
}

/** What each number may be. The address and the form's fields are held to it. */
export const kLimits = {
  epochs: { least: 1, most: 100, whole: true },
  batchSize: { least: 1, most: 512, whole: true },
  learningRate: { least: 0.00001, most: 1, whole: false },
  seed: { least: 0, most: 2 ** 31 - 1, whole: true },
  shift: { least: 0, most: 50, whole: true },
  turn: { least: 0, most: 180, whole: true },
  zoom: { least: 0, most: 50, whole: true },
  flip: { least: 0, most: 1, whole: true },
} as const

export type NumberName = keyof typeof kLimits

const kKeys: Record<keyof Settings, string> = {
  network: 'net',
  layers: 'layers',
  data: 'data',
  epochs: 'epochs',
  batchSize: 'batch',
  learningRate: 'rate',
  optimizer: 'optimizer',
  schedule: 'schedule',
  seed: 'seed',
  shift: 'shift',
  turn: 'turn',
  zoom: 'zoom',
  flip: 'flip',
}

/** The number if it is one that the setting can have. */
export function validNumber(name: NumberName, value: number): number | undefined {
  const { least, most, whole } = kLimits[name]
  const fits = value >= least && value <= most && (!whole || Number.isInteger(value))
  return fits ? value : undefined
}

/** Settings from an address's query. Whatever does not fit is as usual. */
export function settingsFrom(query: URLSearchParams): Settings {
  const text = (name: keyof Settings): string => query.get(kKeys[name]) ?? ''
  const number = (name: NumberName): number => {
    const given = text(name)
    return (given === '' ? undefined : validNumber(name, Number(given))) ?? kUsual[name]
  }
  const choice = <Name extends string>(name: keyof Settings, among: object, usual: Name): Name =>
    Object.hasOwn(among, text(name)) ? (text(name) as Name) : usual
  const own = text('network') === 'own' && isBlueprintText(text('layers'))
  return {
    network: own ? 'own' : choice<PresetName>('network', kNetworks, 'torchMnist'),
    layers: own ? text('layers') : '',
    // The visitor's own images are on the visitor's device, not in the address.
    data: text('data') === 'own' ? kUsual.data : choice('data', kDataSets, kUsual.data),
    epochs: number('epochs'),
    batchSize: number('batchSize'),
    learningRate: number('learningRate'),
    optimizer: choice('optimizer', kOptimizers, kUsual.optimizer),
    schedule: choice('schedule', kSchedules, kUsual.schedule),
    seed: number('seed'),
    shift: number('shift'),
    turn: number('turn'),
    zoom: number('zoom'),
    flip: number('flip'),
  }
}

/** The query with these settings; what else it says is kept, and a seed that it names stays named. */
export function queryWith(query: URLSearchParams, settings: Settings): URLSearchParams {
  const result = new URLSearchParams(query)
  for (const name of Object.keys(kKeys) as (keyof Settings)[]) {
    const named = name === 'seed' && namesSeed(query)
    if (settings[name] === kUsual[name] && !named) result.delete(kKeys[name])
    else result.set(kKeys[name], String(settings[name]))
  }
  return result
}

/** True when the address asks for one particular run, which then must be the same everywhere. */
export function namesSeed(query: URLSearchParams): boolean {
  return query.has(kKeys.seed)
}
