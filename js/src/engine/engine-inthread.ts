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
import { copyIn, copyTensorOut, unwrap, whole } from './native.js'
import type { NativeModule, Place } from './native.js'
import { Run, Turn, disposedDuring, evaluate, fitEpoch } from './session.js'
import { yieldToMessages } from './yield.js'

type Request<Name extends keyof EngineCalls> = Parameters<EngineCalls[Name]>[0]
type Result<Name extends keyof EngineCalls> = Promise<ReturnType<EngineCalls[Name]>>

/** What is kept per model besides what the module keeps. */
interface ModelEntry {
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

  constructor(private module: NativeModule | undefined) {
    this.info = unwrap<EngineInfo>(this.native.engineInfo())
  }

  /** Gone after `close`, so that a model which somebody still holds does not hold the memory. */
  private get native(): NativeModule {
    if (this.module !== undefined) return this.module
    throw new FoveaError('disposed', 'the engine was shut down.')
  }

  async createModel({ spec, seed }: Request<'createModel'>): Result<'createModel'> {
    const description = await this.whole<ModelDescription>((native) =>
      native.createModel(spec, seed),
    )
    this.models.set(description.model, {
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
    return this.uploadDataset(columns)
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

  async predict(request: Request<'predict'>, { signal }: CallOptions = {}): Result<'predict'> {
    const { model, columns, batchSize } = request
    if (request.yieldFirst) await yieldToMessages()
    if (signal?.aborted) throw abortError('predict', signal)
    const { work, turn } = this.entry(model)
    const dataset = await this.uploadDataset(columns)
    try {
      const rows = columns[0]?.shape[0] ?? 0
      let results: Floats[] | undefined
      for (let from = 0; from < rows; from += batchSize) {
        if (from > 0) await yieldToMessages()
        const rest = Math.min(batchSize, rows - from)
        const predicted = (): Floats[] => {
          if (signal?.aborted) throw abortError('predict', signal)
          if (work.disposed) throw disposedDuring('predict')
          return this.tensors(this.native.predict(model, dataset, from, rest))
        }
        const parts = await turn.hold(() => whole(this.native, predicted))
        if (rest === rows) return parts
        results ??= parts.map(({ shape: [, ...row] }) => ({
          data: new Float32Array(rows * elementCount(row)),
          shape: [rows, ...row],
        }))
        parts.forEach(({ data, shape: [count = 1] }, k) => {
          results?.[k]?.data.set(data, (data.length / count) * from)
        })
      }
      return results ?? []
    } finally {
      unwrap(this.native.disposeDataset(dataset))
    }
  }

  async activations(request: Request<'activations'>): Result<'activations'> {
    const { model, columns, names } = request
    return this.withDataset(model, columns, (dataset) =>
      this.tensors(this.native.activations(model, dataset, names.join(','))),
    )
  }

  async gradients(request: Request<'gradients'>): Result<'gradients'> {
    const { model, columns, own, training } = request
    return this.withDataset(model, columns, (dataset) => {
      const { loss, inputs, weights } = unwrap<{
        loss: number | null
        inputs: Place[]
        weights: Place[]
      }>(this.native.gradients(model, dataset, own ? 1 : 0, training ? 1 : 0))
      return {
        loss: own ? null : loss,
        // An input that nothing reads has no place: its gradient is 0 everywhere.
        inputs: inputs.map(({ pointer }, k) =>
          copyTensorOut(this.native, { pointer, shape: columns[k]?.shape ?? [] }),
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
    const pixels = copyIn(native, data, 'digitFromPixels')
    try {
      return await this.withMemory(784, 'digitFromPixels', async (pointer) => {
        const found = await this.whole<Omit<DigitResult, 'digit'>>(() =>
          native.digitFromPixels(pixels, width, height, channels, pointer),
        )
        return { digit: native.HEAPU8.slice(pointer, pointer + 784), ...found }
      })
    } finally {
      native.release(pixels)
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
  private whole<Answer>(call: (native: NativeModule) => string): Promise<Answer> {
    return whole(this.native, () => unwrap<Answer>(call(this.native)))
  }

  private async uploadDataset(columns: Column[]): Promise<number> {
    const { dataset } = unwrap<{ dataset: number }>(this.native.createDataset())
    try {
      for (const { role, data, shape } of columns) {
        await this.whole((native) => {
          const pointer = copyIn(native, data, `the data (${role})`)
          // From here on the bytes belong to the module, whether or not it accepts them.
          return native.addColumn(dataset, role, dtypeOf(data), shape.join(','), pointer)
        })
      }
      return dataset
    } catch (error) {
      unwrap(this.native.disposeDataset(dataset))
      throw error
    }
  }

  /** Copies out the tensors that an answer speaks of. */
  private tensors(answer: string): Floats[] {
    const { outputs } = unwrap<{ outputs: Place[] }>(answer)
    return outputs.map((place) => copyTensorOut(this.native, place))
  }

  private withDataset<Value>(
    model: number,
    columns: Column[],
    use: (dataset: number) => Value,
  ): Promise<Value> {
    return this.entry(model).turn.hold(async () => {
      const dataset = await this.uploadDataset(columns)
      try {
        return await whole(this.native, () => use(dataset))
      } finally {
        unwrap(this.native.disposeDataset(dataset))
      }
    })
  }

  private async withMemory<Value>(
    bytes: number,
    what: string,
    use: (pointer: number) => Promise<Value>,
  ): Promise<Value> {
    const { native } = this
    const pointer = native.allocate(bytes)
    if (pointer === 0) {
      throw new FoveaError('out-of-memory', `${what}: the engine has no room for ${bytes} bytes.`)
    }
    try {
      return await use(pointer)
    } finally {
      native.release(pointer)
    }
  }
}

function dtypeOf(data: Column['data']): 'u8' | 'i32' | 'f32' {
  if (data instanceof Uint8Array) return 'u8'
  return data instanceof Int32Array ? 'i32' : 'f32'
}
