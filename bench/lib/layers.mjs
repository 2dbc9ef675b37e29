// SPDX-License-Identifier: MIT
// npm run bench -- --layers: where the time of a training step's two passes goes, layer by layer.
// Loss and optimizer are not in it. The times come from bench/layers.cpp, built like the engine.
import { setUp } from '../../scripts/setup.mjs'
import { runProgram } from './prepare.mjs'
import { kNets, walk } from './nets.mjs'
import { table } from './report.mjs'

const kBatch = 32

/** The text of a net as the engine reads it: src/graph/model_spec.h. */
export function description(net) {
  const lines = [`model name=${net.name}`, `input name=images shape=${net.input.join()}`]
  let from = 'images'
  const add = (type, options) => {
    const name = `${type}_${lines.length - 1}`
    lines.push(`${type} name=${name} from=${from} ${options}`)
    from = name
  }
  let spatial = true
  walk(net, (layer) => {
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
  })
  return lines.join('\n')
}

function rowsOf(times, limit) {
  const total = times.reduce((sum, { ms }) => sum + ms, 0)
  const rows = times.map(({ layer = 'sum of gradients', operations = 0, backward, ms }) => {
    const gflops = operations / ms / 1e6
    return [
      `${layer} ${backward ? 'backward' : 'forward'}`,
      ms.toFixed(3),
      `${((100 * ms) / total).toFixed(1)} %`,
      operations ? gflops.toFixed(1) : '-',
      operations && limit ? `${((100 * gflops) / limit).toFixed(0)} %` : '-',
    ]
  })
  return [...rows, ['all', total.toFixed(3), '100 %', '-', '-']]
}

/** The report, as text; builds what it needs. */
export async function layersReport(options) {
  if (!options.asBuilt) await setUp(['build'])
  const parts = []
  for (const variant of ['simd', 'relaxed']) {
    const printed = await runProgram('fovea_limit', variant, options)
    const limit = printed && JSON.parse(printed).gflops
    for (const letter of options.nets) {
      const args = [description(kNets[letter]), String(kBatch)]
      const times = await runProgram('fovea_layers', variant, { ...options, args })
      if (times === undefined) {
        parts.push(`${variant}: left out, fovea_layers is not built here.`)
        break
      }
      const head = [
        `${letter}, batch ${kBatch}, ${variant}`,
        'ms',
        'of both passes',
        'GFLOP/s',
        'of limit',
      ]
      parts.push(table([head, ...rowsOf(JSON.parse(times), limit)]))
    }
  }
  return parts.join('\n\n')
}
