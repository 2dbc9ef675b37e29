// SPDX-License-Identifier: MIT
// webpack by its own interface, since its command line is a package of its own.
const webpack = require('webpack')

webpack({ mode: 'production', entry: './main.js', context: __dirname }, (error, stats) => {
  const failed = error ?? (stats.hasErrors() || stats.hasWarnings() ? stats.toString() : undefined)
  if (failed !== undefined) console.error(failed)
  process.exitCode = failed === undefined ? 0 : 1
})
