// The one error class of the library. The code is for programs, the message for people: it names
// the place, what was expected, what came, and what to do.
// SPDX-License-Identifier: MIT

/**
 * What kind of thing went wrong.
 *
 * - `bad-shape`, `bad-option`, `bad-data`, `bad-file`: what was given does not fit; the message says how.
 * - `unsupported`: this browser, or this version of the library, cannot do it.
 * - `out-of-memory`: the message says how many bytes were wanted.
 * - `non-finite-loss`: the loss became NaN or infinite; the weights of the last good step are kept.
 * - `aborted`: an `AbortSignal` fired. `superseded`: a later `predict` with the same key came.
 * - `disposed`: the model, or the engine it lived in, is gone. `busy`: it is at work already.
 * - `worker-lost`: the worker stopped by itself. `camera`: the camera cannot be used.
 */
export type FoveaErrorCode =
  | 'bad-shape'
  | 'bad-option'
  | 'bad-data'
  | 'bad-file'
  | 'unsupported'
  | 'out-of-memory'
  | 'non-finite-loss'
  | 'aborted'
  | 'superseded'
  | 'disposed'
  | 'busy'
  | 'worker-lost'
  | 'camera'
  | 'internal'

/**
 * Every error that Fovea raises on purpose.
 *
 * @example
 * ```ts
 * try {
 *   await model.fit(x, y)
 * } catch (error) {
 *   if (error instanceof fovea.FoveaError && error.code === 'out-of-memory') useSmallerBatches()
 *   else throw error
 * }
 * ```
 */
export class FoveaError extends Error {
  /** What kind of thing went wrong. */
  readonly code: FoveaErrorCode

  constructor(code: FoveaErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'FoveaError'
    this.code = code
  }
}

/** An error as plain data, as it crosses the border to the engine and to the worker. */
export interface PlainError {
  code: FoveaErrorCode
  message: string
}

/** Anything thrown, made plain. What is not ours is `internal` and keeps its text. */
export function toPlainError(error: unknown): PlainError {
  if (error instanceof FoveaError) return { code: error.code, message: error.message }
  return { code: 'internal', message: error instanceof Error ? error.message : String(error) }
}

/** The error that an aborted `AbortSignal` stands for: its own reason where that is a FoveaError. */
export function abortError(place: string, signal: AbortSignal): FoveaError {
  if (signal.reason instanceof FoveaError) return signal.reason
  return new FoveaError('aborted', `${place}: stopped by its AbortSignal.`, {
    cause: signal.reason,
  })
}
