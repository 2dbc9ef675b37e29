// The engine beside its wasm module: in Node's own thread, or inside the worker. Each call is one or
// a few calls of the module and the copies around them; the loops over batches are in session.ts.
// SPDX-License-Identifier: MIT
import { FoveaError, abortError } from '../errors.js'
import { elementCount } from '../tensor.js'
import type {
  CallOptions,
  Column,
  DigitResult,
  Engine,
  EngineCalls,
  EngineInfo,
  EpochResult,
  FitEpochRequest,
  Floats,
  ModelDescription,
  TrainingState,
} from './engine.js'
import { Questions, copyColumns, predictRows } from './block.js'
import { allocate, copyTensorOut, put, unwrap, whole } from './native.js'
import type { NativeModule, Place } from './native.js'
import { Run, Turn, disposedDuring, evaluate, fitEpoch } from './session.js'
import { yieldToMessages } from './yield.js'

/** Images of a prediction at a time, however many are asked for: the activations of more leave the caches. */
const kMostAtOnce = 64

const atOnce = ({ batchSize }: { batchSize: number }): number => Math.min(batchSize, kMostAtOnce)

type Request<Name extends keyof EngineCalls> = Parameters<EngineCalls[Name]>[0]
type Result<Name extends keyof EngineCalls> = Promise<ReturnType<EngineCalls[Name]>>

/** What is kept per model besides what the module keeps. */
interface ModelEntry {
  model: number
  /** How many it has. */
  outputs: number
  training: Run | undefined
  /** Ends loops that are not training: an evaluation, a long prediction. */
  work: Run
  /** Evaluations share one cursor in the module, so they run one after the other. */
  evaluations: Promise<unknown>
  turn: Turn
}

export class InThreadEngine implements Engine {
  readonly info: EngineInfo
  private readonly models = new Map<number, ModelEntry>()
  private readonly questions = new Questions()

  constructor(private module: NativeModule | undefined) {
    this.info = unwrap<EngineInfo>(this.native.engineInfo())
  }

  /** Gone after `close`, so that a model which somebody still holds does not hold the memory. */
  private get native(): NativeModule {
    if (this.module !== undefined) return this.module
    throw new FoveaError('disposed', 'the engine was shut down.')
  }

  async createModel({ spec, seed }: Request<'createModel'>): Result<'createModel'> {
    // The module gets a copy of the text, and makes one: where it fails to, nothing there notices.
    this.native.release(allocate(this.native, 3 * spec.length, "the model's text"))
    const description = await this.whole<ModelDescription>((native) =>
      native.createModel(spec, seed),
    )
    this.models.set(description.model, {
      model: description.model,
      outputs: description.outputs.length,
      training: undefined,
      work: new Run(false),
      evaluations: Promise.resolve(),
      turn: new Turn(),
    })
    return description
  }

  async disposeModel({ model }: Request<'disposeModel'>): Result<'disposeModel'> {
    const entry = this.models.get(model)
    if (entry === undefined) return null
    this.models.delete(model)
    for (const run of [entry.training, entry.work]) {
      if (run !== undefined) run.disposed = true
      run?.changed()
    }
    unwrap(this.native.disposeModel(model))
    return null
  }

  async trainingState(request: Request<'trainingState'>): Result<'trainingState'> {
    const { model, given } = request
    return this.whole((native) => native.trainingState(model, given))
  }

  async snapshot({ model, training }: Request<'snapshot'>): Result<'snapshot'> {
    this.entry(model)
    const { native } = this
    // Read in one go, so that everything is of one moment.
    return whole(native, () => {
      const state = training ? unwrap<TrainingState>(native.trainingState(model, '')) : undefined
      const read = (place: Place): Float32Array => copyTensorOut(native, place).data
      const slots = state?.slots.map(({ place }) => read(place)) ?? []
      const places = unwrap<Place[]>(native.parameters(model))
      return { parameters: places.map(read), state, slots }
    })
  }

  async restore({ model, parameters, progress, slots }: Request<'restore'>): Result<'restore'> {
    const { turn } = this.entry(model)
    const { native } = this
    return turn.hold(() =>
      whole(native, () => {
        const write = ({ pointer }: Place, data: Float32Array | undefined): void =>
          native.HEAPF32.set(data ?? [], pointer / 4)
        if (progress !== undefined) {
          const state = unwrap<TrainingState>(native.trainingState(model, progress))
          state.slots.forEach(({ place }, k) => write(place, slots?.[k]))
        }
        const places = unwrap<Place[]>(native.parameters(model))
        places.forEach((place, k) => write(place, parameters[k]))
        return null
      }),
    )
  }

