// The one script that is both the engine's worker and, in threaded builds, its helpers: the glue
// starts itself where the scope is named em-pthread. In a page it only exports.
// SPDX-License-Identifier: MIT
import factory from 'fovea:glue'
import type { Port } from './protocol.js'
import { serve } from './serve.js'

/** The part of a worker's own scope that is used here. */
interface WorkerScope {
  name?: string
  postMessage(message: unknown, transfer: Transferable[]): void
  onmessage: ((event: MessageEvent) => void) | null
}

const scope = globalThis as unknown as WorkerScope

if (scope.name === 'fovea-engine' && typeof document === 'undefined') {
  const port: Port = {
    post: (message, transfer) => scope.postMessage(message, transfer),
    listen: (onMessage) => {
      scope.onmessage = ({ data }) => onMessage(data)
    },
  }
  serve(port, factory)
}

export { factory, serve }
