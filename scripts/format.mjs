// SPDX-License-Identifier: MIT
// Formats the project's files, or those under the given paths: npm run format -- src/kernels
import { kCppFiles, kPrettyFiles, projectFiles } from './lib/files.mjs'
import { root } from './lib/paths.mjs'
import { main, run, say } from './lib/shell.mjs'
import { setUp } from './setup.mjs'

await main(async () => {
  await setUp(['lint'])
  const under = process.argv.slice(2).map((path) => path.replace(/^\.\//, ''))
  const chosen = (path) => !under.length || under.some((start) => path.startsWith(start))
  const cpp = projectFiles(kCppFiles).filter(chosen)
  const others = projectFiles(kPrettyFiles).filter(chosen)
  if (cpp.length) run('clang-format', ['-i', ...cpp], { cwd: root })
  if (others.length) run('npx', ['prettier', '--write', ...others], { cwd: root })
  say(`format: ${cpp.length + others.length} files`)
})
