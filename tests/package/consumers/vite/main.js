// SPDX-License-Identifier: MIT
import * as fovea from 'fovea'
import { report, trial } from './trial.mjs'

report(trial(fovea))
