// The engine's worker thread in Node.
// SPDX-License-Identifier: MIT
import { nodeGlue } from 'fovea:engines'
import { parentPort, workerData } from 'node:worker_threads'
import type { Transferable as NodeTransferable } from 'node:worker_threads'
import type { Build } from './engine.js'
import { serve } from './serve.js'

const glue = nodeGlue[(workerData as { build: Build }).build]
const line = parentPort
if (line !== null && glue !== undefined) {
  serve(
    {
      post: (message, transfer) =>
        line.postMessage(message, transfer as unknown as NodeTransferable[]),
      listen: (onMessage) => void line.on('message', onMessage),
    },
    async (settings) => (await glue()).default(settings),
  )
}
