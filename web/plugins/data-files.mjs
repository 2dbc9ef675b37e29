// SPDX-License-Identifier: MIT
// Serves the data at data/ beside the page: the package's ten thousand digits, and larger sets where
// FOVEA_DATA_DIR (MNIST), FOVEA_FASHION_DIR or FOVEA_CIFAR_DIR names a folder that has them. The files
// are copied as they are into a built page.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'

const kIdx = /^(train|t10k)-(images|labels)[-.]idx\d-ubyte(\.gz)?$/
const kCifar = /^(data_batch_[1-5]|test_batch)\.bin(\.gz)?$/

function filesIn(folder, accepts, prefix) {
  if (!folder || !existsSync(folder)) return []
  const names = readdirSync(folder).filter((name) => accepts.test(name))
  return names.map((name) => [`data/${prefix}${name}`, join(folder, name)])
}

/** @returns {import('vite').Plugin} */
export function dataFiles(digitsFolder) {
  const { FOVEA_DATA_DIR, FOVEA_FASHION_DIR, FOVEA_CIFAR_DIR } = process.env
  const sets = {
    mnist: filesIn(FOVEA_DATA_DIR, kIdx, 'mnist/'),
    fashion: filesIn(FOVEA_FASHION_DIR, kIdx, 'fashion/'),
    cifar: filesIn(FOVEA_CIFAR_DIR, kCifar, 'cifar/'),
  }
  const names = Object.entries(sets).map(([set, files]) => [
    set,
    files.map(([path]) => basename(path)),
  ])
  const all = () =>
    new Map([...filesIn(digitsFolder, /^digits-.*ubyte/, ''), ...Object.values(sets).flat()])
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
      define: { __DATA_FILES__: JSON.stringify(Object.fromEntries(names)) },
    }),
    configureServer: (server) => void server.middlewares.use(serve),
    generateBundle() {
      for (const [fileName, path] of all()) {
        this.emitFile({ type: 'asset', fileName, source: readFileSync(path) })
      }
    },
  }
}