  async setTrainable(request: Request<'setTrainable'>): Result<'setTrainable'> {
    const { model, layer, trainable } = request
    return this.entry(model).turn.hold(async () => {
      await this.whole((native) => native.setTrainable(model, layer, trainable ? 1 : 0))
      return null
    })
  }

  async compileModel({ model, training }: Request<'compileModel'>): Result<'compileModel'> {
    if (this.entry(model).training !== undefined) {
      throw new FoveaError(
        'busy',
        'compile: the model is training. Wait for fit to end, or stop it.',
      )
    }
    return this.entry(model).turn.hold(() =>
      this.whole<{ metrics: string[] }>((native) => native.compileModel(model, training)),
    )
  }

  async getLearningRate({ model }: Request<'getLearningRate'>): Result<'getLearningRate'> {
    const answer = await this.whole<{ learningRate: number }>((native) =>
      native.getLearningRate(model),
    )
    return answer.learningRate
  }

  async setLearningRate(request: Request<'setLearningRate'>): Result<'setLearningRate'> {
    await this.whole((native) => native.setLearningRate(request.model, request.learningRate))
    return null
  }

  async createDataset({ columns }: Request<'createDataset'>): Result<'createDataset'> {
    const { dataset } = await this.whole<{ dataset: number }>((native) =>
      native.createDataset(copyColumns(native, columns)),
    )
    return dataset
  }

  async disposeDataset({ dataset }: Request<'disposeDataset'>): Result<'disposeDataset'> {
    unwrap(this.native.disposeDataset(dataset))
    return null
  }

  async fit(request: FitEpochRequest, options: CallOptions = {}): Promise<EpochResult> {
    const entry = this.entry(request.model)
    if (entry.training !== undefined) {
      throw new FoveaError(
        'busy',
        'fit: the model is training already. Wait for that to end, or stop it with model.stop().',
      )
    }
    const run = new Run(request.paused)
    entry.training = run
    try {
      return await fitEpoch({ native: this.native, run, turn: entry.turn }, request, options)
    } finally {
      entry.training = undefined
    }
  }

  async finishFit({ model }: Request<'finishFit'>): Result<'finishFit'> {
    return this.entry(model).turn.hold(async () => {
      await this.whole((native) => native.finishFit(model))
      return null
    })
  }

  async control({ model, action, batches = Infinity }: Request<'control'>): Result<'control'> {
    const run = this.models.get(model)?.training
    if (run === undefined) return null
    if (action === 'stop') run.stopped = true
    else run.paused = action === 'pause'
    run.left = batches
    run.changed()
    return null
  }

  evaluate(request: Request<'evaluate'>, options: CallOptions = {}): Result<'evaluate'> {
    const entry = this.entry(request.model)
    const stage = { native: this.native, run: entry.work, turn: entry.turn }
    const done = entry.evaluations.then(() => evaluate(stage, request, options))
    entry.evaluations = done.catch(() => {})
    return done
  }

  /** Not an async function: a small prediction leaves as little behind as it can. May throw at once. */
  predict(request: Request<'predict'>, { signal }: CallOptions = {}): Result<'predict'> {
    const { columns, yieldFirst } = request
    const rows = columns[0]?.shape[0] ?? 0
    // At once: from here on the columns are the caller's again.
    const block = this.questions.copy(this.native, columns)
    const entry = this.models.get(request.model)
    let predicted: Floats[] | undefined
    if (rows <= atOnce(request) && entry?.turn.free && !yieldFirst && !signal?.aborted) {
      try {
        predicted = predictRows(this.native, entry, block, 0, rows)
      } catch {
        // The way of many brings what is missing, or says what is wrong.
      }
    }
    if (predicted === undefined) return this.predictMany(request, block, rows, signal)
    this.giveBack(block)
    return Promise.resolve(predicted)
  }

