// SPDX-License-Identifier: MIT
// The page. It sees the package as its users do: only `fovea`, here taken from the repository's dist/.
//   FOVEA_ISOLATED=0   serve without the two headers that allow threads, as a plain host does
//   FOVEA_DATA_DIR, FOVEA_FASHION_DIR, FOVEA_CIFAR_DIR   folders with the files of MNIST, Fashion-MNIST,
//                      CIFAR-10: the page then offers them
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { fileURLToPath } from 'node:url'
import { dataFiles } from './plugins/data-files.mjs'
import { licenses } from './plugins/licenses.mjs'
import { offline } from './plugins/offline.mjs'
import { prerender } from './plugins/prerender.mjs'

const fromRoot = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))

const headers =
  process.env.FOVEA_ISOLATED === '0'
    ? {}
    : {
        'Cross-Origin-Opener-Policy': 'same-origin',
        'Cross-Origin-Embedder-Policy': 'require-corp',
      }

const svelteOptions = {
  configFile: false,
  // The HTML that is made beforehand needs none of Svelte's checks for development, and the copy of
  // Svelte that makes it is the one without them.
  dynamicCompileOptions: ({ compileOptions }) =>
    compileOptions.generate === 'server' ? { dev: false } : undefined,
}

const notices = licenses()

/** What a worker shares of packages is the race's: named so, that no visitor keeps it unasked. */
const chunkFileNames = ({ moduleIds }) =>
  moduleIds.some((id) => id.includes('/node_modules/'))
    ? 'assets/race-[name]-[hash].js'
    : 'assets/[name]-[hash].js'

/** @type {import('vite').UserConfig} */
const config = {
  root: fromRoot('web'),
  base: './',
  resolve: { alias: { fovea: fromRoot('dist/index.js') } },
  plugins: [
    svelte(svelteOptions),
    prerender(),
    dataFiles(fromRoot('dist/data')),
    notices.forPage,
    offline(),
  ],
  server: {
    headers,
    fs: { allow: [fromRoot('.')] },
    // So that the first visitor does not wait for the compilers.
    warmup: { clientFiles: ['./src/main.ts'], ssrFiles: ['./src/prerender.ts'] },
  },
  preview: { headers },
  worker: {
    format: 'es',
    plugins: () => [notices.forWorkers()],
    rolldownOptions: { output: { chunkFileNames } },
  },
  build: {
    outDir: fromRoot('build/page'),
    emptyOutDir: true,
    target: 'es2022',
    // The engine's modules are large by design: each holds one wasm binary, and one is loaded.
    chunkSizeWarningLimit: 1000,
  },
}

export { config as default }
