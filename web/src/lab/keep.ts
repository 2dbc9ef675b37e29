// SPDX-License-Identifier: MIT
// A network leaves the engine: kept in this browser, or written as a file of one of the formats that
// others read; and comes back.
import type { Model } from 'fovea'
import { engine } from './engine.js'

export interface KeptModel {
  name: string
  url: string
  bytes: number
  savedAt: Date
}

export const kFormats = {
  safetensors: 'safetensors: all of it, to train on with Fovea',
  onnx: 'ONNX: for ONNX Runtime and others',
  tfjs: 'TensorFlow.js: model.json and weights.bin',
  pytorch: 'PyTorch: weights, and the module as Python',
} as const

export type FormatName = keyof typeof kFormats

interface NamedFile {
  name: string
  content: Uint8Array | ArrayBuffer | string
}

const kScheme = 'indexeddb://'

export async function keptModels(): Promise<KeptModel[]> {
  const { models } = await import('fovea')
  const all = await models.list()
  return all
    .filter(({ url }) => url.startsWith(kScheme))
    .map((one) => ({ ...one, name: decodeURIComponent(one.url.slice(kScheme.length)) }))
}

export async function keep(model: Model, name: string): Promise<void> {
  await model.save(`${kScheme}${encodeURIComponent(name)}`)
}

export async function forget(url: string): Promise<void> {
  const { models } = await import('fovea')
  await models.remove(url)
}

export async function reopen(source: string | readonly File[]): Promise<Model> {
  const { loadModel } = await engine()
  if (typeof source === 'string') return loadModel(source)
  const [only] = source
  return source.length === 1 && only ? loadModel(only) : loadModel(source)
}

/** The network as files, downloaded by the browser. */
export async function download(model: Model, format: FormatName, name: string): Promise<void> {
  for (const file of await filesOf(model, format, name)) save(file)
}

async function filesOf(model: Model, format: FormatName, name: string): Promise<NamedFile[]> {
  // Augmentation acts in training only; a format that has no word for it does without.
  const inferenceOnly = true
  switch (format) {
    case 'safetensors':
      return [
        { name: `${name}.safetensors`, content: await model.toSafetensors({ optimizer: true }) },
      ]
    case 'onnx':
      return [{ name: `${name}.onnx`, content: await model.toOnnx() }]
    case 'tfjs': {
      const { weightSpecs, weightData, ...rest } = await model.toTfjs({ inferenceOnly })
      const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }]
      return [
        { name: 'model.json', content: JSON.stringify({ ...rest, weightsManifest }) },
        { name: 'weights.bin', content: weightData },
      ]
    }
    case 'pytorch': {
      const { weights, source } = await model.toPyTorch({ inferenceOnly })
      return [
        { name: `${name}.safetensors`, content: weights },
        { name: `${name}.py`, content: source },
      ]
    }
  }
}

function save({ name, content }: NamedFile): void {
  const url = URL.createObjectURL(new Blob([content as BlobPart]))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The download has its own hold on the bytes after a moment.
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
