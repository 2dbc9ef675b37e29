// Checks of options objects. A misspelt option that is silently ignored costs its user an evening,
// so every unknown name is refused with the names that exist.
// SPDX-License-Identifier: MIT
import { FoveaError } from './errors.js'

/** Refuses names that are not in `known`; `place` opens the sentence ("fit"). */
export function checkNames(place: string, options: object, known: readonly string[]): void {
  // Not Object.keys: the list would be a part of a small prediction's garbage.
  for (const name in options) {
    if (known.includes(name)) continue
    const near = nearest(name, known)
    const hint = near === undefined ? '' : ` Did you mean "${near}"?`
    throw new FoveaError(
      'bad-option',
      `${place}: unknown option "${name}".${hint} Known options: ${listing(known)}.`,
    )
  }
}

/** A whole number of at least `least`. */
export function wholeNumber(place: string, name: string, value: unknown, least: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value
  throw wrongValue(place, name, `a whole number of ${least} or more`, value)
}

/** A seed: 32 bits, so that it means the same in JavaScript and in the engine. */
export function seedNumber(place: string, value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffffffff) {
    return value
  }
  throw wrongValue(place, 'seed', 'a whole number from 0 to 4294967295', value)
}

/** The sentence for an option whose value does not fit. */
export function wrongValue(
  place: string,
  name: string,
  expected: string,
  value: unknown,
): FoveaError {
  return new FoveaError(
    'bad-option',
    `${place}: ${name} must be ${expected} but is ${describe(value)}.`,
  )
}

/** a, b and c */
function listing(words: readonly string[]): string {
  const last = words.at(-1) ?? ''
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`
}

/** A value in a few words, for a sentence. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value))
    return value.length > 8 ? 'an array' : `[${value.map(describe).join(', ')}]`
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name}`
  if (value !== null && typeof value === 'object')
    return `an object (${Object.keys(value).join(', ')})`
  return String(value)
}

/** The known name that needs the fewest changes, if it needs at most a third of its letters. */
function nearest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let least = Infinity
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (distance < least && distance <= Math.max(1, candidate.length / 3)) {
      best = candidate
      least = distance
    }
  }
  return best
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; ++i) {
    const next = [i]
    for (let j = 1; j <= b.length; ++j) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
