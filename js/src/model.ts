// A model: a handle on what lives in the engine. Its description is known here, so everything that
// does not touch numbers is synchronous.
// SPDX-License-Identifier: MIT
import type { Dataset, Inputs, Targets } from './columns.js'
import { trainingText } from './compile.js'
import type { CompileOptions } from './compile.js'
import type {
  Engine,
  LayerInfo,
  ModelDescription,
  ParameterCount,
  PortInfo,
} from './engine/engine.js'
import type { Runtime } from './engine/runtime.js'
import { FoveaError } from './errors.js'
import { resolveFitOptions } from './fit-options.js'
import type { FitOptions } from './fit-options.js'
import { Latest, runEvaluation, runPrediction, splitDataset } from './inference.js'
import type { EvaluateOptions, InferenceTarget, PredictOptions } from './inference.js'
import { wrongValue } from './options.js'
import { StepQueue } from './step-queue.js'
import { summaryText } from './summary.js'
import type { FloatTensor } from './tensor.js'
import { TrainingControl, runTraining } from './training.js'
import type { History, Logs, TrainingStep } from './training.js'
import { matchWeights, noteTrainable } from './weights.js'
import type { NamedTensor } from './weights.js'

// Models that the garbage collector finds are disposed of in the engine too.
const collected = /* @__PURE__ */ new FinalizationRegistry<{ runtime: Runtime; id: number }>(
  ({ runtime, id }) => void runtime.engine.disposeModel({ model: id }).catch(() => {}),
)

/**
 * A network that can be trained and asked. Made by `fovea.sequential`, `fovea.model` or `fovea.zoo`.
 *
 * @example
 * ```ts
 * await using model = await fovea.sequential({ layers })
 * await model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' })
 * await model.fit(images, labels, { epochs: 5 })
 * ```
 */
export class Model {
  /** As given, or `sequential` or `model`. */
  readonly name: string
  /** Decides initial weights, and by default shuffling and dropout. */
  readonly seed: number
  private readonly id: number
  private readonly latest = new Latest()
  private control: TrainingControl | undefined
  private compiled = false
  private disposed = false

  /** @internal */
  constructor(
    private readonly runtime: Runtime,
    private readonly description: ModelDescription,
    seed: number,
  ) {
    this.name = description.name
    this.seed = seed
    this.id = description.model
    collected.register(this, { runtime, id: this.id }, this)
  }

  /** The layers in order, all options filled in. */
  get layers(): Omit<LayerInfo, 'inputs'>[] {
    return this.description.layers.map(({ inputs: _, ...layer }) => ({ ...layer }))
  }

  /** What comes in: names, and shapes of one example. */
  get inputs(): PortInfo[] {
    return this.description.inputs.map((one) => ({ ...one, shape: [...one.shape] }))
  }

  /** What goes out: names, and shapes of one example. */
  get outputs(): PortInfo[] {
    return this.description.outputs.map((one) => ({ ...one, shape: [...one.shape] }))
  }

  /** A table of the layers, their shapes and their weights, as Keras prints it. */
  summary(): string {
    return summaryText(this.description)
  }

  /** How many weights there are. */
  countParams(): ParameterCount {
    return { ...this.description.countParams }
  }

  /**
   * The weights, as copies, in Keras's names and layouts.
   *
   * @example
   * ```ts
   * const [kernel] = await model.getWeights()      // { name: 'conv2d_1/kernel', shape, data }
   * ```
   */
  async getWeights(): Promise<NamedTensor[]> {
    const values = await this.engine('getWeights').readParameters({ model: this.id })
    return this.description.parameters.map(({ name, shape }, index) => {
      return { name, shape: [...shape], data: values[index] ?? new Float32Array() }
    })
  }

  /**
   * Replaces the weights: all of them, in any order.
   *
   * @throws FoveaError `bad-shape` when a name or a shape differs; the message says which
   */
  async setWeights(weights: readonly NamedTensor[]): Promise<void> {
    const engine = this.engine('setWeights')
    const values = matchWeights('setWeights', this.description.parameters, weights)
    await engine.writeParameters({ model: this.id, values })
  }

