// SPDX-License-Identifier: MIT
// The engine's one start. The experiment says how it runs; whatever needs it sooner, a drawing or a kept
// network that is opened, waits for that, or it would start an engine of another kind.
import type { Backend } from 'fovea'

type Fovea = typeof import('fovea')

let begin: (start: Promise<Fovea>) => void
const running = new Promise<Fovea>((resolve) => (begin = resolve))
// Where it cannot start, the experiment says so; those who wait are told too, if there are any.
running.catch(() => {})

/** Starts it. `reproducible`: the same numbers on every machine. */
export async function startEngine(reproducible: boolean): Promise<Backend> {
  const start = import('fovea').then(async (fovea) => {
    return { fovea, backend: await fovea.init({ reproducible }) }
  })
  begin(start.then(({ fovea }) => fovea))
  return (await start).backend
}

/** The package, once its engine runs. Rejects with the sentence of an engine that cannot start. */
export function engine(): Promise<Fovea> {
  return running
}
