// SPDX-License-Identifier: MIT
// The checks that read the code without running it.
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { configure, fingerprint, kProcessors, sideBySide } from '../lib/cmake.mjs'
import { kCppFiles, kPrettyFiles, projectFiles } from '../lib/files.mjs'
import { build, root } from '../lib/paths.mjs'
import { digest, once, readText } from '../lib/stamp.mjs'
import { check, nodeTest, tee } from './stage.mjs'

const tool = (name) => join(root, 'node_modules/.bin', name)

export const kLintStages = [
  {
    name: 'clang-format',
    run: () => check('clang-format', ['--dry-run', '--Werror', ...projectFiles(kCppFiles)]),
  },
  { name: 'clang-tidy', run: clangTidy },
  {
    name: 'prettier',
    run: () => check(tool('prettier'), ['--check', ...projectFiles(kPrettyFiles)]),
  },
  { name: 'eslint', run: () => check(tool('eslint'), ['.']) },
  { name: 'tsc', run: () => check(tool('tsc'), ['-p', 'js', '--noEmit']) },
  { name: 'typedoc', run: () => check(tool('typedoc'), ['--emit', 'none']) },
  {
    name: 'svelte-check',
    when: () => existsSync(tool('svelte-check')) && existsSync(join(root, 'web/tsconfig.json')),
    run: () =>
      check(tool('svelte-check'), ['--tsconfig', 'web/tsconfig.json', '--fail-on-warnings']),
  },
  { name: 'architecture', run: () => nodeTest(['tests/architecture.test.mjs']) },
]

// A file is looked at again only when it, a header or the settings changed: clang-tidy takes
// seconds for each.
async function clangTidy() {
  const folder = await configure('native-release')
  const entries = JSON.parse(readFileSync(join(folder, 'compile_commands.json'), 'utf8'))
  const files = entries
    .map((entry) => entry.file)
    .filter((path) => path.startsWith(join(root, 'src')))
  const headers = fingerprint(projectFiles(/^src\/.*\.h$/))
  const settings = [headers, readText(join(root, '.clang-tidy')) ?? '']
  const stamps = join(build, 'clang-tidy')
  mkdirSync(stamps, { recursive: true })
  const counts = { passed: 0, failed: 0 }
  const args = ['--quiet', '-p', folder, '--extra-arg=-Wno-unknown-warning-option']
  await sideBySide(
    files.map((file) => async () => {
      const key = digest(...settings, readFileSync(file))
      let clean = true
      const stamp = join(stamps, digest(file))
      try {
        await once(stamp, key, async () => {
          const { status } = await tee('clang-tidy', [...args, file], { quiet: true })
          clean = status === 0
          if (!clean) throw new Error('findings')
        })
      } catch (error) {
        if (clean) throw error
      }
      counts[clean ? 'passed' : 'failed'] += 1
    }),
    kProcessors,
  )
  return counts
}
