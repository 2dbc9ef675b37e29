// SPDX-License-Identifier: MIT
// The chapters in the order of a lesson: the id that links use, the heading, one sentence that says what
// to notice, the panel that is fetched when it comes near, and the height that is kept for it until then.
import type { Component } from 'svelte'
import type { Lab } from './lab/lab.svelte.js'
import type { Recognizer } from './lab/recognizer.svelte.js'

export interface PanelProps {
  lab: Lab
  recognizer: Recognizer
}

export interface ChapterInfo {
  id: string
  title: string
  /** In the rail, where the title is long. */
  short?: string
  notice: string
  load: () => Promise<{ default: Component<PanelProps> }>
  /** In rem: on a screen, on a phone. */
  height: [number, number]
}

export const kChapters: readonly ChapterInfo[] = [
  {
    id: 'see',
    title: 'See',
    notice: 'A kernel slides over the picture: nine products and one sum for each new pixel.',
    load: () => import('./panels/See.svelte'),
    height: [92, 147],
  },
  {
    id: 'data',
    title: 'Data',
    notice: 'What it learns from. Look at your data before you train on them.',
    load: () => import('./panels/Data.svelte'),
    height: [64, 120],
  },
  {
    id: 'network',
    title: 'Network',
    notice:
      'From left to right the maps get smaller and smaller, and there are more and more of them.',
    load: () => import('./panels/Network.svelte'),
    height: [54, 98],
  },
  {
    id: 'learn',
    title: 'Learn',
    notice: 'Change one thing and it starts anew: the seed keeps everything else the same.',
    load: () => import('./panels/Learn.svelte'),
    height: [38, 63],
  },
  {
    id: 'inside',
    title: 'Look inside',
    notice: 'Every number in it can be opened, down to multiplication and addition.',
    load: () => import('./panels/LookInside.svelte'),
    height: [110, 220],
  },
  {
    id: 'try',
    title: 'Try it',
    notice: 'It sees what you draw or hold before the camera as a small grid of numbers.',
    load: () => import('./panels/TryIt.svelte'),
    height: [34, 84],
  },
  {
    id: 'teach',
    title: 'Teach it',
    notice: 'A few dozen examples of your own are enough for a small network.',
    load: () => import('./panels/TeachIt.svelte'),
    height: [42, 76],
  },
  {
    id: 'mistakes',
    title: 'Mistakes',
    notice: 'Where it is wrong, it is often wrong in the same way.',
    load: () => import('./panels/Mistakes.svelte'),
    height: [64, 108],
  },
  {
    id: 'keep',
    title: 'Keep and compare',
    short: 'Keep',
    notice: 'The network is yours: keep it here, take it elsewhere, race it against others.',
    load: () => import('./panels/Keep.svelte'),
    height: [69, 95],
  },
]
