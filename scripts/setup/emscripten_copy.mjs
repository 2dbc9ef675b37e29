// SPDX-License-Identifier: MIT
// A private copy of Debian's newer Emscripten, unpacked under .toolchain. Its programs want a newer
// libc than the system's, so they get the unpacked loader as their interpreter and the unpacked
// libraries as their path. Names and versions are asked of apt: the suite moves on.
import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { toolchain } from '../lib/paths.mjs'
import { PlainError, run, say, seconds } from '../lib/shell.mjs'
import { openApt, unpack } from './apt.mjs'

/** Raise it to have every copy made anew. */
export const kPrivateVersion = '1'

const kFolder = join(toolchain, 'debian')
export const privateRoot = join(kFolder, 'usr/share/emscripten')

// Dependencies of the packages that a compiler for wasm does not need.
const kUnwanted =
  /^(nodejs|node-xtend|python3.*|ccache|binutils|debconf|lib(stdc\+\+|gcc|objc)-.*-dev|libc6-dev|gcc-.*-base|libc-gconv.*|libclang1-.*|llvm-.*-runtime|libcurl.*|libpfm.*)$/
const kLlvmTools =
  /^(clang|clang\+\+|clang-\d+|clang-scan-deps|lld|wasm-ld|llvm-(ar|ranlib|nm|objcopy|strip|dwarfdump|dwp|readobj|objdump|symbolizer))$/
const kBinaryenTools = /^wasm(2js|-(opt|metadce|emscripten-finalize|ctor-eval|split|as|dis|merge))$/
const kExcluded = [
  './usr/share/doc',
  './usr/share/man',
  './usr/share/lintian',
  './usr/include',
  './etc',
  './var',
  './usr/lib/*/gconv',
  './usr/share/locale',
]

export function makePrivateCopy() {
  const start = performance.now()
  say(
    "emscripten: making a private copy of Debian's package in .toolchain (about 90 MB to download)",
  )
  const apt = openApt(join(toolchain, 'apt'))
  const packages = apt.closure(['emscripten', 'patchelf'], (name) => !kUnwanted.test(name))
  const files = apt.download(packages)
  say(`emscripten: ${files.length} packages downloaded in ${seconds(start)}, unpacking`)
  const fresh = `${kFolder}.new`
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { recursive: true })
  for (const file of files) unpack(file, fresh, kExcluded)
  apt.close()
  // Interpreter and library paths are absolute, so the folder gets its name before they are set.
  rmSync(kFolder, { recursive: true, force: true })
  renameSync(fresh, kFolder)
  adapt()
  say(`emscripten: ready after ${seconds(start)}`)
}

function adapt() {
  const llvm = onlyFolder(join(kFolder, 'usr/lib'), /^llvm-\d+$/)
  keepOnly(join(llvm, 'bin'), kLlvmTools)
  keepOnly(join(kFolder, 'usr/bin'), /^(wasm.*|patchelf)$/)
  keepOnly(join(kFolder, 'usr/bin'), new RegExp(`${kBinaryenTools.source}|^patchelf$`))
  setLibraries(llvm)

  const modules = join(privateRoot, 'node_modules')
  rmSync(modules, { recursive: true, force: true })
  const nodejs = join(kFolder, 'usr/share/nodejs')
  symlinkSync(nodejs, modules)
  // Debian's packages for Node look for each other beside themselves, which Node does not.
  rmSync(join(nodejs, 'node_modules'), { force: true })
  symlinkSync('.', join(nodejs, 'node_modules'))
  // Without this, Node takes the type of Emscripten's scripts from the project's package.json.
  writeFileSync(join(privateRoot, 'package.json'), '{ "type": "commonjs" }\n')
  const settings = {
    LLVM_ROOT: join(llvm, 'bin'),
    BINARYEN_ROOT: join(kFolder, 'usr'),
    NODE_JS: process.execPath,
    CACHE: join(toolchain, 'cache'),
  }
  const lines = Object.entries(settings).map(
    ([key, value]) => `${key} = ${JSON.stringify(value)}\n`,
  )
  rmSync(join(privateRoot, '.emscripten'), { force: true })
  writeFileSync(join(privateRoot, '.emscripten'), `${lines.join('')}FROZEN_CACHE = False\n`)
}

function setLibraries(llvm) {
  const library = onlyFolder(join(kFolder, 'usr/lib'), /-linux-gnu/)
  const libraries = [library, join(llvm, 'lib')].join(':')
  const loader = join(
    library,
    readdirSync(library).find((name) => /^ld-linux.*\.so/.test(name)) ?? '',
  )
  const patchelf = join(kFolder, 'usr/bin/patchelf')
  if (!existsSync(loader) || !existsSync(patchelf))
    throw new PlainError("Debian's packages came without the loader or patchelf; run setup again.")
  // patchelf itself needs the newer libc: the unpacked loader starts it.
  const patch = (...args) => run(loader, ['--library-path', libraries, patchelf, ...args])
  const programs = [join(llvm, 'bin'), join(kFolder, 'usr/bin')].flatMap(plainFiles)
  for (const program of programs)
    if (program !== patchelf)
      patch('--set-interpreter', loader, '--force-rpath', '--set-rpath', libraries, program)
  // These have a search path of their own, which would hide the program's.
  for (const path of plainFiles(library))
    if (/^lib(LLVM|clang|binaryen)/.test(basename(path)))
      patch('--force-rpath', '--set-rpath', libraries, path)
  for (const path of plainFiles(join(library, 'binaryen')))
    patch('--force-rpath', '--set-rpath', libraries, path)
}

const plainFiles = (folder) =>
  existsSync(folder)
    ? readdirSync(folder)
        .map((name) => join(folder, name))
        .filter((path) => lstatSync(path).isFile())
    : []

function keepOnly(folder, pattern) {
  for (const name of readdirSync(folder)) if (!pattern.test(name)) rmSync(join(folder, name))
}

function onlyFolder(folder, pattern) {
  const name = readdirSync(folder).find((entry) => pattern.test(entry))
  if (!name)
    throw new PlainError(`Debian's packages came without ${pattern} in usr/lib; run setup again.`)
  return join(folder, name)
}
