// SPDX-License-Identifier: MIT
import * as fovea from './node_modules/fovea/dist/index.js'
import { report, trial } from './trial.mjs'

report(trial(fovea))
