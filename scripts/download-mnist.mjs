// SPDX-License-Identifier: MIT
// Downloads the four files of MNIST: node scripts/download-mnist.mjs [FOLDER]   (default data/mnist)
// Tries the public mirrors one after the other and checks every file's SHA-256. The sums are of the
// unpacked files, which are the same at every mirror, however they were gzipped.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

const kMirrors = [
  'https://storage.googleapis.com/cvdf-datasets/mnist/',
  'https://ossci-datasets.s3.amazonaws.com/mnist/',
]

const kFiles = {
  'train-images-idx3-ubyte.gz': 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
  'train-labels-idx1-ubyte.gz': '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
  't10k-images-idx3-ubyte.gz': '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
  't10k-labels-idx1-ubyte.gz': 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
}

const say = (text) => process.stdout.write(`${text}\n`)

/** Why the bytes are not the file, or undefined. */
function fault(bytes, sum) {
  let content
  try {
    content = gunzipSync(bytes)
  } catch {
    return 'it is no gzip file'
  }
  const actual = createHash('sha256').update(content).digest('hex')
  return actual === sum ? undefined : `its SHA-256 is ${actual} instead of ${sum}`
}

async function download(name, sum) {
  const failures = []
  for (const mirror of kMirrors) {
    try {
      const response = await fetch(mirror + name, { signal: AbortSignal.timeout(120_000) })
      if (!response.ok) throw new Error(`the server answers ${response.status}`)
      const bytes = Buffer.from(await response.arrayBuffer())
      const wrong = fault(bytes, sum)
      if (wrong === undefined) return bytes
      throw new Error(wrong)
    } catch (error) {
      failures.push(`${mirror}${name}: ${error.cause?.message ?? error.message}`)
    }
  }
  throw new Error(failures.join('\n'))
}

async function main(folder) {
  mkdirSync(folder, { recursive: true })
  for (const [name, sum] of Object.entries(kFiles)) {
    const path = join(folder, name)
    if (existsSync(path) && fault(readFileSync(path), sum) === undefined) {
      say(`${name}: is there already`)
      continue
    }
    const bytes = await download(name, sum)
    writeFileSync(`${path}.part`, bytes)
    renameSync(`${path}.part`, path)
    say(`${name}: ${(bytes.length / 1e6).toFixed(1)} MB, checked`)
  }
  say(`MNIST is in ${folder}. Train on it: npm run train -- --data mnist`)
}

const [given, ...rest] = process.argv.slice(2)
const folder = resolve(given ?? join(root, 'data/mnist'))
if (rest.length > 0 || given?.startsWith('-')) {
  say('node scripts/download-mnist.mjs [FOLDER]   downloads the four files; default data/mnist')
  process.exitCode = given === '--help' ? 0 : 1
} else {
  await main(folder).catch((error) => {
    process.stderr.write(
      `MNIST cannot be downloaded:\n${error.message}\nIs there a network? The four files can also ` +
        `be fetched by hand from ${kMirrors[0]} into ${folder}.\n`,
    )
    process.exitCode = 1
  })
}
