// SPDX-License-Identifier: MIT
// ONNX Runtime Web, wasm: inference only, training was taken out of it.
import * as ort from 'onnxruntime-web'
import { kExamples } from '../lib/pixels.mjs'
import { kSettings, loop, serve } from '../lib/serve.mjs'
import { onnxModel } from './onnx-model.mjs'

ort.env.wasm.numThreads = kSettings.threads
ort.env.logLevel = 'error'

async function prepare({ net, phase, batch, size, images }) {
  if (phase === 'train') throw new Error('ONNX Runtime Web cannot train')
  const session = await ort.InferenceSession.create(onnxModel(net, batch), {
    executionProviders: ['wasm'],
  })
  const [height, width, channels] = net.input
  const inputs = []
  for (let first = 0; first + batch <= kExamples; first += batch) {
    // Its order of dimensions is another; which pixel is where makes no difference to the time.
    const data = images.slice(first * size, (first + batch) * size)
    inputs.push(new ort.Tensor('float32', data, [batch, channels, height, width]))
  }
  const [name] = session.outputNames
  const step = async (first) => {
    const outputs = await session.run({ images: inputs[first / batch] })
    return outputs[name].data[0]
  }
  return { run: loop(batch, step), dispose: () => session.release() }
}

const version = ort.env.versions.web ?? ort.env.versions.common
await serve({ library: 'onnxruntime', version }, prepare)
