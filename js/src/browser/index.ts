// Everything under `fovea.browser`.
// SPDX-License-Identifier: MIT
export { digitFromPixels, fromPixels } from './pixels.js'
export type {
  DigitTensor,
  FromPixelsOptions,
  PixelSource,
  PixelTensor,
  RawPixels,
} from './pixels.js'
export { webcam } from './webcam.js'
export type { Webcam, WebcamOptions } from './webcam.js'
