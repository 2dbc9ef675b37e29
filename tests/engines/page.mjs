// SPDX-License-Identifier: MIT
// The script of the page that every engine opens: tests call what it puts there.
import * as fovea from './dist/index.js'
import { beginAndSave, loadAndGoOn } from './keep.mjs'
import { trial } from './trial.mjs'

globalThis.fovea = fovea
globalThis.trial = (options) => trial(fovea, options)
globalThis.beginAndSave = () => beginAndSave(fovea)
globalThis.loadAndGoOn = () => loadAndGoOn(fovea)
globalThis.isReady = true
