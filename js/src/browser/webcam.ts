// The camera: opened on a press of the visitor's, read frame by frame, closed when done.
// SPDX-License-Identifier: MIT
import { FoveaError } from '../errors.js'
import { checkNames, wholeNumber } from '../options.js'
import { fromPixels } from './pixels.js'
import type { PixelTensor } from './pixels.js'

/** Options of {@link webcam}. */
export interface WebcamOptions {
  /** `environment` is the camera on the back of a phone. Default `environment`. */
  facingMode?: 'user' | 'environment'
  /** One particular camera, as `navigator.mediaDevices.enumerateDevices` names it. */
  deviceId?: string
  /** Side of the square that `capture` gives. Default: the camera's own picture. */
  size?: number
}

/** A camera that is on. */
export interface Webcam {
  /** The current picture: bytes `[height, width, 3]`; the middle square, scaled, where `size` is set. */
  capture(): Promise<PixelTensor>
  /** Turns the camera off. */
  stop(): void
}

export async function webcam(
  video: HTMLVideoElement,
  options: WebcamOptions = {},
): Promise<Webcam> {
  checkNames('webcam', options, ['facingMode', 'deviceId', 'size'])
  const { facingMode = 'environment', deviceId, size } = options
  if (size !== undefined) wholeNumber('webcam', 'size', size, 1)
  const stream = await openCamera(
    deviceId === undefined ? { facingMode } : { deviceId: { exact: deviceId } },
  )
  const stop = (): void => {
    for (const track of stream.getTracks()) track.stop()
    if (video.srcObject === stream) video.srcObject = null
  }
  try {
    // Phones show a video inside the page, and start it without a press, only with these three.
    video.playsInline = true
    video.muted = true
    video.autoplay = true
    video.srcObject = stream
    await video.play()
  } catch (cause) {
    stop()
    throw new FoveaError('camera', `webcam: the video cannot be played: ${String(cause)}.`, {
      cause,
    })
  }
  return {
    stop,
    async capture() {
      if (video.srcObject !== stream) throw new FoveaError('camera', 'webcam: the camera is off.')
      if (size === undefined) return fromPixels(video)
      const side = Math.min(video.videoWidth, video.videoHeight)
      const left = (video.videoWidth - side) / 2
      const top = (video.videoHeight - side) / 2
      const square = await createImageBitmap(video, left, top, Math.max(side, 1), Math.max(side, 1))
      try {
        return await fromPixels(square, { size })
      } finally {
        square.close()
      }
    },
  }
}

async function openCamera(video: MediaTrackConstraints): Promise<MediaStream> {
  if (globalThis.navigator?.mediaDevices === undefined) {
    throw new FoveaError(
      'camera',
      'webcam: this page cannot reach a camera. Browsers allow it on https pages and on localhost.',
    )
  }
  try {
    return await navigator.mediaDevices.getUserMedia({ video, audio: false })
  } catch (cause) {
    const sentences: Record<string, string> = {
      NotAllowedError: 'The camera is not allowed. Allow it in the address bar and try again.',
      NotFoundError: 'There is no camera. Connect one and try again.',
      OverconstrainedError: 'That camera is not there any more. Choose another one.',
      NotReadableError: 'The camera is in use by another program. Close it there and try again.',
    }
    const name = cause instanceof Error ? cause.name : ''
    throw new FoveaError(
      'camera',
      sentences[name] ?? `The camera does not start: ${String(cause)}.`,
      {
        cause,
      },
    )
  }
}
