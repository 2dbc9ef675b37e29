// SPDX-License-Identifier: MIT
// Serves a built page on loopback, with or without the headers that allow threads.
import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { extname, join, normalize, sep } from 'node:path'

const kTypes = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
}

const kIsolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

/** @returns {Promise<{ url: string, close: () => Promise<void> }>} */
export async function serve(folder, { isolated = true } = {}) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://page')
    const path = normalize(join(folder, pathname === '/' ? 'index.html' : decodeURI(pathname)))
    try {
      if (!path.startsWith(folder + sep)) throw new Error('outside')
      const body = await readFile(path)
      const type = kTypes[extname(path)] ?? 'application/octet-stream'
      response.writeHead(200, { 'Content-Type': type, ...(isolated ? kIsolation : {}) })
      response.end(body)
    } catch {
      response.writeHead(404, { 'Content-Type': 'text/plain' })
      response.end('not found')
    }
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}
