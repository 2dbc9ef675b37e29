// Everything under `fovea.browser`.
// SPDX-License-Identifier: MIT
import { late } from '../late.js'

export type {
  DigitTensor,
  FromPixelsOptions,
  PixelSource,
  PixelTensor,
  RawPixels,
} from './pixels.js'
export type { Webcam, WebcamOptions } from './webcam.js'

/**
 * A picture as a tensor `[height, width, channels]` of bytes. Transparent parts count as white,
 * unless `channels` is 4. Grey is 0.299 red + 0.587 green + 0.114 blue.
 *
 * @throws FoveaError `bad-shape` for an empty picture, `bad-option` for a source it cannot read
 * @example
 * ```ts
 * const photo = await fovea.browser.fromPixels(video, { size: 32 })      // [32, 32, 3]
 * const output = await model.predict(photo)
 * ```
 */
export const fromPixels = /* @__PURE__ */ late('fromPixels')

/**
 * A drawn or filmed digit made to look like MNIST's: white ink on black, scaled into 20x20, centred
 * by its centre of mass in 28x28. A network trained on MNIST needs that.
 *
 * @returns a tensor `[28, 28, 1]` of bytes, with `found`, `inverted` and `box`
 * @example
 * ```ts
 * const digit = await fovea.browser.digitFromPixels(canvas)
 * if (digit.found) console.log(await model.predict(digit))
 * ```
 */
export const digitFromPixels = /* @__PURE__ */ late('digitFromPixels')

/**
 * Turns the camera on and shows it in a video element. Call it from a press: browsers ask then.
 *
 * @throws FoveaError `camera` with a sentence that says what to do
 * @example
 * ```ts
 * const camera = await fovea.browser.webcam(video, { facingMode: 'environment' })
 * const digit = await fovea.browser.digitFromPixels(await camera.capture())
 * camera.stop()
 * ```
 */
export const webcam = /* @__PURE__ */ late('webcam')
