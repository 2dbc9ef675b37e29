// What a model is without training: a handle on what lives in the engine. Its description is known
// here, so everything that does not touch numbers is synchronous.
// SPDX-License-Identifier: MIT
import type { Inputs } from './columns.js'
import type { CompileOptions } from './compile.js'
import type {
  CallOptions,
  Engine,
  EngineCalls,
  LayerInfo,
  ModelDescription,
  ParameterCount,
  PortInfo,
} from './engine/engine.js'
import { withOwnColumns } from './engine/protocol.js'
import type { Runtime } from './engine/runtime.js'
import { FoveaError } from './errors.js'
import type { Writable } from './formats/network.js'
import type { OnnxOptions } from './formats/onnx/write.js'
import type { ExportOptions, PyTorchModel } from './formats/pytorch/write.js'
import type { TfjsModel } from './formats/tfjs/write.js'
import type { Joint, SymbolicTensor } from './graph.js'
import { Latest, runPrediction } from './inference.js'
import type { InferenceTarget, PredictOptions } from './inference.js'
import { late } from './late.js'
import { checkNames, wholeNumber, wrongValue } from './options.js'
import { applyGraph, modelLayer, ports } from './ports.js'
import type { ModelLayer } from './ports.js'
import type { Home } from './sharing.js'
import type { Graph } from './spec.js'
import { summaryText } from './summary.js'
import type { FloatTensor } from './tensor.js'
import { matchWeights, noteTrainable } from './weights.js'
import type { NamedTensor } from './weights.js'

// Models that the garbage collector finds are disposed of in the engine too.
const collected = /* @__PURE__ */ new FinalizationRegistry<Home>((home) => void disposeHome(home))

async function disposeHome(home: Home): Promise<void> {
  home.disposed = true
  const { runtime, description } = home
  await runtime.engine.disposeModel({ model: description.model }).catch(() => {})
}

/** The type says one tensor, which is what nearly every model gives; `predictAll` has the array. */
function oneIfOnly(outputs: FloatTensor[]): FloatTensor {
  return (outputs.length === 1 ? outputs[0] : outputs) as FloatTensor
}

/** A model is kept outside of its worker this often, and up to so many weights. */
const kKeepMilliseconds = 5000
const kMostKept = 2 ** 23

/** Options of `memory`. */
export interface MemoryOptions {
  /** Examples at a time. Default 32. */
  batchSize?: number
  /** For training, with all that the backward pass needs. Default false: for a prediction. */
  training?: boolean
}

/** A network that can be looked at and asked. */
export class ModelBase {
  /** As given, or `sequential` or `model`. */
  readonly name: string
  /** Decides initial weights, and by default shuffling and dropout. */
  readonly seed: number
  /** What `compile` was given. @internal */
  recipe: CompileOptions | undefined
  private readonly latest = new Latest()

  /** @internal */
  constructor(
    /** Where it lives. @internal */ readonly home: Home,
    /** What the layers are and what they read. @internal */ readonly graph: Graph,
    seed: number,
  ) {
    this.name = graph.name
    this.seed = seed
    collected.register(this, home, this)
  }

  protected get id(): number {
    return this.home.description.model
  }

  protected get runtime(): Runtime {
    return this.home.runtime
  }

  protected get description(): ModelDescription {
    return this.home.description
  }

  /** The layers in order, all options filled in. */
  get layers(): Omit<LayerInfo, 'inputs'>[] {
    return this.description.layers.map(({ inputs: _, ...layer }) => ({ ...layer }))
  }

  /** What comes in: names, and shapes of one example. Can be inputs of another model too. */
  get inputs(): PortInfo[] {
    return ports(this.home, this.graph, this.graph.inputs)
  }

  /** What goes out: names, and shapes of one example. More layers can be put on top. */
  get outputs(): PortInfo[] {
    return ports(this.home, this.graph, this.graph.outputs)
  }

  /**
   * A layer by its name: what is known of it, its `output` to go on from, and `apply`.
   *
   * @throws FoveaError `bad-option` where the model has no such layer
   * @example
   * ```ts
   * const body = await fovea.model({ inputs: base.inputs, outputs: base.layer('flatten_1').output })
   * ```
   */
  layer(name: string): ModelLayer {
    return modelLayer(this.home, this.graph, name)
  }

