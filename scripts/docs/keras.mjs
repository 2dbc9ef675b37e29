// SPDX-License-Identifier: MIT
// What Keras 3 has: for each type of Fovea's vocabulary the class in Keras and its arguments, as
// https://keras.io/api/ lists them (`name`, `trainable` and `dtype` aside). An empty class: Keras has
// none. `needs`: what Fovea must be given before it looks at the rest.

const kKernel = (kind) => `${kind}_initializer ${kind}_regularizer ${kind}_constraint`
const kWeights = `activation use_bias ${kKernel('kernel')} ${kKernel('bias')} activity_regularizer`
const kWindow = 'strides padding data_format dilation_rate'
const kAffine = `center scale ${kKernel('gamma')} ${kKernel('beta')}`
const kWarp = 'fill_mode interpolation fill_value data_format seed'

const image = { inputShape: [8, 8, 4] }

export const kLayers = {
  activation: ['Activation', 'activation'],
  add: ['Add', ''],
  average: ['Average', ''],
  averagePooling2d: ['AveragePooling2D', 'pool_size strides padding data_format'],
  batchNormalization: [
    'BatchNormalization',
    `axis momentum epsilon ${kAffine} moving_mean_initializer moving_variance_initializer synchronized`,
  ],
  concatenate: ['Concatenate', 'axis'],
  conv2d: [
    'Conv2D',
    `filters kernel_size ${kWindow} groups ${kWeights}`,
    { filters: 4, kernelSize: 3 },
  ],
  conv2dTranspose: [
    'Conv2DTranspose',
    `filters kernel_size ${kWindow} output_padding ${kWeights}`,
    { filters: 4, kernelSize: 3 },
  ],
  cropping2d: ['Cropping2D', 'cropping data_format'],
  dense: ['Dense', `units ${kWeights} lora_rank lora_alpha`, { units: 2 }],
  depthwiseConv2d: [
    'DepthwiseConv2D',
    `kernel_size ${kWindow} depth_multiplier activation use_bias ${kKernel('depthwise')} ${kKernel('bias')} activity_regularizer`,
    { kernelSize: 3 },
  ],
  dropout: ['Dropout', 'rate noise_shape seed', { rate: 0.5 }],
  elu: ['ELU', 'alpha'],
  flatten: ['Flatten', 'data_format'],
  gaussianDropout: ['GaussianDropout', 'rate seed', { rate: 0.5 }],
  gaussianNoise: ['GaussianNoise', 'stddev seed', { stddev: 1 }],
  globalAveragePooling2d: ['GlobalAveragePooling2D', 'data_format keepdims'],
  globalMaxPooling2d: ['GlobalMaxPooling2D', 'data_format keepdims'],
  groupNormalization: ['GroupNormalization', `groups axis epsilon ${kAffine}`],
  layerNormalization: ['LayerNormalization', `axis epsilon ${kAffine}`],
  leakyReLU: ['LeakyReLU', 'negative_slope'],
  localResponseNormalization: ['', ''],
  maximum: ['Maximum', ''],
  maxPooling2d: ['MaxPooling2D', 'pool_size strides padding data_format'],
  minimum: ['Minimum', ''],
  multiply: ['Multiply', ''],
  normalization: ['Normalization', 'axis mean variance invert', { mean: 0, variance: 1 }],
  permute: ['Permute', 'dims', { dims: [2, 1, 3] }],
  prelu: ['PReLU', `${kKernel('alpha')} shared_axes`],
  randomBrightness: ['RandomBrightness', 'factor value_range seed', { factor: 0.5 }],
  randomContrast: ['RandomContrast', 'factor value_range seed', { factor: 0.5 }],
  randomErasing: ['RandomErasing', 'factor scale fill_value value_range seed'],
  randomFlip: ['RandomFlip', 'mode seed data_format'],
  randomRotation: ['RandomRotation', `factor ${kWarp}`, { factor: 0.1 }],
  randomTranslation: [
    'RandomTranslation',
    `height_factor width_factor ${kWarp}`,
    { heightFactor: 0.1, widthFactor: 0.1 },
  ],
  randomZoom: ['RandomZoom', `height_factor width_factor ${kWarp}`, { heightFactor: 0.1 }],
  reLU: ['ReLU', 'max_value negative_slope threshold'],
  rescaling: ['Rescaling', 'scale offset', { scale: 1 }],
  reshape: ['Reshape', 'target_shape', { targetShape: [-1] }],
  resizing: [
    'Resizing',
    'height width interpolation crop_to_aspect_ratio pad_to_aspect_ratio fill_mode fill_value antialias data_format',
    { height: 4, width: 4 },
  ],
  separableConv2d: [
    'SeparableConv2D',
    `filters kernel_size ${kWindow} depth_multiplier activation use_bias ${kKernel('depthwise')} ${kKernel('pointwise')} ${kKernel('bias')} activity_regularizer`,
    { filters: 4, kernelSize: 3 },
  ],
  softmax: ['Softmax', 'axis'],
  spatialDropout2d: ['SpatialDropout2D', 'rate seed data_format', { rate: 0.5 }],
  subtract: ['Subtract', ''],
  sumPooling2d: ['', ''],
  upSampling2d: ['UpSampling2D', 'size data_format interpolation'],
  zeroPadding2d: ['ZeroPadding2D', 'padding data_format'],
}
for (const entry of Object.values(kLayers)) entry[2] = { ...image, ...entry[2] }

