// The one list of what an engine can do. `engine-inthread.ts` does it beside the wasm module,
// `engine-worker-client.ts` asks a worker to; nobody above can tell which of the two it has.
// Requests and results are plain data that can be posted.
// SPDX-License-Identifier: MIT
import type { TensorData } from '../tensor.js'

/** The instruction sets the engine is built for. */
export type Variant = 'scalar' | 'simd' | 'relaxed'

/** A binary: a variant, with or without threads. */
export type Build = Variant | 'simd-threads' | 'relaxed-threads'

/** One layer of a model as the engine sees it: all options filled in. */
export interface LayerInfo {
  /** Its name in the model. */
  name: string
  /** For example `conv2d`. */
  type: string
  /** All options, defaults filled in. */
  config: Record<string, unknown>
  /** Names of what it reads. */
  inputs: string[]
  /** With null for the batch, and for sizes that can be any. */
  outputShape: (number | null)[]
  /** How many weights it has. */
  params: number
  /** Whether training changes them. */
  trainable: boolean
}

/** What comes in or goes out: its name, and the shape of one example; null where it can be any. */
export interface PortInfo {
  /** Its name in the model. */
  name: string
  /** Without the batch; null for a size that can be any. */
  shape: (number | null)[]
}

/** One array of weights. */
export interface ParameterInfo {
  name: string
  shape: number[]
  trainable: boolean
  /** A moving mean or variance, which no gradient changes. */
  statistic: boolean
}

/** How many weights a model has. */
export interface ParameterCount {
  /** All weights. */
  total: number
  /** Those that training changes. */
  trainable: number
  /** Those that it does not: frozen layers, moving averages. */
  nonTrainable: number
}

/** A model as the engine describes it. */
export interface ModelDescription {
  model: number
  name: string
  layers: LayerInfo[]
  inputs: PortInfo[]
  outputs: PortInfo[]
  /** Everything that has a name: inputs, layers, and each further use of a layer. */
  values: PortInfo[]
  parameters: ParameterInfo[]
  countParams: ParameterCount
}

/** One column of a data set, on its way into the engine. */
export interface Column {
  role: 'x' | 'y' | 'w' | 'outputGradients'
  data: TensorData
  shape: number[]
}

/** One epoch over rows `[from, to)` of a data set. */
export interface FitEpochRequest {
  model: number
  dataset: number
  batchSize: number
  from: number
  to: number
  shuffle: boolean
  seed: number
  epoch: number
  /**
   * How it begins, where not from nothing: `fit start=1 streamed=0` in its middle where the training
   * stood, `start=2` with more rows after those before; streamed where rows come in several data sets.
   */
  begin?: string | undefined
  paused: boolean
  /** Steps are reported together, at most this often; 0 reports every step by itself. */
  reportMilliseconds: number
  /** Some loss is a function of the caller's: ask for it with `onLoss`. */
  asks: boolean
}

/** Where a training stands. Numbers by name, as src/bindings/engine_state.cpp writes them. */
export interface Progress {
  /** Optimizer steps so far. */
  step: number
  /** The epoch that is under way, or that comes next. */
  epoch: number
  /** Batches of it that are done. */
  batch: number
  seed: number
  [name: string]: number | boolean | (number | null)[]
}

/** What the engine says of a training. */
export interface TrainingState {
  progress: Progress
  /** What the optimizer keeps for each array of weights: `momentum/conv2d_1/kernel`. */
  slots: { name: string; place: { pointer: number; shape: number[] } }[]
}

/** A model at one moment. */
export interface Snapshot {
  parameters: Float32Array[]
  state: TrainingState | undefined
  /** As many as the state speaks of. */
  slots: Float32Array[]
}

/** What a loss of the caller's own needs to know. */
export interface LossQuestion {
  yTrue: Floats
  yPred: Floats
}

/** What it answers. */
export interface LossAnswer {
  loss: number
  gradient: Float32Array
}

/** One optimizer step. Metrics are means; non-finite numbers arrive as null. */
export interface StepReport {
  /** Number of the batch in its epoch, from 0. */
  batch: number
  /** Examples in the batch. */
  size: number
  /** Of the batch, before the step. */
  loss: number
  /** Of the batch, before the step. */
  metrics: Record<string, number>
  /** Mean over the epoch so far. */
  epochLoss: number
  /** Over the epoch so far. */
  epochMetrics: Record<string, number>
  /** Optimizer steps since the model was compiled. */
  step: number
  /** How many batches the epoch has. */
  batches: number
  /** Of the epoch so far; pauses do not count. */
  imagesPerSecond: number
}

