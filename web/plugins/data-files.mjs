// SPDX-License-Identifier: MIT
// Serves the data at data/ beside the page: the package's ten thousand digits, and all of MNIST where
// FOVEA_DATA_DIR names a folder that has it. The files are copied as they are into a built page.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'

const kMnist = /^(train|t10k)-(images|labels)[-.]idx\d-ubyte(\.gz)?$/

function filesIn(folder, accepts, prefix) {
  if (!folder || !existsSync(folder)) return []
  const names = readdirSync(folder).filter((name) => accepts.test(name))
  return names.map((name) => [`data/${prefix}${name}`, join(folder, name)])
}

/** @returns {import('vite').Plugin} */
export function dataFiles(digitsFolder) {
  const mnist = filesIn(process.env.FOVEA_DATA_DIR, kMnist, 'mnist/')
  const all = () => new Map([...filesIn(digitsFolder, /^digits-.*ubyte/, ''), ...mnist])
  const serve = (request, response, next) => {
    const path = new URL(request.url ?? '/', 'http://page').pathname.slice(1)
    const file = all().get(path)
    if (file === undefined) return next()
    // Not as gzip encoding: the library undoes it, and the bytes are the file's own.
    response.setHeader('Content-Type', 'application/octet-stream')
    response.setHeader('Cache-Control', 'no-cache')
    response.end(readFileSync(file))
  }
  return {
    name: 'fovea-data-files',
    config: () => ({
      define: { __MNIST_FILES__: JSON.stringify(mnist.map(([path]) => basename(path))) },
    }),
    configureServer: (server) => void server.middlewares.use(serve),
    generateBundle() {
      for (const [fileName, path] of all()) {
        this.emitFile({ type: 'asset', fileName, source: readFileSync(path) })
      }
    },
  }
}
