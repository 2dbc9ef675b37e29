// SPDX-License-Identifier: MIT
// A private apt: packages of a newer Debian suite, downloaded and unpacked under an ignored folder.
// It reuses the system's mirror and keyring but has its own lists, cache and (empty) status, so the
// system's apt never notices, and root is not needed.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PlainError, run, which } from '../lib/shell.mjs'

const kSuite = 'forky'
const kKeyring = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** True where packages of Debian can be had at all. */
export const hasApt = () =>
  Boolean(which('apt-get') && which('dpkg-deb')) && existsSync(kKeyring) && Boolean(mirror())

// The first Debian archive among the system's sources, in either of apt's two notations.
function mirror() {
  const folder = '/etc/apt/sources.list.d'
  const files = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []
  const texts = ['/etc/apt/sources.list', ...files]
    .filter((path) => existsSync(path) && /\.(list|sources)$/.test(path))
    .map((path) => readFileSync(path, 'utf8'))
  for (const text of texts) {
    for (const line of text.split('\n')) {
      const found = /^(?:URIs:|deb\s+(?:\[[^\]]*\]\s+)?)\s*(\S+\/debian)\/?(?:\s|$)/.exec(line)
      if (found) return found[1]
    }
  }
  return undefined
}

/** Opens a private apt in a folder; close() deletes it with its lists and downloads. */
export function openApt(folder) {
  const path = (...names) => join(folder, ...names)
  rmSync(folder, { recursive: true, force: true })
  for (const name of ['sources', 'state/lists/partial', 'cache/archives/partial', 'downloads'])
    mkdirSync(path(name), { recursive: true })
  writeFileSync(path('status'), '')
  writeFileSync(
    path('sources', `${kSuite}.sources`),
    `Types: deb deb-src\nURIs: ${mirror()}\nSuites: ${kSuite}\nComponents: main\nSigned-By: ${kKeyring}\n`,
  )
  const settings = {
    'Dir::Etc::SourceList': '/dev/null',
    'Dir::Etc::SourceParts': path('sources'),
    'Dir::Etc::PreferencesParts': '/dev/null',
    'Dir::State': path('state'),
    'Dir::State::status': path('status'),
    'Dir::Cache': path('cache'),
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '5',
  }
  const text = Object.entries(settings).map(([key, value]) => `${key} "${value}";\n`)
  writeFileSync(path('apt.conf'), text.join(''))
  const options = { cwd: path('downloads'), env: { APT_CONFIG: path('apt.conf'), LC_ALL: 'C' } }
  patiently(() => run('apt-get', ['update', '-qq'], options))

  return {
    /** The package and what it depends on, as far as the filter wants it. */
    closure(names, wanted) {
      const found = new Set(names)
      for (const name of found) {
        const printed = run('apt-cache', ['depends', '--important', name], options)
        for (const [, dependency] of printed.matchAll(/^ [ |]?(?:Pre)?Depends: ([\w.+-]+)$/gm))
          if (wanted(dependency)) found.add(dependency)
      }
      return [...found]
    },
    /** Downloads packages; returns the paths of the .deb files. */
    download(names) {
      patiently(() => run('apt-get', ['download', '-qq', ...names], options))
      return readdirSync(options.cwd)
        .filter((name) => name.endsWith('.deb'))
        .map((name) => path('downloads', name))
    },
    /** Downloads the upstream tarball of a source package; returns its path. */
    downloadSource(name) {
      patiently(() => run('apt-get', ['source', '-qq', '--tar-only', name], options))
      const tarball = readdirSync(options.cwd).find(
        (file) =>
          file.startsWith(`${name}_`) && file.includes('.orig.tar.') && !file.endsWith('.asc'),
      )
      if (!tarball) throw new PlainError(`Debian's source package ${name} came without a tarball.`)
      return path('downloads', tarball)
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function patiently(work) {
  for (let attempt = 1; ; ++attempt) {
    try {
      return work()
    } catch (error) {
      if (attempt === 3) throw error
    }
  }
}

/** Unpacks a .deb, leaving out paths that match one of the patterns (as tar's --exclude). */
export function unpack(deb, folder, excluded = []) {
  const exclude = excluded.map((pattern) => `--exclude=${pattern}`)
  run('bash', [
    '-o',
    'pipefail',
    '-c',
    'dpkg-deb --fsys-tarfile "$1" | tar -x --no-same-owner -C "$2" "${@:3}"',
    '_',
    deb,
    folder,
    ...exclude,
  ])
}
