// SPDX-License-Identifier: MIT
// The bundles, made by esbuild. Browsers get the engine as strings: a worker made from a string needs
// no file that a bundler would have to find, and base64 of packed wasm costs next to nothing over
// the wire. Node gets files.
import { build } from 'esbuild'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { root } from '../lib/paths.mjs'
import { wasmFolder } from '../lib/variants.mjs'
import { unpackerText } from './codec.mjs'
import { packed } from './pack.mjs'
import { splitModule } from './split.mjs'

const source = (name) => join(root, 'js/src', name)

const kCommon = {
  bundle: true,
  minify: true,
  legalComments: 'none',
  target: 'es2022',
  format: 'esm',
  logLevel: 'warning',
  absWorkingDir: root,
}

/** Answers `import ... from 'fovea:...'` with text made here, and leaves paths in dist alone. */
function virtual(modules) {
  return {
    name: 'fovea-modules',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^fovea:/ }, ({ path }) => {
        const found = modules[path.slice('fovea:'.length)]
        return found.file ? { path: found.file } : { path, namespace: 'fovea' }
      })
      onLoad({ filter: /.*/, namespace: 'fovea' }, ({ path }) => {
        return { contents: modules[path.slice('fovea:'.length)].text, resolveDir: root }
      })
      onResolve({ filter: /^\.\/(engine|node)\/[a-z-]+(\.js|\/)/ }, ({ path, namespace }) =>
        namespace === 'fovea' ? { path, external: true } : undefined,
      )
    },
  }
}

/**
 * esbuild makes a file for every combination of parts that share something. Where the rarer parts all
 * hold on to later.ts, there is one such combination, and the page's first download is smaller.
 */
export const oneSharedFile = {
  name: 'fovea-one-shared-file',
  setup({ onLoad }) {
    onLoad(
      { filter: /js\/src\/formats\/([a-z]+\/(read|write)|checkpoint|load|save)\.ts$/ },
      ({ path }) => {
        const text = readFileSync(path, 'utf8')
        const later = join(relative(dirname(path), source('.')), 'later.js')
        return { contents: `${text}\nexport * as later from '${later}'\n`, loader: 'ts' }
      },
    )
  },
}

/** Of the module; what is left its worker unpacks, which has to start first. */
const kShareOfPage = 0.7

/** `{ simd: () => import('./engine/simd.js'), ... }` */
const loaders = (builds, path) =>
  `{${builds.map((one) => `${JSON.stringify(one)}: () => import('${path(one)}')`).join(', ')}}`

/** index.js with its parts, and for each build its worker, its wasm, and both as strings. */
export async function bundleBrowser(dist, builds) {
  for (const one of builds) await bundleEngine(dist, one)
  writeStrings(dist, 'unpacker', { code: unpackerText() })
  const engines = [
    `export const built = ${JSON.stringify(builds)}`,
    `export const embedded = ${loaders(builds, (one) => `./engine/${one}.js`)}`,
    `export const rest = ${loaders(
      builds.filter((one) => !one.endsWith('-threads')),
      (one) => `./engine/${one}-rest.js`,
    )}`,
    `export const scripts = ${loaders(builds, (one) => `./engine/${one}-worker.js`)}`,
    "export const unpacker = () => import('./engine/unpacker.js')",
    `export const inPage = ${loaders(builds, (one) => `./engine/${one}/worker.js`)}`,
  ]
  await build({
    ...kCommon,
    entryPoints: [source('index.ts')],
    outdir: dist,
    splitting: true, // later.ts is a file of its own, and so is what it shares with the others
    chunkNames: 'part-[name]-[hash]', // beside index.js: from there the engines are found
    platform: 'browser',
    sourcemap: true,
    plugins: [virtual({ engines: { text: engines.join('\n') } }), oneSharedFile],
  })
}

async function bundleEngine(dist, name) {
  const folder = join(dist, 'engine', name)
  mkdirSync(folder, { recursive: true })
  const worker = join(folder, 'worker.js')
  await build({
    ...kCommon,
    entryPoints: [source('engine/worker.ts')],
    outfile: worker,
    platform: 'browser',
    // The glue would look for its wasm and for its own script beside itself, and so would every
    // bundler. It is given both, and where it still asks, it asks for the scope's own address.
    define: { 'import.meta.url': 'self.location.href' },
    plugins: [virtual({ glue: { file: join(wasmFolder(name), 'fovea-web.mjs') } })],
  })
  const { whole, first, rest } = splitModule(wasmFolder(name), 'fovea-web.wasm', name)
  writeFileSync(join(folder, 'fovea.wasm'), whole)
  // By itself gzip makes less of it, and the worker starts while the module is on its way.
  writeStrings(dist, `${name}-worker`, { script: readFileSync(worker, 'utf8') })
  // A thread would need the rest in a table of its own: threaded builds come whole.
  writeStrings(dist, name, await packed(first ?? whole, kShareOfPage))
  if (rest !== undefined) writeStrings(dist, `${name}-rest`, await packed(rest))
}

function writeStrings(dist, name, strings) {
  const lines = Object.entries(strings).map(
    ([key, value]) => `export const ${key} = ${JSON.stringify(value)}\n`,
  )
  writeFileSync(join(dist, 'engine', `${name}.js`), lines.join(''))
}

/** node.js and node.cjs, the worker thread's script, and the glue with its wasm for each build. */
export async function bundleNode(dist, builds) {
  for (const one of builds) {
    const folder = join(dist, 'node', one)
    mkdirSync(folder, { recursive: true })
    for (const name of ['fovea-node.mjs', 'fovea-node.wasm']) {
      copyFileSync(join(wasmFolder(one), name), join(folder, name))
    }
  }
  const engines = [
    `export const built = ${JSON.stringify(builds)}`,
    `export const nodeGlue = ${loaders(builds, (one) => `./node/${one}/fovea-node.mjs`)}`,
  ]
  const settings = {
    ...kCommon,
    minify: false,
    platform: 'node',
    target: 'node20',
    plugins: [
      virtual({ engines: { text: engines.join('\n') } }),
      {
        name: 'fovea-platform',
        setup({ onResolve }) {
          onResolve({ filter: /\/platform\.js$/ }, () => ({ path: source('platform.node.ts') }))
        },
      },
    ],
  }
  const index = [source('index.ts')]
  await build({ ...settings, entryPoints: index, outfile: join(dist, 'node.js') })
  await build({
    ...settings,
    entryPoints: index,
    outfile: join(dist, 'node.cjs'),
    format: 'cjs',
    define: { 'import.meta.url': 'foveaUrl' },
    banner: { js: "const foveaUrl = require('node:url').pathToFileURL(__filename).href;" },
  })
  const worker = source('engine/worker-node.ts')
  await build({ ...settings, entryPoints: [worker], outfile: join(dist, 'node-worker.js') })
}
