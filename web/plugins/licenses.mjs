// SPDX-License-Identifier: MIT
// Writes licenses.txt beside the page: the licence of every package that is in its files, those of its
// workers too, and what the engine's own list says. A licence file in the package is taken as it is;
// where there is none, the text of the licence that the package names.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const require = createRequire(import.meta.url)
const fromRoot = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const read = (path) => readFileSync(path, 'utf8').trim()
/** The digits are not in a file of code. */
const kData = ['mnist']
/** Standard texts: Fovea's own licence, and one package that brings Apache's. */
const kTexts = {
  MIT: (author) => read(fromRoot('LICENSE')).replace(/^Copyright.*$/m, `Copyright (c) ${author}`),
  'Apache-2.0': () => read(join(folderOf(require.resolve('typescript')), 'LICENSE.txt')),
}

/** The folder of the package that a file is in. */
function folderOf(path) {
  const folder = dirname(path)
  const about = join(folder, 'package.json')
  return existsSync(about) && JSON.parse(readFileSync(about)).version ? folder : folderOf(folder)
}

function textsOf(folder, { name, license, author }) {
  const own = readdirSync(folder).find((file) => /^licen[cs]e(\.(md|txt))?$/i.test(file))
  if (own) return read(join(folder, own))
  return license
    .split(' AND ')
    .map((identifier) => {
      const text = kTexts[identifier]
      if (!text) throw new Error(`${name} names the licence ${license} but brings no text of it.`)
      return text(author?.name ?? author ?? `the authors of ${name}`)
    })
    .join('\n\n')
}

function entry(folder) {
  const about = JSON.parse(readFileSync(join(folder, 'package.json')))
  const { name, version, license, homepage, repository } = about
  const where = repository?.url ?? repository ?? homepage ?? ''
  return `${name} ${version} (${license}) ${where}\n\n${textsOf(folder, about)}\n`
}

/** @returns two plugins that share what they see: one for the page, one for its workers. */
export function licenses() {
  const folders = new Set()
  const collect = (bundle) => {
    for (const { moduleIds = [] } of Object.values(bundle)) {
      const paths = moduleIds.map((id) => id.split('?')[0])
      for (const path of paths) if (/^\/.*\/node_modules\//.test(path)) folders.add(folderOf(path))
    }
  }
  const forWorkers = () => ({
    name: 'fovea-licenses-of-workers',
    generateBundle: (_, bundle) => collect(bundle),
  })
  const forPage = {
    name: 'fovea-licenses',
    apply: 'build',
    generateBundle(_, bundle) {
      collect(bundle)
      for (const name of kData) folders.add(folderOf(require.resolve(`${name}/package.json`)))
      const engine = read(fromRoot('dist/third-party-licenses.txt'))
      const entries = [...folders].map(entry).sort()
      const source = [engine + '\n', ...entries].join('\n----\n\n')
      this.emitFile({ type: 'asset', fileName: 'licenses.txt', source })
    },
  }
  return { forPage, forWorkers }
}