  /** Lets training change a layer's weights, or not. */
  async setTrainable(layerName: string, trainable: boolean): Promise<void> {
    const engine = this.engine('setTrainable')
    await engine.setTrainable({ model: this.id, layer: layerName, trainable })
    noteTrainable(this.description, layerName, trainable)
  }

  /**
   * Says how to train: optimizer, loss, metrics.
   *
   * @throws FoveaError `bad-option` for a name or an option that does not exist
   * @example
   * ```ts
   * await model.compile({
   *   optimizer: fovea.optimizers.adam({ learningRate: 1e-3 }),
   *   loss: fovea.losses.sparseCategoricalCrossentropy({ fromLogits: true }),
   *   metrics: ['accuracy'],
   * })
   * ```
   */
  async compile(options: CompileOptions): Promise<void> {
    const engine = this.engine('compile')
    const training = trainingText(this.description.outputs, options)
    await engine.compileModel({ model: this.id, training })
    this.compiled = true
  }

  /** The optimizer's step size. */
  getLearningRate(): Promise<number> {
    return this.compiledEngine('getLearningRate').getLearningRate({ model: this.id })
  }

  /** Changes the optimizer's step size from the next step on. */
  async setLearningRate(learningRate: number): Promise<void> {
    const engine = this.compiledEngine('setLearningRate')
    if (!(Number.isFinite(learningRate) && learningRate >= 0)) {
      throw wrongValue('setLearningRate', 'the rate', 'a number of at least 0', learningRate)
    }
    await engine.setLearningRate({ model: this.id, learningRate })
  }

  /**
   * Trains.
   *
   * @param x examples: a tensor `[n, ...]`, an array of tensors, or a data set
   * @param y labels: class numbers `[n]`, or a tensor; left out where `x` is a data set
   * @returns loss and metrics of every epoch
   * @throws FoveaError `bad-shape`, `bad-option`, `bad-data`, `non-finite-loss`, `aborted`, `busy`
   * @example
   * ```ts
   * const { history } = await model.fit(train.images, train.labels, { epochs: 5, batchSize: 32 })
   * console.log(history.loss, history.accuracy)
   * ```
   */
  fit(x: Dataset, options?: FitOptions): Promise<History>
  fit(x: Inputs, y: Targets, options?: FitOptions): Promise<History>
  async fit(x: Dataset | Inputs, y?: unknown, options?: FitOptions): Promise<History> {
    return this.runTraining('fit', x, y, options)
  }

  /**
   * Trains step by step: yields after every step of the optimizer. Leaving the loop stops training.
   *
   * @example
   * ```ts
   * for await (const step of model.train(train.images, train.labels, { epochs: 5 })) {
   *   if (step.epochMetrics.accuracy > 0.95) break
   * }
   * ```
   */
  train(x: Dataset, options?: FitOptions): AsyncGenerator<TrainingStep, History, void>
  train(x: Inputs, y: Targets, options?: FitOptions): AsyncGenerator<TrainingStep, History, void>
  async *train(
    x: Dataset | Inputs,
    y?: unknown,
    options?: FitOptions,
  ): AsyncGenerator<TrainingStep, History, void> {
    const queue = new StepQueue()
    const done = this.runTraining('train', x, y, options, (step) => queue.put(step))
    done.then(
      () => queue.end(),
      () => queue.end(),
    )
    try {
      for (let step = await queue.take(); step !== undefined; step = await queue.take()) yield step
      return await done
    } finally {
      this.stop()
      queue.end()
      await done.catch(() => {})
    }
  }

  /** One step on one batch. Returns loss and metrics of the batch before the step. */
  async trainOnBatch(x: Inputs, y: Targets): Promise<Logs> {
    const first = 'data' in x ? x : x[0]
    const options = { batchSize: Math.max(first?.shape[0] ?? 1, 1), shuffle: false }
    let logs: Logs = {}
    await this.runTraining('trainOnBatch', x, y, options, ({ loss, metrics }) => {
      logs = { loss, ...metrics }
    })
    return logs
  }

