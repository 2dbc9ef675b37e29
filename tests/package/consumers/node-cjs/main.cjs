// SPDX-License-Identifier: MIT
const fovea = require('fovea')

async function main() {
  const { trial } = await import('./trial.mjs')
  console.log(JSON.stringify(await trial(fovea, JSON.parse(process.argv[2] ?? '{}'))))
}

main()
