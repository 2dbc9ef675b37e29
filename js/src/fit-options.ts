// The options of fit and train: what they are called, what they default to, what is not there yet.
// SPDX-License-Identifier: MIT
import type { Callback } from './callbacks.js'
import type { Dataset, Inputs, Stream, Targets } from './columns.js'
import type { Progress } from './engine/engine.js'
import type { ClassWeight, ExampleWeights, SampleWeight } from './example-weights.js'
import { FoveaError } from './errors.js'
import { checkNames, seedNumber, wholeNumber, wrongValue } from './options.js'

/** What `fit` and `train` take. */
export interface FitOptions {
  /** Examples per step. Default 32. */
  batchSize?: number
  /** The number of the last epoch plus one. Default 1. */
  epochs?: number
  /** Where counting begins, for a training that goes on. Default 0. */
  initialEpoch?: number
  /**
   * Go on where the training stands, in the middle of an epoch too, as if it had never stopped: after
   * `stop`, an abort, or `loadModel`. Default false: a training that counts from `initialEpoch`.
   */
  resume?: boolean
  /** A new order in every epoch. Default true. */
  shuffle?: boolean
  /** Decides the order and dropout. Default: the model's seed. */
  seed?: number
  /** Measured after every epoch: `[x, y]`, `{ images, labels }` or a stream. */
  validationData?: readonly [Inputs, Targets] | Dataset | Stream
  /** The share of the examples, taken from the end, that is kept for validation. */
  validationSplit?: number
  /** Validate after every so many epochs. Default 1. */
  validationFreq?: number
  /** Told of the beginning and end of training, epochs and batches, in this order. */
  callbacks?: readonly Callback[]
  /** Aborting it ends the training within one batch; `fit` rejects with code `aborted`. */
  signal?: AbortSignal
  /** Progress on a terminal: 0 or false none, 1 or true a bar, 2 a line per epoch. Default 0. */
  verbose?: boolean | 0 | 1 | 2
  /**
   * How much the classes count in the loss: `{ 0: 1, 1: 5 }`; those left out count 1. For one output
   * whose labels are class numbers, one-hot rows, or 0 and 1. Not applied to validation.
   */
  classWeight?: ClassWeight
  /** How much each example counts in the loss, `[n]`; for several outputs one array or one each. */
  sampleWeight?: SampleWeight
}

/** The same with every default filled in. */
export interface ResolvedFitOptions {
  batchSize: number
  epochs: number
  initialEpoch: number
  resume: boolean
  /** Where the training stands that is resumed. */
  stood?: Progress
  /** Before the defaults. */
  given: FitOptions
  shuffle: boolean
  seed: number
  validationData: readonly [Inputs, Targets] | Dataset | Stream | undefined
  validationSplit: number
  validationFreq: number
  callbacks: readonly Callback[]
  signal: AbortSignal | undefined
  verbose: 0 | 1 | 2
  weights: ExampleWeights
}

const kNames = [
  'batchSize',
  'epochs',
  'initialEpoch',
  'resume',
  'shuffle',
  'seed',
  'validationData',
  'validationSplit',
  'validationFreq',
  'callbacks',
  'signal',
  'verbose',
  'classWeight',
  'sampleWeight',
]

/** Checks and completes. `place` opens every sentence: "fit" or "train". */
export function resolveFitOptions(
  place: string,
  options: FitOptions,
  modelSeed: number,
): ResolvedFitOptions {
  if (options === null || typeof options !== 'object') {
    throw wrongValue(place, 'the third argument', 'an object of options', options)
  }
  checkNames(place, options, kNames)
  const { validationData, validationSplit = 0, callbacks = [], shuffle = true, signal } = options
  const { resume = false } = options
  const initialEpoch = wholeNumber(place, 'initialEpoch', options.initialEpoch ?? 0, 0)
  if (!(validationSplit >= 0 && validationSplit < 1)) {
    throw wrongValue(place, 'validationSplit', 'a number from 0 up to but not 1', validationSplit)
  }
  if (validationSplit > 0 && validationData !== undefined) {
    throw new FoveaError(
      'bad-option',
      `${place}: has both validationData and validationSplit. Give one of them.`,
    )
  }
  if (typeof resume !== 'boolean') throw wrongValue(place, 'resume', 'true or false', resume)
  if (resume && options.initialEpoch !== undefined) {
    throw new FoveaError(
      'bad-option',
      `${place}: has both initialEpoch and resume, which begins where the training stands. Give one.`,
    )
  }
  if (typeof shuffle !== 'boolean') throw wrongValue(place, 'shuffle', 'true or false', shuffle)
  if (
    !Array.isArray(callbacks) ||
    callbacks.some((one) => one === null || typeof one !== 'object')
  ) {
    throw wrongValue(place, 'callbacks', 'an array of objects with hooks', callbacks)
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw wrongValue(place, 'signal', "an AbortController's signal", signal)
  }
  return {
    batchSize: wholeNumber(place, 'batchSize', options.batchSize ?? 32, 1),
    epochs: wholeNumber(place, 'epochs', options.epochs ?? 1, initialEpoch),
    initialEpoch,
    resume,
    given: options,
    shuffle,
    seed: options.seed === undefined ? modelSeed : seedNumber(place, options.seed),
    validationData,
    validationSplit,
    validationFreq: wholeNumber(place, 'validationFreq', options.validationFreq ?? 1, 1),
    callbacks,
    signal,
    verbose: verbosity(place, options.verbose ?? 0),
    weights: { classWeight: options.classWeight, sampleWeight: options.sampleWeight },
  }
}

function verbosity(place: string, verbose: unknown): 0 | 1 | 2 {
  if (typeof verbose === 'boolean') return verbose ? 1 : 0
  if (verbose === 0 || verbose === 1 || verbose === 2) return verbose
  throw wrongValue(place, 'verbose', '0, 1 or 2', verbose)
}
