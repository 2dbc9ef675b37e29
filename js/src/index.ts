// Fovea's public entry: `import * as fovea from 'fovea'`. Importing it does nothing else.
// SPDX-License-Identifier: MIT
import { late } from './late.js'

export * as browser from './browser/index.js'
export * as callbacks from './callbacks.js'
export * as constraints from './constraints.js'
export * as datasets from './datasets/index.js'
export * as explain from './explain.js'
export * as image from './image.js'
export * as initializers from './initializers.js'
export * as kernels from './kernels.js'
export * as layers from './layers.js'
export * as losses from './losses.js'
export * as models from './models.js'
export * as metrics from './metrics.js'
export * as optimizers from './optimizers.js'
export * as regularizers from './regularizers.js'
export * as schedules from './schedules.js'
export * as zoo from './zoo.js'

export { model, sequential } from './create.js'
export type { ModelOptions, SequentialOptions } from './create.js'
export type { Ensemble } from './ensemble.js'
export { backend, init, memory, shutdown } from './engine/runtime.js'
export type { Backend, InitOptions } from './engine/runtime.js'
export { FoveaError } from './errors.js'
export type { FoveaErrorCode } from './errors.js'
export { dataset } from './dataset.js'
export { input } from './graph.js'
export type {
  InputOptions,
  Joint,
  Layer,
  OptionRecord,
  OptionValue,
  SymbolicTensor,
} from './graph.js'
export { oneHot, tensor } from './tensor.js'
export type { FloatTensor, NumberArray, Tensor, TensorData } from './tensor.js'

export type { DigitTensor, PixelSource, PixelTensor, Webcam } from './browser/index.js'
export type { SplitDataset } from './datasets/index.js'

export type { ActivationName } from './activations.js'
export type { Callback, TrainingContext } from './callbacks.js'
export type { Constraint } from './constraints.js'
export type { Batch, Dataset, Inputs, Labels, Stream, Targets } from './columns.js'
export type { CompileOptions, LossChoice, MetricChoice, PerOutput } from './compile.js'
export type { Build, LayerInfo, ParameterCount, PortInfo, Variant } from './engine/engine.js'
export type { ClassWeight, SampleWeight } from './example-weights.js'
export type { FitOptions } from './fit-options.js'
export type { OnnxOptions } from './formats/onnx/write.js'
export type { ExportOptions, PyTorchModel } from './formats/pytorch/write.js'
export type { TfjsModel, WeightSpec } from './formats/tfjs/write.js'
export type { EvaluateOptions, PredictOptions } from './inference.js'
export type { LoadOptions, SafetensorsOptions } from './formats/checkpoint.js'
export type { LoadSource } from './formats/load.js'
export type { SavedModel } from './formats/places.js'
export type { GradientOptions, Gradients, OutputGradients } from './inside.js'
export type { Initializer } from './initializers.js'
export type { CustomLoss, Loss, LossAndGradient } from './losses.js'
export type { ClassificationReport, Metric } from './metrics.js'
export type { Model } from './model.js'
export type { MemoryOptions } from './model-base.js'
export type { Optimizer } from './optimizers.js'
export type { ModelLayer } from './ports.js'
export type { Regularizer } from './regularizers.js'
export type { Schedule } from './schedules.js'
export type { History, Logs, TrainingStep } from './training.js'
export type { NamedTensor } from './weights.js'

/**
 * Puts trained networks together: `predict` and `evaluate` average their probabilities.
 *
 * @param models networks with the same shapes of inputs and outputs, compiled before
 * @throws FoveaError `bad-option` without models, `bad-shape` where they do not match
 * @example
 * ```ts
 * const all = await fovea.ensemble([m1, m2, m3])
 * const { accuracy } = await all.evaluate(test)
 * ```
 */
export const ensemble = /* @__PURE__ */ late('ensemble')

/**
 * Makes the model that a file holds: Fovea's own safetensors, with all that belongs to it.
 *
 * @param source `indexeddb://name`, `localstorage://name`, a URL, in Node a path; a `File` or bytes
 * @throws FoveaError `bad-file` for a damaged file, `unsupported` for what cannot be read here
 * @example
 * ```ts
 * const digits = await fovea.loadModel('digits.safetensors')
 * await digits.fit(train, { epochs: 10, resume: true })
 * ```
 */
export const loadModel = /* @__PURE__ */ late('loadModel')
