// The same network as Keras 2 and Keras 3 write it into a model.json: two convolutions around a sum,
// batch normalisation, a dense layer. Their words differ, the numbers do not.
// SPDX-License-Identifier: MIT

/** Names and shapes of the weights, in the order of the file. */
export const kWeights = [
  ['first/kernel', [3, 3, 2, 4]],
  ['first/bias', [4]],
  ['norm/gamma', [4]],
  ['norm/beta', [4]],
  ['norm/moving_mean', [4]],
  ['norm/moving_variance', [4]],
  ['second/depthwise_kernel', [3, 3, 4, 1]],
  ['head/kernel', [4, 3]],
  ['head/bias', [3]],
]

const initializer = (className) => ({ class_name: className, config: {} })

export function keras2() {
  const node = (...names) => [names.map((name) => [name, 0, 0, {}])]
  const layer = (className, name, config, ...from) => ({
    class_name: className,
    name,
    config: { name, trainable: true, dtype: 'float32', ...config },
    inbound_nodes: from.length > 0 ? node(...from) : [],
  })
  const layers = [
    layer('InputLayer', 'photo', {
      batch_input_shape: [null, 6, 6, 2],
      sparse: false,
      ragged: false,
    }),
    layer(
      'Conv2D',
      'first',
      {
        filters: 4,
        kernel_size: [3, 3],
        strides: [1, 1],
        padding: 'same',
        data_format: 'channels_last',
        dilation_rate: [1, 1],
        groups: 1,
        activation: 'linear',
        use_bias: true,
        kernel_initializer: initializer('GlorotUniform'),
        bias_initializer: initializer('Zeros'),
        kernel_regularizer: { class_name: 'L2', config: { l2: 0.001 } },
        bias_regularizer: null,
        kernel_constraint: { class_name: 'MaxNorm', config: { max_value: 3, axis: [0, 1, 2] } },
        bias_constraint: null,
      },
      'photo',
    ),
    layer(
      'BatchNormalization',
      'norm',
      { axis: [3], momentum: 0.9, epsilon: 0.001, center: true, scale: true, trainable: false },
      'first',
    ),
    layer('ReLU', 'cut', { max_value: 6.0, negative_slope: 0.0, threshold: 0.0 }, 'norm'),
    layer(
      'DepthwiseConv2D',
      'second',
      {
        kernel_size: [3, 3],
        strides: [1, 1],
        padding: 'same',
        depth_multiplier: 1,
        use_bias: false,
      },
      'cut',
    ),
    layer('Add', 'sum', {}, 'cut', 'second'),
    layer(
      'GlobalAveragePooling2D',
      'pool',
      { data_format: 'channels_last', keepdims: false },
      'sum',
    ),
    layer('Dense', 'head', { units: 3, activation: 'hard_sigmoid', use_bias: true }, 'pool'),
  ]
  return {
    keras_version: '2.15.0',
    backend: 'tensorflow',
    model_config: {
      class_name: 'Functional',
      config: {
        name: 'small',
        trainable: true,
        layers,
        input_layers: [['photo', 0, 0]],
        output_layers: [['head', 0, 0]],
      },
    },
  }
}

export function keras3() {
  const wrapped = (className, config, module = 'keras.initializers') => ({
    module,
    class_name: className,
    config,
    registered_name: null,
  })
  const policy = wrapped('DTypePolicy', { name: 'float32' }, 'keras')
  const tensor = (name, shape) => ({
    class_name: '__keras_tensor__',
    config: { shape, dtype: 'float32', keras_history: [name, 0, 0] },
  })
  const image = (name) => tensor(name, [null, 6, 6, 4])
  const layer = (className, name, config, args) => ({
    module: 'keras.layers',
    class_name: className,
    config: { name, trainable: true, dtype: policy, ...config },
    registered_name: null,
    build_config: { input_shape: [null, 6, 6, 4] },
    name,
    inbound_nodes: args === undefined ? [] : [{ args, kwargs: {} }],
  })
  const layers = [
    layer('InputLayer', 'photo', { batch_shape: [null, 6, 6, 2], dtype: 'float32', sparse: false }),
    layer(
      'Conv2D',
      'first',
      {
        filters: 4,
        kernel_size: [3, 3],
        strides: [1, 1],
        padding: 'same',
        data_format: 'channels_last',
        dilation_rate: [1, 1],
        groups: 1,
        activation: 'linear',
        use_bias: true,
        kernel_initializer: wrapped('GlorotUniform', { seed: null }),
        bias_initializer: wrapped('Zeros', {}),
        kernel_regularizer: wrapped('L2', { l2: 0.001 }, 'keras.regularizers'),
        bias_regularizer: null,
        kernel_constraint: wrapped(
          'MaxNorm',
          { max_value: 3, axis: [0, 1, 2] },
          'keras.constraints',
        ),
        bias_constraint: null,
      },
      [tensor('photo', [null, 6, 6, 2])],
    ),
    layer(
      'BatchNormalization',
      'norm',
      { axis: -1, momentum: 0.9, epsilon: 0.001, center: true, scale: true, trainable: false },
      [image('first')],
    ),
    layer('ReLU', 'cut', { max_value: 6.0, negative_slope: 0.0, threshold: 0.0 }, [image('norm')]),
    layer(
      'DepthwiseConv2D',
      'second',
      {
        kernel_size: [3, 3],
        strides: [1, 1],
        padding: 'same',
        depth_multiplier: 1,
        use_bias: false,
      },
      [image('cut')],
    ),
    layer('Add', 'sum', {}, [[image('cut'), image('second')]]),
    layer('GlobalAveragePooling2D', 'pool', { data_format: 'channels_last', keepdims: false }, [
      image('sum'),
    ]),
    layer(
      'Dense',
      'head',
      {
        units: 3,
        activation: {
          module: 'builtins',
          class_name: 'function',
          config: 'hard_sigmoid',
          registered_name: 'function',
        },
        use_bias: true,
      },
      [tensor('pool', [null, 4])],
    ),
  ]
  return {
    keras_version: '3.4.1',
    backend: 'tensorflow',
    model_config: {
      module: 'keras.src.models.functional',
      class_name: 'Functional',
      config: {
        name: 'small',
        trainable: true,
        layers,
        input_layers: [['photo', 0, 0]],
        output_layers: [['head', 0, 0]],
      },
      registered_name: 'Functional',
    },
  }
}
