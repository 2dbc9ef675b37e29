// What differs between a browser and Node, as one list. This file is the browser's answer; the build
// puts platform.node.ts in its place for Node (scripts/package/bundle.mjs).
// SPDX-License-Identifier: MIT
export { browserPlatform as platform } from './platform-browser.js'
