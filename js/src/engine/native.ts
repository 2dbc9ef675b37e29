// The wasm module seen from JavaScript: flat functions that answer in JSON, and bytes copied in and
// out. The heap's views are read anew after every call, because memory may have grown.
// SPDX-License-Identifier: MIT
import { FoveaError } from '../errors.js'
import type { PlainError } from '../errors.js'
import { elementCount } from '../tensor.js'

/** The functions of src/bindings/bindings.cpp. Those that give strings answer `{"ok": ...}` or `{"error": ...}`. */
export interface NativeModule {
  /** Where the module came in parts: brings the rest, once. Put here by {@link instantiate}. */
  bringRest?: () => Promise<void>
  /** A call went to the rest before it was there. Where nothing in C++ was around it to catch what that
   * throws (Embind's own functions), this is all that is heard of it. */
  wantsRest?: boolean
  HEAPU8: Uint8Array
  HEAP32: Int32Array
  HEAPF32: Float32Array
  allocate(bytes: number): number
  heapBytes(): number
  release(pointer: number): void
  engineInfo(): string
  setRest(here: boolean): void
  /** Throws in C++ while the rest is not there. */
  needRest(): void
  startThreads(count: number): string
  createModel(spec: string, seed: number): string
  disposeModel(model: number): string
  parameters(model: number): string
  trainingState(model: number, given: string): string
  setTrainable(model: number, layer: string, flag: number): string
  compileModel(model: number, training: string): string
  /** Takes over a block of columns (block.ts), whatever happens. */
  createDataset(block: number): string
  disposeDataset(dataset: number): string
  beginFit(
    model: number,
    dataset: number,
    batchSize: number,
    from: number,
    to: number,
    shuffle: number,
    seed: number,
    epoch: number,
  ): string
  fitStep(model: number): string
  beginStep(model: number, dataset: number, evaluates: number): string
  finishStep(model: number, evaluates: number, losses: number, count: number): string
  finishFit(model: number): string
  beginEvaluate(model: number, dataset: number, batchSize: number, from: number, to: number): string
  evaluateStep(model: number): string
  setLearningRate(model: number, rate: number): string
  getLearningRate(model: number): string
  /** Where the answer lies (block.ts); 0: see failure. */
  predict(model: number, block: number, from: number, count: number): number
  failure(): string
  activations(model: number, block: number, names: string): string
  gradients(model: number, block: number, own: number, training: number): string
  memory(model: number, batchSize: number, training: number): string
  digitFromPixels(
    pixels: number,
    width: number,
    height: number,
    channels: number,
    result: number,
  ): string
}

/** What makes a {@link NativeModule}: the glue that Emscripten writes. */
export type ModuleFactory = (settings: {
  instantiateWasm?: (
    imports: WebAssembly.Imports,
    receive: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
  ) => object
  mainScriptUrlOrBlob?: string | Blob
}) => Promise<NativeModule>

/**
 * Starts the glue with a module that is compiled already. With `rest` that is the first part of a
 * module in two (scripts/package/split.mjs), and `rest` gets the other.
 */
export async function instantiate(
  factory: ModuleFactory,
  wasm: WebAssembly.Module,
  script?: string,
  rest?: () => Promise<WebAssembly.Module>,
): Promise<NativeModule> {
  let first: WebAssembly.Instance | undefined
  // What the first part calls in place of every function of the rest.
  const late = {
    '': () => {
      made.wantsRest = true
      made.needRest()
    },
  }
  let fail: (cause: unknown) => void = () => {}
  const failed = new Promise<never>((_, reject) => (fail = reject))
  const started = factory({
    // The glue waits for `receive` and never hears of a failure, so that is raced beside it.
    instantiateWasm(imports, receive) {
      WebAssembly.instantiate(wasm, { ...imports, late }).then((instance) => {
        first = instance
        receive(instance, wasm)
      }, fail)
      return {}
    },
    ...(script === undefined ? {} : { mainScriptUrlOrBlob: script }),
  })
  const made = await Promise.race([started, failed])
  if (rest === undefined || first === undefined) return made
  const imports = { first: first.exports }
  made.setRest(false)
  let coming: Promise<void> | undefined
  made.bringRest = () => {
    const bring = async (): Promise<void> => {
      await WebAssembly.instantiate(await rest(), imports) // it fills the table by itself
      made.setRest(true)
    }
    coming ??= bring().catch((error: unknown) => {
      coming = undefined // the next model may find the network back
      throw error
    })
    return coming
  }
  return made
}

/**
 * Calls; where that needs the rest of the engine, fetches it and calls again. Numbers that lie in the
 * heap are to be copied within the call: afterwards another call may have had its turn.
 */
export function whole<Result>(native: NativeModule, call: () => Result): Result | Promise<Result> {
  native.wantsRest = false
  try {
    return call()
  } catch (error) {
    const code = error instanceof FoveaError ? (error.code as string) : ''
    const needed = native.wantsRest || code === 'needs-rest'
    if (native.bringRest === undefined || !needed) throw error
  }
  return native.bringRest().then(call)
}

/** Threads that take longer than this to start are given up. */
const kThreadMilliseconds = 5000

/**
 * Starts threads and waits until all of them run. In a browser each is a worker that starts only when
 * this one has returned to its event loop, and now and then one never does.
 */
export async function startThreads(native: NativeModule, count: number): Promise<void> {
  unwrap(native.startThreads(count))
  const begin = performance.now()
  for (;;) {
    const info = native.engineInfo()
    const { threads, threadsStarted } = unwrap<{ threads: number; threadsStarted: number }>(info)
    if (threadsStarted === threads) return
    if (performance.now() - begin > kThreadMilliseconds) {
      const missing = threads - threadsStarted
      throw new FoveaError('worker-lost', `${missing} of ${threads} threads did not start.`)
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

type Answer<Result> = { ok: Result } | { error: PlainError }

/** Reads an answer of the module; an error becomes a FoveaError. */
export function unwrap<Result>(text: string): Result {
  const answer = JSON.parse(text) as Answer<Result>
  if ('ok' in answer) return answer.ok
  throw new FoveaError(answer.error.code, answer.error.message)
}

/** Room in the heap; the caller owns the pointer. `what` opens the sentence on failure. */
export function allocate(native: NativeModule, bytes: number, what: string): number {
  // Sizes in the module have 32 bits: a larger one would be cut off to a small one.
  const pointer = bytes < 2 ** 32 ? native.allocate(bytes) : 0
  if (pointer !== 0) return pointer
  throw new FoveaError(
    'out-of-memory',
    `${what}: needs ${bytes} bytes, and the engine's memory has no room for them. ` +
      `Use fewer examples, or dispose of models that are no longer needed.`,
  )
}

/** Copies bytes to where there is room for them. */
export function put(native: NativeModule, pointer: number, data: ArrayBufferView): void {
  native.HEAPU8.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), pointer)
}

/** Where the engine left numbers; pointer 0 stands for nothing but zeros. */
export interface Place {
  pointer: number
  shape: number[]
}

/** Copies a tensor out of the heap. */
export function copyTensorOut(
  native: NativeModule,
  { pointer, shape }: Place,
): { data: Float32Array; shape: number[] } {
  const size = elementCount(shape)
  const at = pointer / 4
  const data = pointer === 0 ? new Float32Array(size) : native.HEAPF32.slice(at, at + size)
  return { data, shape }
}
