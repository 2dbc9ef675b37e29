// A model that can be trained: what `ModelBase` is, and compile, fit, train and evaluate.
// SPDX-License-Identifier: MIT
import { isOutputGradients } from './columns.js'
import type { Dataset, Inputs, Stream, Targets } from './columns.js'
import { trainingRecipe } from './compile.js'
import type { CompileOptions } from './compile.js'
import type { Engine } from './engine/engine.js'
import { FoveaError } from './errors.js'
import { resolveFitOptions } from './fit-options.js'
import type { FitOptions } from './fit-options.js'
import type { SafetensorsOptions } from './formats/checkpoint.js'
import { runEvaluation, splitDataset } from './inference.js'
import type { EvaluateOptions, InferenceTarget } from './inference.js'
import type { GradientOptions, Gradients, OutputGradients } from './inside.js'
import { late } from './late.js'
import type { CustomLoss } from './losses.js'
import { ModelBase } from './model-base.js'
import { wholeNumber, wrongValue } from './options.js'
import { StepQueue } from './step-queue.js'
import { TrainingControl, runTraining } from './training.js'
import type { History, Logs, TrainingStep } from './training.js'

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
export class Model extends ModelBase {
  private control: TrainingControl | undefined
  private compiled = false
  private lossFunctions: readonly CustomLoss[] = []

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
    const { text, customLosses } = trainingRecipe(this.description.outputs, options)
    await engine.compileModel({ model: this.id, training: text })
    this.compiled = true
    this.lossFunctions = [...customLosses.values()]
    this.recipe = options
    if (this.home.kept !== undefined) await this.keep(true)
  }

  /**
   * The optimizer's step size.
   *
   * @example
   * ```ts
   * const rate = await model.getLearningRate()
   * ```
   */
  getLearningRate(): Promise<number> {
    return this.compiledEngine('getLearningRate').getLearningRate({ model: this.id })
  }

  /**
   * Changes the optimizer's step size from the next step on.
   *
   * @example
   * ```ts
   * await model.setLearningRate(1e-4)
   * ```
   */
  async setLearningRate(learningRate: number): Promise<void> {
    const engine = this.compiledEngine('setLearningRate')
    if (!(Number.isFinite(learningRate) && learningRate >= 0)) {
      throw wrongValue('setLearningRate', 'the rate', 'a number of at least 0', learningRate)
    }
    await engine.setLearningRate({ model: this.id, learningRate })
  }

  /**
   * Trains on examples `x` (a tensor `[n, ...]`, or an array of tensors for several inputs) and labels
   * `y` (class numbers `[n]`, or a tensor), or on a data set that has both.
   *
   * @returns loss and metrics of every epoch
   * @throws FoveaError `bad-shape`, `bad-option`, `bad-data`, `non-finite-loss`, `aborted`, `busy`
   * @example
   * ```ts
   * const { history } = await model.fit(train.images, train.labels, { epochs: 5, batchSize: 32 })
   * console.log(history.loss, history.accuracy)
   * ```
   */
  fit(x: Dataset | Stream, options?: FitOptions): Promise<History>
  fit(x: Inputs, y: Targets, options?: FitOptions): Promise<History>
  async fit(x: Dataset | Stream | Inputs, y?: unknown, options?: FitOptions): Promise<History> {
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
  train(x: Dataset | Stream, options?: FitOptions): AsyncGenerator<TrainingStep, History, void>
  train(x: Inputs, y: Targets, options?: FitOptions): AsyncGenerator<TrainingStep, History, void>
  async *train(
    x: Dataset | Stream | Inputs,
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

  /**
   * One step on one batch. Returns loss and metrics of the batch before the step.
   *
   * @example
   * ```ts
   * const { loss: before } = await model.trainOnBatch(x, y)
   * ```
   */
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
  evaluate(x: Dataset | Stream, options?: EvaluateOptions): Promise<Logs>
  evaluate(x: Inputs, y: Targets, options?: EvaluateOptions): Promise<Logs>
  async evaluate(
    x: Dataset | Stream | Inputs,
    y?: unknown,
    options?: EvaluateOptions,
  ): Promise<Logs> {
    const given = splitDataset(x, y, options)
    const target = this.target('evaluate', this.compiledEngine('evaluate'))
    return runEvaluation(target, given.x, given.y, given.options ?? {})
  }

  /**
   * How the loss changes with the inputs and with every trainable weight, or, with
   * `outputGradients`, the sum of outputs times these. All examples are one batch, in inference
   * mode unless `training: true`. Bytes count as the numbers from 0 to 1 that the model reads;
   * penalties on weights do not count.
   *
   * @throws FoveaError `bad-shape`, `bad-data`; `bad-option` where y is given and no loss is compiled
   * @example
   * ```ts
   * const { loss, input } = await model.gradients(image, [3])       // input: [1, 28, 28, 1]
   * const outputGradients = fovea.oneHot([3], 10) // how the fourth output alone changes
   * const { weights } = await model.gradients(image, { outputGradients })
   * ```
   */
  async gradients(x: Inputs, y: OutputGradients): Promise<Gradients>
  async gradients(x: Inputs, y: Targets, options?: GradientOptions): Promise<Gradients>
  async gradients(
    x: Inputs,
    y: Targets | OutputGradients,
    options: GradientOptions = {},
  ): Promise<Gradients> {
    if (this.lossFunctions.length > 0 && !isOutputGradients(y)) {
      throw new FoveaError(
        'unsupported',
        "gradients: the loss is a function of one's own. Give its gradient: model.gradients(x, { " +
          'outputGradients: loss(y, await model.predict(x)).gradient }).',
      )
    }
    const engine = isOutputGradients(y)
      ? this.engine('gradients')
      : this.compiledEngine('gradients')
    return late('runGradients')(
      this.target('gradients', engine),
      this.description.parameters,
      x,
      y,
      options,
    )
  }

  /**
   * The model as one safetensors file: weights, topology, options of `compile`, and with `optimizer`
   * all that `fit` with `resume` needs to go on as if it had never stopped.
   *
   * @throws FoveaError `bad-option` with `optimizer` before `compile`
   * @example
   * ```ts
   * const bytes = await model.toSafetensors({ optimizer: true })
   * const twin = await fovea.loadModel(bytes)
   * ```
   */
  toSafetensors(options?: SafetensorsOptions): Promise<Uint8Array<ArrayBuffer>> {
    return late('toSafetensors')(this, options)
  }

  /**
   * Saves the model, whole or not at all: what stood there survives a save that fails.
   *
   * @param url `indexeddb://name`, `localstorage://name`, `downloads://name`, or in Node a path
   * @throws FoveaError `out-of-memory` over a quota, `unsupported` for a place that is not here,
   * `bad-file` where it cannot be written
   * @example
   * ```ts
   * await model.save('indexeddb://digits')
   * const again = await fovea.loadModel('indexeddb://digits')
   * ```
   */
  save(url: string | URL, options?: SafetensorsOptions): Promise<void> {
    return late('saveModel')(this, url, options)
  }

  /**
   * Holds the training after the current batch. Predictions are still answered.
   *
   * @example
   * ```ts
   * model.pause()
   * await model.predict(test.images)
   * model.resume()
   * ```
   */
  pause(): void {
    this.tell('pause')
  }

  /**
   * Goes on after `pause`. With `batches` it pauses again after so many, or where the epoch ends: the
   * next resume then begins the next epoch.
   *
   * @example
   * ```ts
   * model.resume()
   * model.resume({ batches: 1 })
   * ```
   */
  resume({ batches }: { batches?: number } = {}): void {
    if (batches !== undefined) wholeNumber('resume', 'batches', batches, 1)
    this.tell('resume', batches)
  }

  /**
   * Ends the training after the current batch; `fit` resolves with the epochs completed.
   *
   * @example
   * ```ts
   * const stopped = model.fit(x, y, { epochs: 100 })
   * model.stop()
   * const { history } = await stopped
   * ```
   */
  stop(): void {
    this.tell('stop')
  }

  /**
   * Frees what the model holds in the engine. A training that runs rejects with `disposed`.
   *
   * @example
   * ```ts
   * await model.dispose()
   * ```
   */
  override async dispose(): Promise<void> {
    if (this.control !== undefined) this.control.disposed = true
    this.control?.changed()
    await super.dispose()
  }

  protected override target(call: string, engine: Engine): InferenceTarget {
    const target = super.target(call, engine)
    const functions = this.lossFunctions
    if (functions.length === 0) return target
    return { ...target, onLoss: (questions) => late('answerLosses')(call, functions, questions) }
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
      if (resolved.resume) {
        const request = { model: this.id, given: '' }
        const { progress } = await engine.trainingState(request)
        const { step, epoch, seed } = progress
        resolved.initialEpoch = epoch
        resolved.stood = progress
        // The order of the rows that are left is that of those before.
        if (step > 0 && given.options?.seed === undefined) resolved.seed = seed
      }
      return await runTraining(job, given.x, given.y)
    } finally {
      this.control = undefined
    }
  }

  private tell(action: 'pause' | 'resume' | 'stop', batches?: number): void {
    if (this.control === undefined) return
    if (action === 'stop') this.control.stopped = true
    else this.control.paused = action === 'pause' || batches !== undefined
    this.control.changed(action === 'resume')
    void this.runtime.engine.control({ model: this.id, action, batches }).catch(() => {})
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
