// SPDX-License-Identifier: MIT
import * as fovea from 'fovea'
import { use } from './use.js'

const output = await use(fovea.tensor(new Uint8Array(64), [1, 8, 8, 1]), Int32Array.of(1))
console.log(JSON.stringify(output.shape))
