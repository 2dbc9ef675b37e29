// SPDX-License-Identifier: MIT
// The page's address. The query holds the experiment (settings.ts) and what is opened in it, the hash
// the chapter on the screen, so that a link shows a class the very thing. Never a new entry in the
// history: the visitor's Back button leaves the page.
import type { Gaze } from './gaze.svelte.js'

const kLayer = 'layer'
const kUnit = 'unit'
// Of a scroll by the visitor at least so many pixels are expected.
const kNear = 3

/** Replaces the query, or the hash, or both. */
export function rewrite(query: URLSearchParams, hash = location.hash): void {
  const text = query.toString()
  const next = `${location.pathname}${text === '' ? '' : `?${text}`}${hash}`
  if (next !== `${location.pathname}${location.search}${location.hash}`) {
    history.replaceState(history.state, '', next)
  }
}

// Reading begins when the visitor scrolls: a link to a chapter stands until then.
let scrolled = false
if (typeof window !== 'undefined') {
  addEventListener('scroll', () => (scrolled = true), { passive: true, once: true })
}

/** The chapter that is being read stands in the hash. */
export function followReading(chapter: string): void {
  if (!scrolled) return
  rewrite(new URLSearchParams(location.search), chapter === '' ? '' : `#${chapter}`)
}

/** The opened layer and unit stand in the query. */
export function followTheView({ layer, unit }: Gaze): void {
  const query = new URLSearchParams(location.search)
  if (layer === undefined) query.delete(kLayer)
  else query.set(kLayer, layer)
  if (unit === undefined) query.delete(kUnit)
  else query.set(kUnit, `${unit.y}.${unit.x}.${unit.channel}`)
  rewrite(query)
}

/** Opens the layer and the unit that the query names. */
export function restoreView(gaze: Gaze, query: URLSearchParams): void {
  const [y, x, channel] = (query.get(kUnit) ?? '').split('.').map(Number)
  const isPlace = (value: number | undefined): value is number =>
    Number.isInteger(value) && (value ?? -1) >= 0
  const unit = isPlace(y) && isPlace(x) && isPlace(channel) ? { y, x, channel } : undefined
  gaze.select(query.get(kLayer) ?? undefined, unit)
}

/**
 * A link to a chapter brings it to the top, and there it stays while panels above it come and grow, until
 * the visitor scrolls. Returns what ends it.
 */
export function keepPlace(): () => void {
  let target: HTMLElement | null = null
  // Where its top is when it is in its place; the height of the page then.
  let at = 0
  let tall = 0
  const topOf = (element: HTMLElement): number => element.getBoundingClientRect().top
  const put = (): void => {
    if (!target) return
    target.scrollIntoView()
    at = topOf(target)
    tall = document.documentElement.scrollHeight
  }
  const take = (url: string): void => {
    target = document.getElementById(new URL(url).hash.slice(1))
    put()
  }
  // By now the address may name the chapter that was read when the link was followed (followReading).
  const follow = ({ newURL }: HashChangeEvent): void => take(newURL)
  const moved = (): void => {
    // Where the page has grown, it is what moved: the observer puts the target back.
    if (!target || document.documentElement.scrollHeight !== tall) return
    if (Math.abs(topOf(target) - at) > kNear) target = null
  }
  const grown = new ResizeObserver(put)
  if (location.hash !== '') take(location.href)
  grown.observe(document.body)
  addEventListener('hashchange', follow)
  addEventListener('scroll', moved, { passive: true })
  return () => {
    grown.disconnect()
    removeEventListener('hashchange', follow)
    removeEventListener('scroll', moved)
  }
}
