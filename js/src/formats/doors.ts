// The doors to other formats: each is a file of its own, fetched when it is first asked for.
// SPDX-License-Identifier: MIT
import type { Writable } from './network.js'
import type { OnnxOptions } from './onnx/write.js'
import type { ExportOptions, PyTorchModel } from './pytorch/write.js'
import type { TfjsModel } from './tfjs/write.js'

export async function toOnnx(model: Writable, options?: OnnxOptions): Promise<Uint8Array> {
  return (await import('./onnx/write.js')).writeOnnx(model, options)
}

export async function toPyTorch(model: Writable, options?: ExportOptions): Promise<PyTorchModel> {
  return (await import('./pytorch/write.js')).writePyTorch(model, options)
}

export async function toTfjs(model: Writable, options?: ExportOptions): Promise<TfjsModel> {
  return (await import('./tfjs/write.js')).writeTfjs(model, options)
}
