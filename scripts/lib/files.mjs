// SPDX-License-Identifier: MIT
// Lists of the project's own files: what Git tracks plus what is new and not ignored.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './paths.mjs'
import { run } from './shell.mjs'

/** Paths relative to the root that match the pattern. */
export function projectFiles(pattern) {
  const listed = run('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
  })
  return [...new Set(listed.split('\n'))].filter(
    (path) => path && pattern.test(path) && existsSync(join(root, path)),
  )
}

export const kCppFiles = /^(src|tests|bench)\/.*\.(cpp|h)$/
export const kPrettyFiles = /\.(js|mjs|ts|mts|svelte|css|html|json)$/