const kCrossentropy = 'from_logits label_smoothing axis'

export const kLosses = {
  binaryCrossentropy: ['BinaryCrossentropy', kCrossentropy],
  categoricalCrossentropy: ['CategoricalCrossentropy', kCrossentropy],
  categoricalHinge: ['CategoricalHinge', ''],
  cosineSimilarity: ['CosineSimilarity', 'axis'],
  dice: ['Dice', 'axis'],
  focal: [
    'BinaryFocalCrossentropy, CategoricalFocalCrossentropy',
    `apply_class_balancing alpha gamma ${kCrossentropy}`,
  ],
  gaussianMixtureNLL: ['', '', { components: 1 }],
  hinge: ['Hinge', ''],
  huber: ['Huber', 'delta'],
  kullbackLeiblerDivergence: ['KLDivergence', ''],
  logCosh: ['LogCosh', ''],
  meanAbsoluteError: ['MeanAbsoluteError', ''],
  meanAbsolutePercentageError: ['MeanAbsolutePercentageError', ''],
  meanSquaredError: ['MeanSquaredError', ''],
  meanSquaredLogarithmicError: ['MeanSquaredLogarithmicError', ''],
  poisson: ['Poisson', ''],
  sparseCategoricalCrossentropy: ['SparseCategoricalCrossentropy', 'from_logits ignore_class axis'],
  squaredHinge: ['SquaredHinge', ''],
}

export const kMetrics = {
  accuracy: ['"accuracy"', ''],
  auc: [
    'AUC',
    'num_thresholds curve summation_method thresholds multi_label num_labels label_weights from_logits',
  ],
  binaryAccuracy: ['BinaryAccuracy', 'threshold'],
  categoricalAccuracy: ['CategoricalAccuracy', ''],
  f1: ['F1Score', 'average threshold'],
  mae: ['MeanAbsoluteError', ''],
  meanIoU: ['MeanIoU', 'num_classes ignore_class sparse_y_true sparse_y_pred axis'],
  mse: ['MeanSquaredError', ''],
  precision: ['Precision', 'thresholds top_k class_id'],
  recall: ['Recall', 'thresholds top_k class_id'],
  sparseCategoricalAccuracy: ['SparseCategoricalAccuracy', ''],
  topKCategoricalAccuracy: ['TopKCategoricalAccuracy', 'k'],
}

export const kOptimizers = {
  adadelta: ['Adadelta', 'rho epsilon'],
  adagrad: ['Adagrad', 'initial_accumulator_value epsilon'],
  adam: ['Adam', 'beta_1 beta_2 epsilon amsgrad'],
  adamax: ['Adamax', 'beta_1 beta_2 epsilon'],
  adamw: ['AdamW', 'beta_1 beta_2 epsilon amsgrad'],
  lion: ['Lion', 'beta_1 beta_2'],
  nadam: ['Nadam', 'beta_1 beta_2 epsilon'],
  rmsprop: ['RMSprop', 'rho momentum epsilon centered'],
  sgd: ['SGD', 'momentum nesterov'],
}

const kDecay = { initialLearningRate: 0.1, decaySteps: 10 }

