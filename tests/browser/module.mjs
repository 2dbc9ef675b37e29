// SPDX-License-Identifier: MIT
// A module of the page by itself, without a browser: compiled in memory; the package is Node's own.
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const kOwnPackage = {
  name: 'fovea',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^fovea$/ }, () => ({
      path: import.meta.resolve('fovea'),
      external: true,
    })),
}

/** `name` is its path in web/src, without its ending: "lab/unit". */
export async function load(name) {
  const entry = fileURLToPath(new URL(`../../web/src/${name}.ts`, import.meta.url))
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: 'esm',
    write: false,
    plugins: [kOwnPackage],
    define: { __DATA_FILES__: '{"mnist":[],"fashion":[],"cifar":[]}' },
  })
  const code = Buffer.from(outputFiles[0].text).toString('base64')
  return import(`data:text/javascript;base64,${code}`)
}
