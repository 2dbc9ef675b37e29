// Where a training stands, as the line that the engine reads (src/bindings/engine_state.cpp).
// SPDX-License-Identifier: MIT
import type { Progress } from '../engine/engine.js'

/** The line that puts it back. */
export function progressLine(progress: Progress): string {
  const words = Object.entries(progress).map(([name, value]) => {
    // JSON has no NaN: null stands for it among what the metrics have counted.
    return `${name}=${Array.isArray(value) ? value.map((one) => one ?? NaN).join() : value}`
  })
  return ['progress', ...words].join(' ')
}