/** How an epoch ended. */
export interface EpochResult {
  loss: number
  metrics: Record<string, number>
  batches: number
  images: number
  /** Time spent training, without pauses. */
  seconds: number
  stopped: boolean
}

/** A digit found in a picture. */
export interface DigitResult {
  digit: Uint8Array
  found: boolean
  inverted: boolean
  box: { x: number; y: number; width: number; height: number }
}

/** What every prediction is made of. */
export interface Floats {
  data: Float32Array
  shape: number[]
}

/** What every engine can do. Requests on the left, results on the right. */
export interface EngineCalls {
  createModel(request: { spec: string; seed: number }): ModelDescription
  disposeModel(request: { model: number }): null
  /**
   * Where a training stands, after doing what is given (src/bindings/engine.h). Of a model's text, with
   * any number as model: how many numbers its weights would be.
   */
  trainingState(request: { model: number; given: string }): TrainingState & { numbers: number }
  /** The weights as they are at one moment, and with `training` all that a training goes on from. */
  snapshot(request: { model: number; training: boolean }): Snapshot
  /** New weights; with what `snapshot` gave also the training. `progress`: formats/progress.ts. */
  restore(request: {
    model: number
    parameters: readonly Float32Array[]
    progress?: string
    slots?: readonly Float32Array[]
  }): null
  setTrainable(request: { model: number; layer: string; trainable: boolean }): null
  compileModel(request: { model: number; training: string }): { metrics: string[] }
  getLearningRate(request: { model: number }): number
  setLearningRate(request: { model: number; learningRate: number }): null
  createDataset(request: { columns: Column[] }): number
  disposeDataset(request: { dataset: number }): null
  /** One epoch. */
  fit(request: FitEpochRequest): EpochResult
  /** The end of a training: where the optimizer keeps averages, they become the weights. */
  finishFit(request: { model: number }): null
  /** `batches`: of a resume, after so many it pauses again. */
  control(request: {
    model: number
    action: 'pause' | 'resume' | 'stop'
    batches: number | undefined
  }): null
  evaluate(request: {
    model: number
    dataset: number
    batchSize: number
    from: number
    to: number
    /** `evaluate first=0`: adds up with the data sets before; first=1 begins such a sum. */
    more?: string
    asks: boolean
  }): {
    loss: number
    metrics: Record<string, number>
  }
  predict(request: {
    model: number
    columns: Column[]
    batchSize: number
    yieldFirst: boolean
  }): Floats[]
  activations(request: { model: number; columns: Column[]; names: string[] }): Floats[]
  /** `own`: the columns besides x are gradients at the outputs. Weights: of trainable parameters. */
  gradients(request: { model: number; columns: Column[]; own: boolean; training: boolean }): {
    loss: number | null
    inputs: Floats[]
    weights: Float32Array[]
  }
  memory(request: { model: number; batchSize: number; training: boolean }): {
    planned: number
    lowerBound: number
  }
  digitFromPixels(request: {
    data: Uint8Array
    width: number
    height: number
    channels: number
  }): DigitResult
  heapBytes(request: null): number
}

/** What a call may bring along besides its request. */
export interface CallOptions {
  signal?: AbortSignal | undefined
  /** Gets every step of `fit`; the engine waits where the listener falls far behind. */
  onSteps?: ((steps: StepReport[]) => void | Promise<void>) | undefined
  /** Computes the losses that are functions of the caller's, in order, at every step. */
  onLoss?: ((questions: LossQuestion[]) => LossAnswer[] | Promise<LossAnswer[]>) | undefined
  /** Buffers of the request that may move to the engine. The caller must own them. Without it the
   * engine has read all columns when the call returns. */
  transfer?: Transferable[]
}

/** A running engine. */
export type Engine = {
  [Name in keyof EngineCalls]: (
    request: Parameters<EngineCalls[Name]>[0],
    options?: CallOptions,
  ) => Promise<ReturnType<EngineCalls[Name]>>
} & {
  /** What runs: which build, how many threads. */
  readonly info: EngineInfo
  /** Ends the engine; what it held is gone. Calls still open fail with `disposed`. */
  close(): Promise<void>
}

/** What the engine says about itself. */
export interface EngineInfo {
  variant: Variant
  threads: number
  lanes: number
}

/** The names of all calls: the worker refuses anything else. */
export const engineCallNames: readonly (keyof EngineCalls)[] = [
  'createModel',
  'disposeModel',
  'trainingState',
  'snapshot',
  'restore',
  'setTrainable',
  'compileModel',
  'getLearningRate',
  'setLearningRate',
  'createDataset',
  'disposeDataset',
  'fit',
  'finishFit',
  'control',
  'evaluate',
  'predict',
  'activations',
  'gradients',
  'memory',
  'digitFromPixels',
  'heapBytes',
]
