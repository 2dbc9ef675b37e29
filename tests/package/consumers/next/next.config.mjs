// SPDX-License-Identifier: MIT
// The two headers are what a page needs to have threads. The root is where the bundlers of these
// tests lie: one folder up.
import { fileURLToPath } from 'node:url'

const headers = [
  { key: 'Cross-Origin-Opener-Policy', value: 'same-origin' },
  { key: 'Cross-Origin-Embedder-Policy', value: 'require-corp' },
]

const root = fileURLToPath(new URL('..', import.meta.url))

export default { turbopack: { root }, headers: async () => [{ source: '/:path*', headers }] }
