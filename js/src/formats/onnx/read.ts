// An ONNX file as a model. Images are channels last in Fovea: a file whose images are channels first,
// as PyTorch writes them, takes and gives [batch, height, width, channels] here.
// SPDX-License-Identifier: MIT
import { FoveaError } from '../../errors.js'
import type { Model } from '../../model.js'
import { countUp, kChannelsFirst } from '../arrange.js'
import { ModelBuilder } from '../builder.js'
import type { Place } from '../builder.js'
import { Damaged, decodeModel, Inexpressible } from './decode.js'
import type { ReadGraph, ReadPort } from './decode.js'
import { GraphReader } from './graph-reader.js'
import { operationOf } from './operations.js'

const kOldest = 7

/**
 * Reads a network. What it was trained with is not in the file.
 *
 * @throws FoveaError `bad-file` for a damaged file; `unsupported` for what Fovea has no layer for, by
 * the names of node and operation
 */
export async function readOnnx(bytes: Uint8Array): Promise<Model> {
  const to = new ModelBuilder('loadModel')
  try {
    return await build(to, decodeModel(bytes))
  } catch (cause) {
    if (cause instanceof FoveaError) throw cause
    const { message } = cause as Error
    if (cause instanceof Inexpressible) throw to.unsupported(`the ONNX file: ${message}`)
    // What else is thrown while numbers of the file are used, the file has caused.
    throw to.badFile(`the ONNX file is damaged: ${message}.`, cause)
  }
}

function build(to: ModelBuilder, graph: ReadGraph): Promise<Model> {
  if (graph.opset < kOldest) {
    throw new Inexpressible(
      `it needs operators of version ${kOldest} or later, not ${graph.opset}.`,
    )
  }
  const reader = new GraphReader(to, graph)
  const ports = graph.inputs.filter(({ name }) => !graph.tensors.has(name))
  const inputs = ports.map((port) => input(reader, graph, port))
  reader.run(operationOf)
  const outputs: Place[] = graph.outputs.map(({ name, denotations }) => {
    return reader.output(name, denotations)
  })
  if (inputs.length === 0 || outputs.length === 0) throw new Damaged('it lacks inputs or outputs')
  return to.finish(graph.name, inputs, outputs)
}

function input(reader: GraphReader, graph: ReadGraph, port: ReadPort): Place {
  const { name, shape } = port
  if (shape.length < 2)
    throw new Inexpressible(`the input "${name}" has no dimension but the batch.`)
  const axes =
    shape.length === 4 && isChannelsFirst(graph, port) ? kChannelsFirst : countUp(shape.length)
  const row = countUp(shape.length - 1).map((k) => shape[axes.indexOf(k + 1)] ?? null)
  return reader.input(name, row, axes)
}

/**
 * Which dimension holds the channels the file may say. Where it does not, an image that is turned
 * before anything else happens to it was channels last; any other is as ONNX's operators want it.
 */
function isChannelsFirst({ nodes }: ReadGraph, { name, denotations }: ReadPort): boolean {
  const channels = denotations.indexOf('DATA_CHANNEL')
  if (channels >= 0) return channels === 1
  const readers = nodes.filter(({ inputs }) => inputs.includes(name))
  const turns = readers.every(({ op, attributes }) => {
    return op === 'Transpose' && String(attributes.get('perm')) === String(kChannelsFirst)
  })
  return readers.length === 0 || !turns
}
