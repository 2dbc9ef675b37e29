// The layers: typed options in, a plain descriptor out.
// SPDX-License-Identifier: MIT
export * from './layers/activation.js'
export * from './layers/augmentation.js'
export type { ImageOptions, LayerOptions, Padding, Size2d } from './layers/base.js'
export * from './layers/convolution.js'
export * from './layers/merge.js'
export * from './layers/noise.js'
export * from './layers/normalization.js'
export * from './layers/pooling.js'
export * from './layers/shape.js'
