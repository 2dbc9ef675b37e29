// SPDX-License-Identifier: MIT
// The contestant's side of the protocol: a line of JSON in, a line of JSON out.
//   {"call":"prepare","net":"A","phase":"train","batch":32,"pixels":FILE}  makes the model
//   {"call":"window","steps":10} -> {"ms","cpuMs","times","sum"}           runs so many batches
//   {"call":"memory"} -> {"peakRssBytes"};  {"call":"quit"}
// The first line out says who it is: {"library","version","variant","threads","host"}.
import { createInterface } from 'node:readline'
import { kNets } from './nets.mjs'
import { kExamples, readPixels } from './pixels.mjs'

/** The settings that the parent gave: { variant, threads }. */
export const kSettings = JSON.parse(process.argv[2] ?? '{"variant":"simd","threads":1}')

/**
 * Answers the parent. `prepare({ net, phase, batch, images, labels, size, stepMs })` resolves to
 * { run(steps, times) -> a number made of the results, dispose() }; `times` gets the milliseconds of
 * each call where calls can be told apart. A library whose results no number is made of could skip
 * the work.
 */
export async function serve(identity, prepare) {
  // Libraries print to standard output, which is the protocol's.
  const write = process.stdout.write.bind(process.stdout)
  process.stdout.write = (...given) => process.stderr.write(...given)
  const send = (answer) => write(`${JSON.stringify(answer)}\n`)
  let prepared
  const calls = {
    async prepare({ net: name, phase, batch, pixels, stepMs }) {
      await prepared?.dispose()
      const net = kNets[name]
      const size = net.input.reduce((product, length) => product * length, 1)
      prepared = await prepare({ net, phase, batch, size, stepMs, ...readPixels(pixels) })
      return {}
    },
    async window({ steps }) {
      const times = []
      const cpu = process.cpuUsage()
      const start = performance.now()
      const sum = await prepared.run(steps, times)
      const ms = performance.now() - start
      const { user, system } = process.cpuUsage(cpu)
      return { ms, cpuMs: (user + system) / 1000, times, sum }
    },
    async memory() {
      return { peakRssBytes: process.resourceUsage().maxRSS * 1024 }
    },
  }
  send({ ...kSettings, host: `Node ${process.versions.node}`, ...identity })
  for await (const line of createInterface({ input: process.stdin })) {
    const { call, ...request } = JSON.parse(line)
    if (call === 'quit') break
    try {
      send(await calls[call](request))
    } catch (error) {
      send({ error: String(error?.message ?? error).split('\n')[0] })
    }
  }
  process.exit(0)
}

/** After others had the processor, the first calls of a window fetch weights and code into its caches. */
const kWarmMilliseconds = 5

/**
 * `run` for a library that is called batch by batch: `step(first example)` gives a number. Calls count
 * one by one once the processor's caches are the caller's again.
 */
export function loop(batch, step) {
  const batches = Math.floor(kExamples / batch)
  let next = 0
  return async (steps, times) => {
    let sum = 0
    const begin = performance.now()
    for (let i = 0; i < steps; ++i) {
      const start = performance.now()
      sum += await step(batch * (next++ % batches))
      if (start - begin >= kWarmMilliseconds) times.push(performance.now() - start)
    }
    return sum
  }
}
