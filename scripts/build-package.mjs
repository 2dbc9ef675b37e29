// SPDX-License-Identifier: MIT
// Makes the npm package in dist/ from js/src and the wasm modules that are built:
//   index.js, part-*.js      browsers: the API; loads one of engine/*.js when it starts
//   engine/<build>.js        the wasm, packed, as a string: no file to configure
//   engine/<build>-worker.js the worker's script, as a string
//   engine/unpacker.js       what unpacks the wasm
//   engine/<build>/          the same as plain files, for strict set-ups (workerUrl, wasmUrl)
//   node.js, node.cjs        Node, with node/<build>/ beside them
//   types/, types-cjs/        type declarations for import and for require
//   data/                     ten thousand digits
//   third-party-licenses.txt  of what is compiled or bundled into the files
// Does nothing when nothing changed.
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { fingerprint } from './lib/cmake.mjs'
import { alone } from './lib/lock.mjs'
import { build, root, sources } from './lib/paths.mjs'
import { main, PlainError, run, say } from './lib/shell.mjs'
import { digest, once } from './lib/stamp.mjs'
import { kModuleFiles, kVariants, wasmFolder } from './lib/variants.mjs'
import { bundleBrowser, bundleNode } from './package/bundle.mjs'
import { packDigits } from './package/digits.mjs'
import { printSizes } from './package/sizes.mjs'

const dist = join(root, 'dist')
const kInputs = ['js', 'scripts/build-package.mjs', 'scripts/package', 'node_modules/esbuild']

export async function buildDist() {
  const complete = (variant) =>
    kModuleFiles.every((name) => existsSync(join(wasmFolder(variant), name)))
  const builds = kVariants.filter(complete)
  if (builds.length === 0) {
    throw new PlainError('The package needs at least one wasm module: run npm run build.')
  }
  const modules = builds.flatMap((one) => kModuleFiles.map((name) => `build/wasm/${one}/${name}`))
  const key = digest(fingerprint([...kInputs, ...modules]))
  const outputs = [
    'index.js',
    'node.js',
    'node.cjs',
    'types/index.d.ts',
    'types-cjs/index.d.ts',
  ].map((name) => join(dist, name))
  await alone(build, async () => {
    const made = await once(join(build, 'fovea-dist'), key, () => make(builds), outputs)
    const digits = await packDigits(join(dist, 'data'))
    if (made || digits) printSizes(dist, builds)
  })
}

async function make(builds) {
  const parts = existsSync(dist) ? readdirSync(dist).filter((name) => name.startsWith('part-')) : []
  for (const name of ['engine', 'node', 'types', 'types-cjs', ...parts]) {
    rmSync(join(dist, name), { recursive: true, force: true })
  }
  await bundleBrowser(dist, builds)
  await bundleNode(dist, builds)
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'js')])
  copyTypesForRequire()
  writeLicenses()
}

/** What the licences of Highway, pbf and idb ask for: they are part of the files that are made. */
function writeLicenses() {
  const texts = Object.entries({
    Highway: join(sources, 'highway/LICENSE-BSD3'),
    pbf: join(root, 'node_modules/pbf/LICENSE'),
    idb: join(root, 'node_modules/idb/LICENSE'),
  }).map(([name, path]) => `${name}\n\n${readFileSync(path, 'utf8').trim()}\n`)
  writeFileSync(join(dist, 'third-party-licenses.txt'), texts.join('\n----\n\n'))
}

/** The same declarations in a folder that says CommonJS: TypeScript tells the two apart by that. */
function copyTypesForRequire() {
  const folder = join(dist, 'types-cjs')
  cpSync(join(dist, 'types'), folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }\n')
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main(async () => {
    await buildDist()
    say('build: the package is up to date')
  })
}
