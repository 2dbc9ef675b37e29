// SPDX-License-Identifier: MIT
// The limit of this machine: what limit.cpp prints, in GFLOP/s, per variant.
import { runProgram } from './prepare.mjs'

/** { simd, relaxed }, nothing below what `before` has; `notes` hears of variants that are left out. */
export async function measureLimit(options, notes, before = {}) {
  const limit = { ...before }
  for (const variant of ['simd', 'relaxed']) {
    const printed = await runProgram('fovea_limit', variant, options).catch((error) => {
      notes.push(`limit, ${variant}: ${error.message.split('\n')[0]}`)
    })
    if (printed) limit[variant] = Math.max(limit[variant] ?? 0, JSON.parse(printed).gflops)
    else notes.push(`limit, ${variant}: left out, it is not built here.`)
  }
  return limit
}
