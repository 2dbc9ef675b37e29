// SPDX-License-Identifier: MIT
// The visitor's side of an experiment: the address, what they prefer, whether they are looking.
import { restoreView, rewrite } from './address.svelte.js'
import type { Lab } from './lab.svelte.js'
import { namesSeed, queryWith, settingsFrom } from './settings.js'
import type { Settings } from './settings.js'

interface SavesData {
  connection?: { saveData?: boolean }
}

/** Why training waits for a press, as a sentence; undefined where it begins by itself. */
function waitsForPress(query: URLSearchParams): string | undefined {
  const prefers = (name: string): boolean => matchMedia(`(prefers-reduced-${name}: reduce)`).matches
  const savesData = (navigator as SavesData).connection?.saveData === true
  if (query.get('autostart') === '0') return 'It waits for you: press Start.'
  if (prefers('motion')) return 'Your device asks for less motion, so it waits: press Start.'
  if (savesData || prefers('data')) return 'Your device saves data, so it waits: press Start.'
  return undefined
}

/** Opens the experiment that the address names, and starts it where the visitor would like that. */
export async function openPage(lab: Lab): Promise<void> {
  const query = new URLSearchParams(location.search)
  restoreView(lab.gaze, query)
  await lab.open(settingsFrom(query), namesSeed(query))
  const waits = waitsForPress(query)
  if (waits === undefined) whenVisible(() => lab.phase === 'ready' && lab.start())
  else if (lab.phase === 'ready') lab.pausedBecause = waits
}

/** Changes the experiment and writes it into the address, without a new entry in the history. */
export function changeSettings(lab: Lab, settings: Settings): void {
  rewrite(queryWith(new URLSearchParams(location.search), settings))
  void lab.change(settings)
}

/**
 * An address that repeats this experiment with what is opened in it, the seed named, so that it is the
 * same everywhere.
 */
export function linkTo(settings: Settings, chapter: string): string {
  const query = queryWith(new URLSearchParams(location.search), settings)
  query.set('seed', String(settings.seed))
  return `${location.origin}${location.pathname}?${query.toString()}#${chapter}`
}

function whenVisible(work: () => void): void {
  if (document.visibilityState === 'visible') return work()
  document.addEventListener('visibilitychange', () => whenVisible(work), { once: true })
}

const kHidden = 'It rests while this tab is hidden.'

/** A hidden page costs no battery: it pauses, and goes on by itself when looked at again. */
export function pauseWhileHidden(lab: Lab): () => void {
  const changed = (): void => {
    if (document.visibilityState === 'hidden') lab.pause(kHidden)
    else if (lab.phase === 'paused' && lab.pausedBecause === kHidden) lab.start()
  }
  document.addEventListener('visibilitychange', changed)
  return () => document.removeEventListener('visibilitychange', changed)
}
