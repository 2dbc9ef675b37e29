// SPDX-License-Identifier: MIT
// For a policy without blob: workers: the package's plain files, by their addresses.
import * as fovea from './node_modules/fovea/dist/index.js'
import { report, trial } from './trial.mjs'

const folder = (build) => `node_modules/fovea/dist/engine/${build}`
const workerUrl = (build) => `${folder(build)}/worker.js`
const wasmUrl = (build) => `${folder(build)}/fovea.wasm`
report(trial(fovea, { workerUrl, wasmUrl }))
