// Pooling: windows that become one number, channel by channel.
// SPDX-License-Identifier: MIT
import { withoutNeed } from './base.js'
import type { LayerOptions, Padding, Size2d } from './base.js'

/** Options of {@link maxPooling2d} and {@link averagePooling2d}. */
export interface Pooling2dOptions extends LayerOptions {
  /** Height and width of the windows. Default 2. */
  poolSize?: Size2d
  /** Steps between windows. Default: the pool size. */
  strides?: Size2d
  /** Default `valid`. */
  padding?: Padding
}

/** The largest value of each window, channel by channel: `[n, h, w, c]` to `[n, h', w', c]`. */
export const maxPooling2d = /* @__PURE__ */ withoutNeed<Pooling2dOptions>('maxPooling2d')

/** The mean of each window, channel by channel; padding is not counted. */
export const averagePooling2d = /* @__PURE__ */ withoutNeed<Pooling2dOptions>('averagePooling2d')
