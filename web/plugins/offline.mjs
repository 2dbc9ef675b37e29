// SPDX-License-Identifier: MIT
// Lets a built page work without a connection: writes sw.js with the list of what it keeps. Left out are
// engines, of which a visitor needs one, the rivals of the race and the large data sets: of these the
// page itself names what it has loaded (src/offline.ts).
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

const kLeftOut = /(^|\/)(scalar|simd|relaxed|worker|race)[^/]*\.js$|^data\/|\.map$|^sw\.js$/
const kTemplate = new URL('./service-worker.js', import.meta.url)

/** @returns {import('vite').Plugin} */
export function offline() {
  return {
    name: 'fovea-offline',
    apply: 'build',
    enforce: 'post',
    generateBundle(_, bundle) {
      const made = Object.keys(bundle).filter((name) => !kLeftOut.test(name))
      const files = ['./', 'icon.svg', 'manifest.webmanifest', ...made].sort()
      const digest = createHash('sha256')
      for (const name of made) {
        const { code, source } = bundle[name]
        digest.update(name).update(code ?? source ?? '')
      }
      const version = digest.digest('hex').slice(0, 12)
      const source = readFileSync(kTemplate, 'utf8')
        .replace("'__VERSION__'", JSON.stringify(version))
        .replace("'__FILES__'", JSON.stringify(files.filter((name) => name !== 'index.html')))
      this.emitFile({ type: 'asset', fileName: 'sw.js', source })
    },
  }
}
