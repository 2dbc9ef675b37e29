// SPDX-License-Identifier: MIT
// A taught network's name says what it knows, so that a kept one can be asked again: the names of its
// classes, whether it saw photographs or drawings, and whether it wants ink bright on black.

export interface Label {
  names: string[]
  filmed: boolean
  ink: boolean
}

const kKind = 'taught'

// A model's name has letters, digits, _ and - only: the bytes of a class's name in base64url.
function spelled(name: string): string {
  const bytes = String.fromCharCode(...new TextEncoder().encode(name))
  return btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function read(text: string): string {
  const bytes = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  const codes = Uint8Array.from(bytes, (sign) => sign.charCodeAt(0))
  return new TextDecoder('utf-8', { fatal: true }).decode(codes)
}

export function labelOf({ names, filmed, ink }: Label): string {
  const seen = filmed ? 'photographs' : 'drawings'
  return [kKind, seen, ink ? 'ink' : 'light', ...names.map(spelled)].join('.')
}

/** Undefined where the name is not one of these. */
export function readLabel(text: string): Label | undefined {
  const [kind, seen, ink, ...names] = text.split('.')
  if (kind !== kKind || names.length < 2) return undefined
  try {
    return {
      names: names.map(read),
      filmed: seen === 'photographs',
      ink: ink === 'ink',
    }
  } catch {
    return undefined
  }
}

const kScheme = 'indexeddb://'
const kBegin = 'taught '

/** Where a network with these classes is kept in the browser. */
export function placeOf(names: readonly string[]): string {
  return kScheme + encodeURIComponent(kBegin + names.join(', '))
}

/** The classes as the place tells them; undefined for other networks. */
export function namesAt(url: string): string | undefined {
  if (!url.startsWith(kScheme)) return undefined
  const name = decodeURIComponent(url.slice(kScheme.length))
  return name.startsWith(kBegin) ? name.slice(kBegin.length) : undefined
}
