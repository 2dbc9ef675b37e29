// SPDX-License-Identifier: MIT
// What decides an experiment. It stands in the page's address, so that a link repeats it: the same
// network, the same data, the same first weights. What is as usual is left out of the address.

export const kNetworks = {
  torchMnist: 'Three convolutions',
  kerasMnist: 'Two wide convolutions',
  mlp: 'No convolution, one hidden layer',
  softmaxRegression: 'One layer: ten neurons',
} as const

export const kDataSets = {
  digits: '10,000 digits',
  mnist: '70,000 digits (all of MNIST)',
} as const

export type NetworkName = keyof typeof kNetworks
export type DataSetName = keyof typeof kDataSets

export interface Settings {
  network: NetworkName
  data: DataSetName
  epochs: number
  batchSize: number
  learningRate: number
  seed: number
}

export const kUsual: Readonly<Settings> = {
  network: 'torchMnist',
  data: 'digits',
  epochs: 5,
  batchSize: 32,
  learningRate: 0.001,
  seed: 42,
}

/** What each number may be. The address and the form's fields are held to it. */
export const kLimits = {
  epochs: { least: 1, most: 100, whole: true },
  batchSize: { least: 1, most: 512, whole: true },
  learningRate: { least: 0.00001, most: 1, whole: false },
  seed: { least: 0, most: 2 ** 31 - 1, whole: true },
} as const

export type NumberName = keyof typeof kLimits

const kKeys: Record<keyof Settings, string> = {
  network: 'net',
  data: 'data',
  epochs: 'epochs',
  batchSize: 'batch',
  learningRate: 'rate',
  seed: 'seed',
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
  return {
    network: Object.hasOwn(kNetworks, text('network'))
      ? (text('network') as NetworkName)
      : kUsual.network,
    data: Object.hasOwn(kDataSets, text('data')) ? (text('data') as DataSetName) : kUsual.data,
    epochs: number('epochs'),
    batchSize: number('batchSize'),
    learningRate: number('learningRate'),
    seed: number('seed'),
  }
}

/** The query with these settings; what else it says is kept. */
export function queryWith(query: URLSearchParams, settings: Settings): URLSearchParams {
  const result = new URLSearchParams(query)
  for (const name of Object.keys(kKeys) as (keyof Settings)[]) {
    if (settings[name] === kUsual[name]) result.delete(kKeys[name])
    else result.set(kKeys[name], String(settings[name]))
  }
  return result
}

/** True when the address asks for one particular run, which then must be the same everywhere. */
export function namesSeed(query: URLSearchParams): boolean {
  return query.has(kKeys.seed)
}
