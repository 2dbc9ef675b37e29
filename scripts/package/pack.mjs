// SPDX-License-Identifier: MIT
// Packs a module for js/src/unpack.ts: LZMA, raw, in base64. Python brings the packer: Emscripten
// needs Python anyway.
import { execFileSync } from 'node:child_process'

const kScript = `
import lzma, sys
filters = [{"id": lzma.FILTER_LZMA1, "preset": 9 | lzma.PRESET_EXTREME, "lc": 3, "lp": 0, "pb": 0}]
sys.stdout.buffer.write(lzma.compress(sys.stdin.buffer.read(), lzma.FORMAT_RAW, filters=filters))
`

export const packed = (bytes) =>
  execFileSync('python3', ['-c', kScript], { input: bytes, maxBuffer: 1 << 28 }).toString('base64')
