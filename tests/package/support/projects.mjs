// SPDX-License-Identifier: MIT
// Projects that use the package as strangers do: a folder of its own for each, with the packed
// tarball installed by npm. The bundlers are installed once, in the folder above, in the versions of
// package-lock.json.
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, root } from '../../../scripts/lib/paths.mjs'
import { runAsync } from '../../../scripts/lib/shell.mjs'
import { digest, once, readText } from '../../../scripts/lib/stamp.mjs'

const here = fileURLToPath(new URL('..', import.meta.url))
const folder = join(build, 'consumers')
const kQuiet = ['--no-audit', '--no-fund', '--no-progress', '--loglevel=error']
// None of these tools may report to its makers.
const kEnvironment = { NEXT_TELEMETRY_DISABLED: '1', NO_COLOR: '1', CI: '1' }

/** The bundlers of package-lock.json. */
export async function installBundlers() {
  const key = digest(readText(join(here, 'package-lock.json')) ?? '')
  mkdirSync(folder, { recursive: true })
  await once(join(folder, 'node_modules', '.fovea-stamp'), key, async () => {
    for (const name of ['package.json', 'package-lock.json']) {
      cpSync(join(here, name), join(folder, name))
    }
    // Not npm ci: the lock was made where the registry lacks some binaries for other systems.
    await runAsync('npm', ['install', '--ignore-scripts', ...kQuiet], { cwd: folder })
  })
}

let tarball

/** What `npm publish` would upload. */
export async function pack() {
  const args = ['pack', '--json', '--pack-destination', folder, ...kQuiet]
  const printed = await runAsync('npm', args, { cwd: root })
  const [{ filename, files }] = Object.values(JSON.parse(printed.slice(printed.search(/^[[{]/m))))
  tarball = join(folder, filename)
  return files.map(({ path }) => path)
}

/** A new project: a copy of consumers/<name> and the program, with the package installed. */
export async function project(name) {
  const path = join(folder, name)
  rmSync(path, { recursive: true, force: true })
  cpSync(join(here, 'consumers', name), path, { recursive: true })
  cpSync(join(here, 'trial.mjs'), join(path, 'trial.mjs'))
  await runAsync('npm', ['install', '--no-save', ...kQuiet, tarball], { cwd: path })
  return path
}

/** Runs a command of the project, or one of the bundlers by its script, and returns what it printed. */
export function inProject(path, script, args = []) {
  return runAsync(process.execPath, [script, ...args], { cwd: path, env: kEnvironment })
}

/** The script of an installed bundler. */
export const tool = (script) => join(folder, 'node_modules', script)

/** Starts a server; resolves with the address that it prints. */
export function startServer(path, script, args) {
  const env = { ...process.env, ...kEnvironment }
  const child = spawn(process.execPath, [script, ...args], { cwd: path, env, stdio: 'pipe' })
  let printed = ''
  const close = () => {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    return child.kill() ? ended : undefined
  }
  return new Promise((resolve, reject) => {
    const read = (data) => {
      printed += data
      const [url] = /http:\/\/(?:localhost|127\.0\.0\.1):\d+/.exec(printed) ?? []
      if (url !== undefined) resolve({ url: `${url}/`, close })
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.on('exit', (code) => reject(new Error(`the server ended with ${code}:\n${printed}`)))
  })
}
