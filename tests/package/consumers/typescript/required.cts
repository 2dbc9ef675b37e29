// SPDX-License-Identifier: MIT
import fovea = require('fovea')

const shape: number[] = fovea.kernels.blur.shape
const none: fovea.Backend | null = fovea.backend()
console.log(JSON.stringify([shape, none]))
