// What the page and the worker say to each other. Every call has an id; its steps, its result or its
// error carry the same id. Steps are acknowledged, so that a slow page slows the worker down instead
// of letting messages pile up.
// SPDX-License-Identifier: MIT
import type { PlainError } from '../errors.js'
import { copyData } from '../tensor.js'
import type { PackedPart } from '../unpack.js'
import type {
  Column,
  EngineCalls,
  EngineInfo,
  LossAnswer,
  LossQuestion,
  StepReport,
} from './engine.js'

/** The first message: the compiled module and what to make of it. */
export interface StartMessage {
  start: {
    wasm: WebAssembly.Module
    threads: number
    script: string
    /** The module is only the first part: the rest can be asked for. */
    inParts: boolean
  }
}

/** A call of the engine. */
export interface CallMessage {
  id: number
  call: keyof EngineCalls
  request: unknown
  /** Whether an abort may follow. */
  abortable: boolean
}

/** From the page to the engine. */
export type ToEngine =
  /** Sooner than anything else, where there are locks: one that the worker holds while it lives. */
  | { lock: string }
  /** While the page unpacks the rest of the module. */
  | { unpack: PackedPart }
  | StartMessage
  | CallMessage
  | { id: number; abort: PlainError }
  | { id: number; acknowledge: true }
  | { rest: WebAssembly.Module }
  | { noRest: PlainError }
  | { id: number; losses: LossAnswer[] }

/** From the engine to the page. */
export type FromEngine =
  | { unpacked: Uint8Array<ArrayBuffer> }
  | { ready: EngineInfo }
  | { failed: PlainError }
  | { wants: 'rest' }
  | { id: number; steps: StepReport[] }
  | { id: number; lossOf: LossQuestion[] }
  | { id: number; result: unknown }
  | { id: number; error: PlainError }

/** How many reports of steps may be on their way without an answer. */
export const kReportsInFlight = 3

/** One end of a line: a worker, a worker's own scope, or a message port. */
export interface Port {
  post(message: unknown, transfer: Transferable[]): void
  listen(onMessage: (message: unknown) => void): void
}

/** A request whose columns are copies, to be sent later or moved elsewhere. */
export function withOwnColumns<Request>(request: Request): Request {
  const columns = (request as { columns?: readonly Column[] } | null)?.columns
  if (columns === undefined) return request
  return { ...request, columns: columns.map((one) => ({ ...one, data: copyData(one.data) })) }
}

/** Every buffer of a result, so that it moves instead of being copied once more. */
export function buffersIn(value: unknown): Transferable[] {
  if (ArrayBuffer.isView(value)) return value.buffer instanceof ArrayBuffer ? [value.buffer] : []
  if (Array.isArray(value)) return value.flatMap(buffersIn)
  if (value !== null && typeof value === 'object') return Object.values(value).flatMap(buffersIn)
  return []
}