  /**
   * Loss and metrics over a data set, without training.
   *
   * @example
   * ```ts
   * const { loss, accuracy } = await model.evaluate(test.images, test.labels)
   * ```
   */
  evaluate(x: Dataset, options?: EvaluateOptions): Promise<Logs>
  evaluate(x: Inputs, y: Targets, options?: EvaluateOptions): Promise<Logs>
  async evaluate(x: Dataset | Inputs, y?: unknown, options?: EvaluateOptions): Promise<Logs> {
    const given = splitDataset(x, y, options)
    const target = this.target('evaluate', this.compiledEngine('evaluate'))
    return runEvaluation(target, given.x, given.y, given.options ?? {})
  }

  /**
   * What the network says: its raw output, as a copy. A single example may lack its batch dimension.
   *
   * @returns a tensor `[n, ...]`; an array of tensors where the model has several outputs
   * @throws FoveaError `bad-shape`; `superseded` where a later call had the same `latest` key
   * @example
   * ```ts
   * const output = await model.predict(test.images)      // [1000, 10]
   * ```
   */
  async predict(x: Inputs, options: PredictOptions = {}): Promise<FloatTensor> {
    const outputs = await this.predictAll(x, options)
    const [first] = outputs
    // The type says one tensor, which is what nearly every model gives; `predictAll` has the array.
    return (outputs.length === 1 ? first : outputs) as FloatTensor
  }

  /** Like `predict`, but always an array: one tensor per output. */
  async predictAll(x: Inputs, options: PredictOptions = {}): Promise<FloatTensor[]> {
    return runPrediction(this.target('predict', this.engine('predict')), x, options, this.latest)
  }

  /** Holds the training after the current batch. Predictions are still answered. */
  pause(): void {
    this.tell('pause')
  }

  /** Goes on after `pause`. */
  resume(): void {
    this.tell('resume')
  }

  /** Ends the training after the current batch; `fit` resolves with the epochs completed. */
  stop(): void {
    this.tell('stop')
  }

  /** Frees what the model holds in the engine. A training that runs rejects with `disposed`. */
  async dispose(): Promise<void> {
    if (this.disposed) return
    this.disposed = true
    collected.unregister(this)
    if (this.control !== undefined) this.control.disposed = true
    this.control?.changed()
    await this.runtime.engine.disposeModel({ model: this.id }).catch(() => {})
  }

  /** `await using model = ...` disposes at the end of the block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose()
  }

  private async runTraining(
    place: string,
    x: unknown,
    y: unknown,
    options: FitOptions | undefined,
    onStep?: (step: TrainingStep) => void | Promise<void>,
  ): Promise<History> {
    const engine = this.compiledEngine(place)
    const given = splitDataset(x, y, options)
    const target = this.target(place, engine)
    const resolved = resolveFitOptions(place, given.options ?? {}, this.seed)
    if (this.control !== undefined) {
      throw new FoveaError(
        'busy',
        `${place}: the model "${this.name}" is training already. Wait for that to end, or call model.stop().`,
      )
    }
    const control = new TrainingControl()
    this.control = control
    const { worker } = this.runtime.backend
    const job = { ...target, model: this, worker, control, options: resolved, onStep }
    try {
      return await runTraining(job, given.x, given.y)
    } finally {
      this.control = undefined
    }
  }

  private target(call: string, engine: Engine): InferenceTarget {
    const { inputs, outputs } = this.description
    return { engine, modelId: this.id, place: call, inputs, outputs }
  }

  private tell(action: 'pause' | 'resume' | 'stop'): void {
    if (this.control === undefined) return
    if (action === 'stop') this.control.stopped = true
    else this.control.paused = action === 'pause'
    this.control.changed()
    void this.runtime.engine.control({ model: this.id, action }).catch(() => {})
  }

  private engine(call: string): Engine {
    if (!this.disposed) return this.runtime.engine
    throw new FoveaError(
      'disposed',
      `${call}: the model "${this.name}" was disposed of. Make a new one.`,
    )
  }

  private compiledEngine(call: string): Engine {
    const engine = this.engine(call)
    if (this.compiled) return engine
    throw new FoveaError(
      'bad-option',
      `${call}: the model "${this.name}" needs an optimizer and a loss first. Call model.compile({ optimizer: ` +
        `'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] }).`,
    )
  }
}
