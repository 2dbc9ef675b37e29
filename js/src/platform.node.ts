// What the build for Node puts in the place of platform.ts.
// SPDX-License-Identifier: MIT
export { nodePlatform as platform } from './platform-node.js'
