// Pixels out of whatever a page has: canvas, video, image, ImageData, ImageBitmap. In Node the same
// functions take a tensor of bytes or an object like ImageData.
// SPDX-License-Identifier: MIT
import { runtime } from '../engine/runtime.js'
import { FoveaError } from '../errors.js'
import { checkNames, describe, wholeNumber, wrongValue } from '../options.js'
import type { Tensor } from '../tensor.js'

/** Pixels as `ImageData` has them: RGBA, row by row. */
export interface RawPixels {
  /** RGBA, row by row, 0 to 255. */
  data: Uint8Array | Uint8ClampedArray
  /** In pixels. */
  width: number
  /** In pixels. */
  height: number
}

/** What a picture can be read from. */
export type PixelSource =
  | HTMLCanvasElement
  | OffscreenCanvas
  | HTMLVideoElement
  | HTMLImageElement
  | ImageBitmap
  | ImageData
  | RawPixels
  | Tensor

/** Options of {@link fromPixels}. */
export interface FromPixelsOptions {
  /** 1 grey, 3 RGB, 4 RGBA. Default 3. */
  channels?: 1 | 3 | 4
  /** Side of the square, or `[height, width]`, that the picture is scaled to. Default: as it is. */
  size?: number | readonly [number, number]
}

/** A picture of bytes. */
export interface PixelTensor extends Tensor {
  /** Row by row, channels together, 0 to 255. */
  data: Uint8Array
}

/** A digit as MNIST has them, and where it was found. */
export interface DigitTensor extends PixelTensor {
  /** False when the picture shows no digit; the pixels are then all zero. */
  found: boolean
  /** True when the ink was darker than the paper. */
  inverted: boolean
  /** Where in the source the digit is, in pixels. */
  box: { x: number; y: number; width: number; height: number }
}

export async function fromPixels(
  source: PixelSource,
  options: FromPixelsOptions = {},
): Promise<PixelTensor> {
  checkNames('fromPixels', options, ['channels', 'size'])
  const { channels = 3, size } = options
  if (![1, 3, 4].includes(channels))
    throw wrongValue('fromPixels', 'channels', '1, 3 or 4', channels)
  const [height, width] = typeof size === 'number' ? [size, size] : (size ?? [undefined, undefined])
  for (const side of [height, width]) {
    if (side !== undefined) wholeNumber('fromPixels', 'size', side, 1)
  }
  const pixels = readPixels('fromPixels', source, width, height)
  return { data: convert(pixels.data, channels), shape: [pixels.height, pixels.width, channels] }
}

export async function digitFromPixels(source: PixelSource): Promise<DigitTensor> {
  const place = 'digitFromPixels'
  const tensor = tensorPixels(place, source)
  const { engine } = await runtime()
  const request = tensor ?? { ...readPixels(place, source, undefined, undefined), channels: 4 }
  const { data, width, height, channels } = request
  const bytes = new Uint8Array(data)
  const found = await engine.digitFromPixels(
    { data: bytes, width, height, channels },
    { transfer: [bytes.buffer] },
  )
  const { digit, ...rest } = found
  return { data: digit, shape: [28, 28, 1], ...rest }
}

interface Picture extends RawPixels {
  channels: number
}

/** A tensor of bytes `[height, width, channels]` as it is; undefined for any other source. */
function tensorPixels(place: string, source: PixelSource): Picture | undefined {
  if (!('shape' in source) || !('data' in source)) return undefined
  const { shape, data } = source
  const [height = 0, width = 0, channels = 0] = shape
  const bytes = data instanceof Uint8Array || (data as unknown) instanceof Uint8ClampedArray
  if (
    shape.length !== 3 ||
    !bytes ||
    height * width * channels !== data.length ||
    data.length === 0
  ) {
    throw new FoveaError(
      'bad-shape',
      `${place}: a tensor needs bytes of the shape [height, width, channels] but is a ` +
        `${data.constructor.name} of ${data.length} with the shape [${shape.join(', ')}].`,
    )
  }
  return { data: data as Uint8Array, width, height, channels }
}

