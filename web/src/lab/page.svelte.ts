// SPDX-License-Identifier: MIT
// The visitor's side of an experiment: the address, what they prefer, whether they are looking.
import { restoreView, rewrite } from './address.svelte.js'
import type { Lab } from './lab.svelte.js'
import { namesSeed, queryWith, settingsFrom } from './settings.js'
import type { Settings } from './settings.js'

interface SavesData {
  connection?: { saveData?: boolean }
}

/** True when training must wait for a press. */
function waitsForPress(query: URLSearchParams): boolean {
  const prefers = (name: string): boolean => matchMedia(`(prefers-reduced-${name}: reduce)`).matches
  const savesData = (navigator as SavesData).connection?.saveData === true
  return query.get('autostart') === '0' || savesData || prefers('data') || prefers('motion')
}

/** Opens the experiment that the address names, and starts it where the visitor would like that. */
export async function openPage(lab: Lab): Promise<void> {
  const query = new URLSearchParams(location.search)
  restoreView(lab.gaze, query)
  await lab.open(settingsFrom(query), namesSeed(query))
  if (!waitsForPress(query)) whenVisible(() => lab.phase === 'ready' && lab.start())
}

/** Changes the experiment and writes it into the address, without a new entry in the history. */
export function changeSettings(lab: Lab, settings: Settings): void {
  rewrite(queryWith(new URLSearchParams(location.search), settings))
  void lab.change(settings)
}

/** An address that repeats this experiment, with the seed named, so that it is the same everywhere. */
export function linkTo(settings: Settings, chapter: string): string {
  const query = queryWith(new URLSearchParams(), settings)
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