export const kSchedules = {
  constant: ['', '', { learningRate: 0.1 }],
  cosineDecay: [
    'CosineDecay',
    'initial_learning_rate decay_steps alpha warmup_target warmup_steps',
    kDecay,
  ],
  exponentialDecay: [
    'ExponentialDecay',
    'initial_learning_rate decay_steps decay_rate staircase',
    { ...kDecay, decayRate: 0.5 },
  ],
  oneCycle: ['', '', { maxLearningRate: 0.1, totalSteps: 10 }],
  piecewise: ['PiecewiseConstantDecay', 'boundaries values', { boundaries: [1], values: [1, 2] }],
  polynomialDecay: [
    'PolynomialDecay',
    'initial_learning_rate decay_steps end_learning_rate power cycle',
    kDecay,
  ],
  stepDecay: ['', '', kDecay],
}

export const kInitializers = {
  constant: ['Constant', 'value'],
  glorotNormal: ['GlorotNormal', 'seed'],
  glorotUniform: ['GlorotUniform', 'seed'],
  heNormal: ['HeNormal', 'seed'],
  heUniform: ['HeUniform', 'seed'],
  identity: ['Identity', 'gain'],
  leCunNormal: ['LecunNormal', 'seed'],
  leCunUniform: ['LecunUniform', 'seed'],
  ones: ['Ones', ''],
  orthogonal: ['Orthogonal', 'gain seed'],
  randomNormal: ['RandomNormal', 'mean stddev seed'],
  randomUniform: ['RandomUniform', 'minval maxval seed'],
  truncatedNormal: ['TruncatedNormal', 'mean stddev seed'],
  varianceScaling: ['VarianceScaling', 'scale mode distribution seed'],
  zeros: ['Zeros', ''],
}

export const kRegularizers = {
  l1: ['L1', 'l1'],
  l1l2: ['L1L2', 'l1 l2'],
  l2: ['L2', 'l2'],
}

export const kConstraints = {
  maxNorm: ['MaxNorm', 'max_value axis'],
  minMaxNorm: ['MinMaxNorm', 'min_value max_value rate axis'],
  nonNeg: ['NonNeg', ''],
  unitNorm: ['UnitNorm', 'axis'],
}

export const kMethods = {
  compile: [
    'Model.compile',
    'optimizer loss loss_weights metrics weighted_metrics run_eagerly steps_per_execution jit_compile auto_scale_loss',
  ],
  evaluate: ['Model.evaluate', 'batch_size verbose sample_weight steps callbacks return_dict'],
  fit: [
    'Model.fit',
    'batch_size epochs verbose callbacks validation_split validation_data shuffle class_weight sample_weight initial_epoch steps_per_epoch validation_steps validation_batch_size validation_freq',
  ],
  predict: ['Model.predict', 'batch_size verbose steps callbacks'],
}

/** Arguments of every type of a kind. */
export const kShared = {
  losses: 'reduction',
  optimizers:
    'learning_rate weight_decay clipnorm clipvalue global_clipnorm use_ema ema_momentum ema_overwrite_frequency loss_scale_factor gradient_accumulation_steps',
}

/** Words that Fovea spells otherwise. */
export const kOtherNames = {
  clipnorm: 'clipNorm',
  clipvalue: 'clipValue',
  global_clipnorm: 'globalClipNorm',
  use_ema: 'ema',
  ema_momentum: 'ema',
  thresholds: 'threshold',
}

/** Why an argument does not exist. */
export const kReasons = {
  auto_scale_loss: 'float32 needs no scaling of the loss.',
  axis: 'channels, features or classes are the last dimension; `permute` moves them there.',
  curve: 'ROC, Keras’s default, is the only one.',
  ignore_class: 'the loss’s `ignoreClass` counts for metrics, too.',
  jit_compile: 'a model is always compiled to a flat program.',
  loss_scale_factor: 'float32 needs no scaling of the loss.',
  num_labels: 'as many as the output has.',
  num_thresholds: '200, Keras’s default.',
  reduction:
    'the mean over the batch, Keras’s default, is the only one; `sampleWeight` and `lossWeights` scale it.',
  return_dict: 'results are always an object by name.',
  run_eagerly: 'a model is always compiled to a flat program.',
  seed: 'the seed of the model decides about all its weights.',
  sparse_y_pred: 'the loss says what targets and predictions are.',
  sparse_y_true: 'the loss says what targets and predictions are.',
  steps_per_execution: 'a model decides itself how many steps it makes before it reports.',
  synchronized: 'there is one device.',
}
