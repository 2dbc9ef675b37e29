// SPDX-License-Identifier: MIT
// Trainings that are over or were replaced by another: what they were, and how they went.
import type { Columns } from './curves.js'
import { kNetworks, kUsual } from './settings.js'
import type { Settings } from './settings.js'

export interface Run {
  id: number
  name: string
  settings: Settings
  /** After so many images, this share of the held-out images was right, and this was their loss. */
  images: number[]
  accuracy: number[]
  loss: number[]
  weights: number
  seconds: number
}

const kMostRuns = 8

/** What the curves tell of a training: only its measurements on the held-out images. */
export function makeRun(
  id: number,
  settings: Settings,
  accuracy: Columns,
  loss: Columns,
): Omit<Run, 'weights' | 'seconds'> {
  const rows = accuracy.images.flatMap((_, row) => (accuracy.held[row] == null ? [] : [row]))
  return {
    id,
    name: runName(settings),
    settings,
    images: rows.map((row) => accuracy.images[row] ?? 0),
    accuracy: rows.map((row) => accuracy.held[row] ?? 0),
    loss: loss.held.filter((value) => value !== null),
  }
}

/** The runs with one more; the oldest go. */
export function withRun(runs: readonly Run[], run: Run): Run[] {
  return [...runs, run].slice(-kMostRuns)
}

/** What tells a run from the usual one, in words. */
export function runName(settings: Settings): string {
  const words: string[] = [
    settings.network === 'own' ? 'own network' : (kNetworks[settings.network].split(':')[0] ?? ''),
  ]
  const say = (name: keyof Settings, text: string): void => {
    if (settings[name] !== kUsual[name]) words.push(text)
  }
  say('data', settings.data)
  say('optimizer', settings.optimizer)
  say('learningRate', `rate ${settings.learningRate}`)
  say('schedule', settings.schedule)
  say('batchSize', `batch ${settings.batchSize}`)
  say('shift', `shift ${settings.shift} %`)
  say('turn', `turn ${settings.turn}°`)
  say('zoom', `zoom ${settings.zoom} %`)
  say('flip', 'mirrored')
  say('seed', `seed ${settings.seed}`)
  return words.join(', ')
}
