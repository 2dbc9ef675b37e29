// What the rest of the library asks of the place it runs in.
// SPDX-License-Identifier: MIT
import type { FoveaError } from './errors.js'
import type { Build, Engine } from './engine/engine.js'
import type { InitOptions } from './engine/runtime.js'

/** How an engine is to be started. */
export interface StartRequest {
  build: Build
  threads: number
  worker: boolean
  options: InitOptions
  /** Called when a worker that had started stops by itself. */
  onLost: (error: FoveaError) => void
}

/** A terminal or a pipe. */
export interface ProgressOutput {
  write(text: string): unknown
  isTTY?: boolean
  columns?: number
}

/** Files as a place to keep models in: what formats/places.ts asks of every place. */
export interface FilePlace {
  write(path: string, bytes: Uint8Array, call: string): Promise<void>
  read(path: string, call: string): Promise<Uint8Array | undefined>
  list(folder: string, call: string): Promise<{ url: string; bytes: number; savedAt: Date }[]>
  remove(path: string, call: string): Promise<boolean>
}

/** A browser, or Node. */
export interface Platform {
  readonly built: readonly Build[]
  wantsWorker(worker: 'auto' | boolean): boolean
  processors(): number
  /** Why threads cannot be used, as the end of a sentence; undefined where they can. */
  threadsRefused(worker: boolean): string | undefined
  startEngine(request: StartRequest): Promise<Engine>
  /** How often steps are reported: at most once in so many milliseconds. */
  reportMilliseconds(worker: boolean): number
  environment(name: string): string | undefined
  /** Where progress is written; undefined where there is no terminal. */
  output(): ProgressOutput | undefined
  /** The first of the names that is a file in the folder, as bytes. Browsers have no folders. */
  readFromFolder(folder: string, names: readonly string[]): Promise<Uint8Array | undefined>
  /** One of the files of digits that come with the package. */
  readDigits(name: string, baseUrl: string | URL | undefined): Promise<Uint8Array>
  /** Browsers: none. */
  files?: FilePlace
  /** Opens a file of text, empty or as it is; true where something stands in it. Browsers: none. */
  beginText?(place: string, path: string, keep: boolean): Promise<boolean>
  /** Writes at the end of a file that was begun. */
  appendText?(place: string, path: string, text: string): Promise<void>
}
