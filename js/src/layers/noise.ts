// Layers that do something only while a model trains: dropout.
// SPDX-License-Identifier: MIT
import { withOptions } from './base.js'
import type { LayerOptions } from './base.js'

/** Options of {@link dropout}. */
export interface DropoutOptions extends LayerOptions {
  /** The share of the inputs that is set to zero in training, from 0 up to but not 1. */
  rate: number
}

/** Sets a share of its inputs to zero in training and scales the rest up; else passes them on. */
export const dropout = /* @__PURE__ */ withOptions<DropoutOptions>('dropout')