  /** Rows of a block, so many at a time; gives the block back. */
  private async predictMany(
    request: Request<'predict'>,
    block: number,
    rows: number,
    signal: AbortSignal | undefined,
  ): Result<'predict'> {
    try {
      if (request.yieldFirst) await yieldToMessages()
      if (signal?.aborted) throw abortError('predict', signal)
      const entry = this.entry(request.model)
      const batchSize = atOnce(request)
      let results: Floats[] | undefined
      for (let from = 0; from < rows; from += batchSize) {
        if (from > 0) await yieldToMessages()
        const count = Math.min(batchSize, rows - from)
        const predicted = (): Floats[] => {
          if (signal?.aborted) throw abortError('predict', signal)
          if (entry.work.disposed) throw disposedDuring('predict')
          return predictRows(this.native, entry, block, from, count)
        }
        const parts = await entry.turn.hold(() => whole(this.native, predicted))
        if (count === rows) return parts
        results ??= parts.map(({ shape: [, ...row] }) => ({
          data: new Float32Array(rows * elementCount(row)),
          shape: [rows, ...row],
        }))
        parts.forEach(({ data }, k) => results?.[k]?.data.set(data, (data.length / count) * from))
      }
      return results ?? []
    } finally {
      this.giveBack(block)
    }
  }

  async activations(request: Request<'activations'>): Result<'activations'> {
    const { model, columns, names } = request
    return this.withBlock(model, columns, (block) => {
      const answer = this.native.activations(model, block, names.join(','))
      const { outputs } = unwrap<{ outputs: Place[] }>(answer)
      return outputs.map((place) => copyTensorOut(this.native, place))
    })
  }

  async gradients(request: Request<'gradients'>): Result<'gradients'> {
    const { model, columns, own, training } = request
    const shapes = columns.map(({ shape }) => [...shape])
    return this.withBlock(model, columns, (block) => {
      const { loss, inputs, weights } = unwrap<{
        loss: number | null
        inputs: Place[]
        weights: Place[]
      }>(this.native.gradients(model, block, own ? 1 : 0, training ? 1 : 0))
      return {
        loss: own ? null : loss,
        // An input that nothing reads has no place: its gradient is 0 everywhere.
        inputs: inputs.map(({ pointer }, k) =>
          copyTensorOut(this.native, { pointer, shape: shapes[k] ?? [] }),
        ),
        weights: weights.map((place) => copyTensorOut(this.native, place).data),
      }
    })
  }

  async memory({ model, batchSize, training }: Request<'memory'>): Result<'memory'> {
    return this.whole((native) => native.memory(model, batchSize, training ? 1 : 0))
  }

  async digitFromPixels(request: Request<'digitFromPixels'>): Promise<DigitResult> {
    const { data, width, height, channels } = request
    const native = this.native
    // The digit comes before the picture.
    const pointer = allocate(native, 784 + data.length, 'digitFromPixels')
    try {
      const pixels = pointer + 784
      put(native, pixels, data)
      const found = await this.whole<Omit<DigitResult, 'digit'>>(() =>
        native.digitFromPixels(pixels, width, height, channels, pointer),
      )
      return { digit: native.HEAPU8.slice(pointer, pointer + 784), ...found }
    } finally {
      native.release(pointer)
    }
  }

  async heapBytes(): Promise<number> {
    return this.native.heapBytes()
  }

  async close(): Promise<void> {
    for (const model of [...this.models.keys()]) await this.disposeModel({ model })
    if (this.info.threads > 1) unwrap(this.native.startThreads(1)) // ends the others
    this.module = undefined
  }

  private entry(model: number): ModelEntry {
    const entry = this.models.get(model)
    if (entry === undefined) throw new FoveaError('disposed', 'The model was disposed of.')
    return entry
  }

  /** One call, with the rest of the engine where it needs that. */
  private whole<Answer>(call: (native: NativeModule) => string): Answer | Promise<Answer> {
    return whole(this.native, () => unwrap<Answer>(call(this.native)))
  }

  private async withBlock<Value>(
    model: number,
    columns: Column[],
    use: (block: number) => Value,
  ): Promise<Value> {
    const block = this.questions.copy(this.native, columns)
    try {
      return await this.entry(model).turn.hold(() => whole(this.native, () => use(block)))
    } finally {
      this.giveBack(block)
    }
  }

  /** After `close` there is nothing to give it back to. */
  private giveBack(block: number): void {
    if (this.module !== undefined) this.questions.giveBack(this.module, block)
  }
}
