// SPDX-License-Identifier: MIT
// Builds the demo page as a static site into build/page: any host can serve the folder, at any path, with
// and without the two headers that allow threads. FOVEA_DATA_DIR, FOVEA_FASHION_DIR and FOVEA_CIFAR_DIR
// name folders with larger data sets, whose files are then copied into the site.
import { relative } from 'node:path'
import { buildPage, kPageFolder, preparePage } from './lib/page.mjs'
import { root } from './lib/paths.mjs'
import { main, say } from './lib/shell.mjs'

await main(async () => {
  await buildPage(await preparePage())
  say(`The page is in ${relative(root, kPageFolder)}. Copy the folder to any web host.`)
})
