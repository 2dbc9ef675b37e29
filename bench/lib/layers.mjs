// SPDX-License-Identifier: MIT
// Where the time of a training step's two passes goes, and that of predicting one image, layer by
// layer, in any full run and by itself with npm run bench -- --layers. Loss and optimizer are not in it. The times come from
// bench/layers.cpp, built like the engine: processor time, the median of 25 windows.
import { runProgram } from './prepare.mjs'
import { kNets, walk } from './nets.mjs'
import { table } from './report.mjs'

const kPhases = [
  { phase: 'train', batch: 32, args: [] },
  { phase: 'infer', batch: 1, args: ['predict'] },
]

/** A net as the engine reads it (src/graph/model_spec.h), and the channels that each layer reads. */
function described(net) {
  const channelsOf = {}
  const lines = [`model name=${net.name}`, `input name=images shape=${net.input.join()}`]
  let from = 'images'
  const add = (type, options) => {
    const name = `${type}_${lines.length - 1}`
    lines.push(`${type} name=${name} from=${from} ${options}`)
    from = name
  }
  let spatial = true
  walk(net, (layer, [, , channels]) => {
    const { type, filters, size, pad, units, rate, relu } = layer
    const padding = pad > 0 ? 'same' : 'valid'
    if (type === 'conv')
      add('conv2d', `filters=${filters} kernelSize=${size} padding=${padding} activation=relu`)
    else if (type === 'pool') add('maxPooling2d', 'poolSize=2')
    else if (type === 'dropout') add('dropout', `rate=${rate}`)
    else {
      if (spatial) add('flatten', '')
      spatial = false
      add('dense', `units=${units}${relu ? ' activation=relu' : ''}`)
    }
    channelsOf[from] = channels
  })
  return { text: lines.join('\n'), channelsOf }
}

/**
 * A row per layer, pass and variant: { net, variant, phase, batch, layer, type, channels, backward, ms,
 * operations, gflops, share }. `share` is of the limit, which was measured beside each window; `backward` is
 * every gradient that the layer owes: of weights and, but for the first layer, of inputs. Builds what it needs.
 */
export async function measureLayers(options, notes) {
  const rows = []
  const cases = ['simd', 'relaxed'].flatMap((variant) =>
    options.nets.flatMap((net) => kPhases.map((phase) => ({ variant, net, ...phase }))),
  )
  for (const { variant, net, phase, batch, args } of cases) {
    const { text, channelsOf } = described(kNets[net])
    const printed = await runProgram('fovea_layers', variant, {
      ...options,
      args: [text, String(batch), ...args],
    })
    if (printed === undefined) {
      notes.push(`layers, ${variant}: left out, fovea_layers is not built here.`)
      continue
    }
    for (const { layer = 'sum of gradients', type, operations, share, ...times } of JSON.parse(
      printed,
    )) {
      const channels = channelsOf[layer]
      const row = { net, variant, phase, batch, layer, type, channels, ...times }
      const gflops = operations / row.ms / 1e6
      rows.push(operations > 0 ? { ...row, operations, gflops, share } : row)
    }
  }
  return rows
}

/** One table per variant, net and phase. */
export function layersTables(rows) {
  const titleOf = ({ net, variant, phase, batch }) =>
    `${net}, ${phase === 'train' ? 'training' : 'predicting'}, batch ${batch}, ${variant}`
  const percent = (share) => (share === undefined ? '-' : `${(100 * share).toFixed(0)} %`)
  return [...new Set(rows.map(titleOf))].map((title) => {
    const list = rows.filter((row) => titleOf(row) === title)
    const total = list.reduce((sum, { ms }) => sum + ms, 0)
    const body = list.map(({ layer, backward, ms, gflops, share }) => [
      `${layer} ${backward ? 'backward' : 'forward'}`,
      ms.toFixed(4),
      `${((100 * ms) / total).toFixed(1)} %`,
      gflops === undefined ? '-' : gflops.toFixed(1),
      percent(share),
    ])
    const head = [title, 'ms', 'of all', 'GFLOP/s', 'of limit']
    return table([head, ...body, ['all', total.toFixed(4), '100 %', '-', '-']])
  })
}
