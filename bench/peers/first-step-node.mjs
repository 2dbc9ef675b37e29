// SPDX-License-Identifier: MIT
// Prints the milliseconds of first-step.mjs in this Node, which must be new.
import { firstStep } from './first-step.mjs'

const address = new URL('../../dist/node.js', import.meta.url).href
console.log(JSON.stringify({ ms: await firstStep(address, JSON.parse(process.argv[2])) }))
process.exit(0)
