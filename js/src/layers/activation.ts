// Activations as layers of their own.
// SPDX-License-Identifier: MIT
import type { ActivationName } from '../activations.js'
import { withOptions } from './base.js'
import type { LayerOptions } from './base.js'

/** Options of {@link activation}. */
export interface ActivationOptions extends LayerOptions {
  /** The function to apply. */
  activation: ActivationName
}

/** An activation as a layer of its own. */
export const activation = /* @__PURE__ */ withOptions<ActivationOptions>('activation')
