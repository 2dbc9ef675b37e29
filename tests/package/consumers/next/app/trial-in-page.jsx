// SPDX-License-Identifier: MIT
// Rendered by the server too, then trains in the browser.
'use client'
import * as fovea from 'fovea'
import { useEffect } from 'react'
import { report, trial } from '../trial.mjs'

export function Trial() {
  useEffect(() => report(trial(fovea)), [])
  return <p id="client">{Object.keys(fovea.kernels).length} kernels</p>
}
