// SPDX-License-Identifier: MIT
// Every pair of colours that the page lays on each other meets WCAG AA, light and dark.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

const css = readFileSync(new URL('../../web/styles/tokens.css', import.meta.url), 'utf8')
const [light, dark] = css.split('@media (prefers-color-scheme: dark)')

const kText = 4.5
const kShapes = 3

// Text or shape, ground, least ratio.
const kPairs = [
  ['ink', 'paper', kText],
  ['ink', 'raised', kText],
  ['muted', 'paper', kText],
  ['muted', 'raised', kText],
  ['accent', 'paper', kText],
  ['accent', 'accent-wash', kText],
  ['on-accent', 'accent', kText],
  ['right', 'right-wash', kText],
  ['wrong', 'wrong-wash', kText],
  ['wrong', 'paper', kText],
  ['wrong', 'raised', kText],
  ['ink', 'right-wash', kText],
  ['ink', 'wrong-wash', kText],
  ['right', 'paper', kShapes],
  ['accent', 'raised', kShapes],
]

function colours(text) {
  return Object.fromEntries(
    [...text.matchAll(/--([a-z-]+): #([0-9a-f]{6});/g)].map(([, name, hex]) => [name, hex]),
  )
}

function luminance(hex) {
  const [r, g, b] = [0, 2, 4].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(a, b) {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (high + 0.05) / (low + 0.05)
}

for (const [theme, text] of Object.entries({ light, dark })) {
  test(`colours can be told apart: ${theme}`, () => {
    const names = colours(text)
    for (const [front, ground, least] of kPairs) {
      const ratio = contrast(names[front], names[ground])
      assert.ok(ratio >= least, `${front} on ${ground}: ${ratio.toFixed(2)} < ${least}`)
    }
  })
}
