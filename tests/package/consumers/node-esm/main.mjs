// SPDX-License-Identifier: MIT
import * as fovea from 'fovea'
import { trial } from './trial.mjs'

console.log(JSON.stringify(await trial(fovea, JSON.parse(process.argv[2] ?? '{}'))))