/** RGBA bytes of any source, scaled where a size is given. */
function readPixels(
  place: string,
  source: PixelSource,
  width: number | undefined,
  height: number | undefined,
): RawPixels {
  const tensor = tensorPixels(place, source)
  const plain = tensor === undefined ? rawPixels(source) : { ...tensor, data: toRgba(tensor) }
  const scaled = width !== undefined && (width !== plain?.width || height !== plain.height)
  if (plain !== undefined && !scaled) return nonEmpty(place, plain)
  const drawn =
    plain === undefined ? drawable(place, source) : canvasOf(place, nonEmpty(place, plain))
  const [fullWidth, fullHeight] = naturalSize(drawn)
  nonEmpty(place, { data: new Uint8Array(4), width: fullWidth, height: fullHeight })
  const canvas = new OffscreenCanvas(width ?? fullWidth, height ?? fullHeight)
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (context === null) throw new FoveaError('unsupported', `${place}: there is no 2d canvas here.`)
  context.imageSmoothingQuality = 'high'
  context.drawImage(drawn, 0, 0, canvas.width, canvas.height)
  return plainPixels(context.getImageData(0, 0, canvas.width, canvas.height))
}

function rawPixels(source: PixelSource): RawPixels | undefined {
  return 'data' in source && 'width' in source ? plainPixels(source) : undefined
}

/** ImageData keeps its properties in its prototype: they would be lost in a spread. */
function plainPixels({ data, width, height }: RawPixels): RawPixels {
  return { data, width, height }
}

function drawable(
  place: string,
  source: PixelSource,
): Exclude<CanvasImageSource, SVGImageElement | VideoFrame> {
  const kinds = [
    'HTMLCanvasElement',
    'OffscreenCanvas',
    'HTMLVideoElement',
    'HTMLImageElement',
    'ImageBitmap',
  ]
  const scope = globalThis as unknown as Record<string, unknown>
  for (const name of kinds) {
    const kind = scope[name]
    if (typeof kind === 'function' && source instanceof kind) {
      return source as Exclude<CanvasImageSource, SVGImageElement | VideoFrame>
    }
  }
  throw new FoveaError(
    'bad-option',
    `${place}: needs a canvas, a video, an image, an ImageBitmap, ImageData or a tensor of bytes but ` +
      `gets ${describe(source)}.`,
  )
}

function canvasOf(place: string, { data, width, height }: RawPixels): OffscreenCanvas {
  if (typeof OffscreenCanvas === 'undefined') {
    throw new FoveaError(
      'unsupported',
      `${place}: only a browser can scale pictures. Leave out size.`,
    )
  }
  const canvas = new OffscreenCanvas(width, height)
  const image = new ImageData(new Uint8ClampedArray(data), width, height)
  canvas.getContext('2d')?.putImageData(image, 0, 0)
  return canvas
}

function naturalSize(
  source: Exclude<CanvasImageSource, SVGImageElement | VideoFrame>,
): [number, number] {
  if ('videoWidth' in source) return [source.videoWidth, source.videoHeight]
  if ('naturalWidth' in source) return [source.naturalWidth, source.naturalHeight]
  return [source.width, source.height]
}

function nonEmpty(place: string, pixels: RawPixels): RawPixels {
  if (pixels.width > 0 && pixels.height > 0) return pixels
  throw new FoveaError(
    'bad-shape',
    `${place}: the picture is ${pixels.width} by ${pixels.height} pixels. Wait until it has loaded.`,
  )
}

function toRgba({ data, channels }: Picture): Uint8Array {
  const count = data.length / channels
  const rgba = new Uint8Array(count * 4).fill(255)
  for (let i = 0; i < count; ++i) {
    for (let c = 0; c < 4; ++c) {
      const from = channels < 3 ? 0 : c
      if (from < channels && (c < 3 || channels === 4))
        rgba[i * 4 + c] = data[i * channels + from] ?? 0
    }
  }
  return rgba
}

function convert(rgba: ArrayLike<number>, channels: 1 | 3 | 4): Uint8Array {
  if (channels === 4) return Uint8Array.from(rgba)
  const count = rgba.length / 4
  const result = new Uint8Array(count * channels)
  for (let i = 0; i < count; ++i) {
    const alpha = (rgba[i * 4 + 3] ?? 255) / 255
    const over = (c: number): number => 255 + ((rgba[i * 4 + c] ?? 0) - 255) * alpha
    if (channels === 3) {
      for (let c = 0; c < 3; ++c) result[i * 3 + c] = Math.round(over(c))
    } else {
      result[i] = Math.round(0.299 * over(0) + 0.587 * over(1) + 0.114 * over(2))
    }
  }
  return result
}
