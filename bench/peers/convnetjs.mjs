// SPDX-License-Identifier: MIT
// ConvNetJS, plain JavaScript: trains and infers image by image.
import { createRequire } from 'node:module'
import { loop, serve } from '../lib/serve.mjs'

const require = createRequire(import.meta.url)
const convnetjs = require('convnetjs')
const { version } = require('convnetjs/package.json')

function build({ input: [height, width, channels], layers }) {
  const definitions = [{ type: 'input', out_sx: width, out_sy: height, out_depth: channels }]
  const hidden = layers.slice(0, -1)
  for (const { type, filters, size, pad, units, rate } of hidden) {
    if (type === 'conv')
      definitions.push({ type, sx: size, filters, stride: 1, pad, activation: 'relu' })
    else if (type === 'pool') definitions.push({ type, sx: 2, stride: 2 })
    else if (type === 'dropout') definitions.at(-1).drop_prob = rate
    else definitions.push({ type: 'fc', num_neurons: units, activation: 'relu' })
  }
  definitions.push({ type: 'softmax', num_classes: layers.at(-1).units })
  const net = new convnetjs.Net()
  net.makeLayers(definitions)
  return net
}

async function prepare({ net, phase, batch, size, images, labels }) {
  const model = build(net)
  const [height, width, channels] = net.input
  const volume = new convnetjs.Vol(width, height, channels, 0)
  const give = (example) => {
    for (let i = 0; i < size; ++i) volume.w[i] = images[example * size + i]
    return volume
  }
  const settings = { method: 'adadelta', batch_size: batch, l2_decay: 0 }
  const trainer = new convnetjs.Trainer(model, settings)
  const one =
    phase === 'train'
      ? (example) => trainer.train(give(example), labels[example]).loss
      : (example) => model.forward(give(example)).w[0]
  const step = async (first) => {
    let sum = 0
    for (let example = first; example < first + batch; ++example) sum += one(example)
    return sum
  }
  return { run: loop(batch, step), dispose: () => {} }
}

await serve({ library: 'convnetjs', version }, prepare)
