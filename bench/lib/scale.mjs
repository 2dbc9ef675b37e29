// SPDX-License-Identifier: MIT
// npm run bench -- --scale: whether the time per image stays the same from batches of 8 to batches of
// 512, and grows with the multiply-adds of the network alone; and the memory that training takes, which
// every full run states too.
import { fileURLToPath } from 'node:url'
import { run } from '../../scripts/lib/shell.mjs'
import { nodes } from './contestants.mjs'
import { table } from './report.mjs'

const program = fileURLToPath(new URL('../peers/scale.mjs', import.meta.url))

/** How far the largest is above the smallest, as a share. */
export const spread = (values) => Math.max(...values) / Math.min(...values) - 1

const megabytes = (bytes) => (bytes / 2 ** 20).toFixed(1)
const percent = (share) => `${(100 * share).toFixed(0)} %`

function ask(settings) {
  const [node, ...flags] = nodes()[0].command
  return JSON.parse(run(node, [...flags, program, JSON.stringify(settings)]))
}

/** A table with a column for each value of `key`, and its spread. */
function across(rows, key, label, cell) {
  const phases = [...new Set(rows.map(({ phase }) => phase))]
  const columns = [...new Set(rows.map((row) => row[key]))]
  const body = phases.map((phase) => {
    const values = rows.filter((row) => row.phase === phase).map(cell)
    return [phase, ...values.map((value) => value.toPrecision(3)), percent(spread(values))]
  })
  return table([[label, ...columns.map(String), 'spread'], ...body])
}

/** The tables, as text and as rows. */
export async function scaleReport({ quick, windows }) {
  const settings = { variant: 'relaxed', windowMs: quick ? 50 : 100, windows: quick ? 3 : windows }
  const batches = ask({ ...settings, table: 'batches' })
  const widths = ask({ ...settings, table: 'widths' })
  const memory = measureMemory({ quick })
  const millions = widths.map((row) => ({ ...row, millions: Math.round(row.multiplyAdds / 1e6) }))
  const text = [
    across(batches, 'batch', 'torchMnist, microseconds per image, batch', (row) => row.usPerImage),
    across(
      millions,
      'millions',
      'one network of several widths, batch 8, microseconds per million multiply-adds of',
      (row) => row.usPerImage / (row.multiplyAdds / 1e6),
    ),
    memoryTable(memory),
  ].join('\n\n')
  return { text, batches, widths, memory }
}

/**
 * What training takes, by plain gradient descent: { net, batch, training, inference, weightBytes, heapBytes },
 * where `planned` is all that a batch needs at once beside weights (activations and their gradients,
 * what one pass keeps for the other, scratch), `lowerBound` what is alive at the worst moment, and the
 * heap everything, after a step: the weights, as much again for their gradients, the plan, rearranged
 * weights, and what the heap grew in advance.
 */
export function measureMemory({ quick }) {
  const plan = (net, batch) => ask({ variant: 'relaxed', table: 'plan', net, batch })
  return [plan('torchMnist', 128), ...(quick ? [] : [plan('alexnet', 8)])]
}

export function memoryTable(memory) {
  return table([
    ['MiB', 'training plan', 'none below', 'inference plan', 'none below', 'weights', 'heap'],
    ...memory.map(({ net, batch, training, inference, weightBytes, heapBytes }) => [
      `${net}, batch ${batch}`,
      ...[training.planned, training.lowerBound, inference.planned, inference.lowerBound].map(
        megabytes,
      ),
      megabytes(weightBytes),
      megabytes(heapBytes),
    ]),
  ])
}
