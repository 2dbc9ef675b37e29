// The networks of the lectures, each in one call.
// SPDX-License-Identifier: MIT
export * from './zoo/alexnet.js'
export type { ZooOptions } from './zoo/base.js'
export * from './zoo/classic.js'
export * from './zoo/fcn.js'
export * from './zoo/inception.js'
export * from './zoo/steering.js'