  /**
   * The whole model as if it were one layer: its layers applied to something else, with the same
   * weights. Gives an array where the model has several outputs.
   *
   * @example
   * ```ts
   * const y = fovea.layers.dense({ units: 3 }).apply(base.apply(fovea.input({ shape: [32, 32, 3] })))
   * ```
   */
  apply(inputs: Joint | readonly Joint[]): SymbolicTensor {
    const made = applyGraph(this.graph, inputs)
    return (made.length === 1 ? made[0] : made) as SymbolicTensor
  }

  /**
   * A table of the layers, their shapes and their weights, as Keras prints it.
   *
   * @example
   * ```ts
   * console.log(model.summary())
   * ```
   */
  summary(): string {
    return summaryText(this.description)
  }

  /**
   * How many weights there are.
   *
   * @example
   * ```ts
   * const { total, trainable } = model.countParams()
   * ```
   */
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
    const request = { model: this.id, training: false }
    const { parameters } = await this.engine('getWeights').snapshot(request)
    return this.description.parameters.map(({ name, shape }, index) => {
      return { name, shape: [...shape], data: parameters[index] ?? new Float32Array() }
    })
  }

  /**
   * Replaces the weights: all of them, in any order.
   *
   * @throws FoveaError `bad-shape` when a name or a shape differs; the message says which
   * @example
   * ```ts
   * const weights = await base.getWeights()
   * await model.setWeights(weights)
   * ```
   */
  async setWeights(weights: readonly NamedTensor[]): Promise<void> {
    const engine = this.engine('setWeights')
    const parameters = matchWeights('setWeights', this.description.parameters, weights)
    await engine.restore({ model: this.id, parameters })
    await this.keep(true)
  }

  /**
   * Lets training change a layer's weights, or not.
   *
   * @example
   * ```ts
   * await model.setTrainable('conv2d_1', false)
   * ```
   */
  async setTrainable(layerName: string, trainable: boolean): Promise<void> {
    const engine = this.engine('setTrainable')
    if (typeof layerName !== 'string') {
      throw wrongValue('setTrainable', 'the first argument', "a layer's name", layerName)
    }
    await engine.setTrainable({ model: this.id, layer: layerName, trainable })
    noteTrainable(this.description, layerName, trainable)
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
  predict(x: Inputs, options: PredictOptions = {}): Promise<FloatTensor> {
    return this.predictAll(x, options).then(oneIfOnly)
  }

  /**
   * Like `predict`, but always an array: one tensor per output.
   *
   * @example
   * ```ts
   * const [classes, boxes] = await model.predictAll(images)
   * ```
   */
  predictAll(x: Inputs, options: PredictOptions = {}): Promise<FloatTensor[]> {
    // Not async: its garbage would be a fifth of a small prediction's.
    try {
      return runPrediction(this.target('predict', this.engine('predict')), x, options, this.latest)
    } catch (error) {
      return Promise.reject(error as Error)
    }
  }

  /**
   * What layers give for x, in inference mode: all examples as one batch.
   *
   * @param names names of layers; also of inputs, and `dense_1.2` for the second use of a layer
   * @returns a tensor `[n, ...]` for each name
   * @throws FoveaError `bad-shape`; `bad-option` for a name that the model does not have
   * @example
   * ```ts
   * const { conv2d_1: maps } = await model.activations(image, ['conv2d_1'])     // [1, 26, 26, 16]
   * ```
   */
  activations(x: Inputs, names: readonly string[]): Promise<Record<string, FloatTensor>> {
    return late('runActivations')(this.target('activations', this.engine('activations')), x, names)
  }

  /**
   * The network as an ONNX file, for a batch of any size: float32, operators of version 17. What acts
   * in training only, such as augmentation, is left out.
   *
   * @returns the bytes of the file
   * @throws FoveaError `unsupported` for a layer that ONNX cannot express, by its name
   * @example
   * ```ts
   * await writeFile('digits.onnx', await model.toOnnx())      // images stay [n, height, width, channels]
   * ```
   */
  async toOnnx(options?: OnnxOptions): Promise<Uint8Array> {
    return late('toOnnx')(await this.writable(), options)
  }

  /**
   * The network for PyTorch: the source of an `nn.Module` and its weights, in PyTorch's names and
   * layouts, for `load_state_dict(strict=True)`. Images are `[n, channels, height, width]` there.
   *
   * @throws FoveaError `unsupported` for a layer that PyTorch itself lacks, by its name
   * @example
   * ```ts
   * const { weights, source } = await model.toPyTorch()
   * await writeFile('digits.safetensors', weights)
   * await writeFile('digits.py', source)
   * ```
   */
  async toPyTorch(options?: ExportOptions): Promise<PyTorchModel> {
    return late('toPyTorch')(await this.writable(), options)
  }

  /**
   * The network as a layers model of TensorFlow.js, which `tf.loadLayersModel` reads and can train on.
   *
   * @throws FoveaError `unsupported` for a layer that TensorFlow.js lacks, by its name
   * @example
   * ```ts
   * const twin = await tf.loadLayersModel(tf.io.fromMemory(await model.toTfjs()))
   * ```
   */
  async toTfjs(options?: ExportOptions): Promise<TfjsModel> {
    return late('toTfjs')(await this.writable(), options)
  }

  /**
   * The memory that a batch takes beside the weights: what is planned, and a bound that no plan
   * could go below. In bytes; nothing is allocated.
   *
   * @example
   * ```ts
   * const { planned } = await model.memory({ batchSize: 32, training: true })
   * ```
   */
  async memory(options: MemoryOptions = {}): Promise<{ planned: number; lowerBound: number }> {
    checkNames('memory', options, ['batchSize', 'training'])
    const { batchSize = 32, training = false } = options
    wholeNumber('memory', 'batchSize', batchSize, 1)
    return this.engine('memory').memory({ model: this.id, batchSize, training: Boolean(training) })
  }

  /** Frees what the model holds in the engine. */
  async dispose(): Promise<void> {
    if (this.home.disposed) return
    collected.unregister(this)
    await disposeHome(this.home)
  }

  /** `await using model = ...` disposes at the end of the block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose()
  }

  /** For files: the engine and what it says of the model. @internal */
  parts(call: string): { engine: Engine; description: ModelDescription } {
    return { engine: this.engine(call), description: this.description }
  }

  private async writable(): Promise<Writable> {
    const { graph, description } = this
    return { graph, description, weights: await this.getWeights() }
  }

  protected target(call: string, engine: Engine): InferenceTarget {
    const { inputs, outputs } = this.description
    return { engine, modelId: this.id, place: call, inputs, outputs }
  }

  /**
   * Keeps the model outside of its worker: at once, or every few seconds. Not where it is large.
   * @internal
   */
  async keep(atOnce: boolean): Promise<void> {
    const { home, runtime } = this
    const now = performance.now()
    if (
      !runtime.backend.worker ||
      (!atOnce && now - (home.keptAt ?? -Infinity) < kKeepMilliseconds)
    )
      return
    home.keptAt = this.description.countParams.total > kMostKept ? Infinity : now
    if (home.keptAt < Infinity) {
      home.kept = await runtime.engine.snapshot({
        model: this.id,
        training: this.recipe !== undefined,
      })
    }
  }

  /** The next engine of a model whose worker was lost: the first call brings the model back there. */
  private revived(): Engine {
    let next: Promise<Engine> | undefined
    return new Proxy({} as Engine, {
      get: (_, name: keyof EngineCalls) => async (request: object, options?: CallOptions) => {
        // Read now: until the model is back the caller may have changed them.
        const own = withOwnColumns(request)
        next ??= late('revive')(this).then(() => this.runtime.engine)
        const call = (await next)[name] as (...given: unknown[]) => Promise<unknown>
        return call({ ...own, model: this.id }, options)
      },
    })
  }

  protected engine(call: string): Engine {
    if (!this.home.disposed) return this.runtime.lost ? this.revived() : this.runtime.engine
    throw new FoveaError(
      'disposed',
      `${call}: the model "${this.name}" was disposed of. Make a new one.`,
    )
  }
}
