// SPDX-License-Identifier: MIT
// What a screen reader is told of the training: milestones, not every step.
import { percent, whole } from './format.js'

const kMilestones = [0.5, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99]

export class Herald {
  private reached = 0

  /** "97.4 % of the held-out images are right after 9,000 images." */
  standing(accuracy: number | undefined, images: number): string {
    if (accuracy === undefined) return ''
    return `${percent(accuracy)} of the held-out images are right after ${whole(images)} images.`
  }

  /** True when a milestone was passed since the last time. */
  passes(accuracy: number): boolean {
    const reached = kMilestones.filter((milestone) => accuracy >= milestone).length
    const more = reached > this.reached
    this.reached = Math.max(this.reached, reached)
    return more
  }
}
