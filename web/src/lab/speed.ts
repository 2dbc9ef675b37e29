// SPDX-License-Identifier: MIT
// Images per second over the last moments, and the time spent training in all, pauses left out.

const kWindowMilliseconds = 1500

export class Speed {
  private marks: { time: number; images: number }[] = []
  private images = 0
  private earlier = 0
  private begin = 0

  /** A run begins or goes on: the pause before it does not count. */
  restart(): void {
    this.earlier = this.secondsInAll()
    this.begin = performance.now()
    this.marks = [{ time: this.begin, images: this.images }]
  }

  note(images: number): void {
    this.images += images
    const time = performance.now()
    this.marks.push({ time, images: this.images })
    while (this.marks.length > 2 && time - (this.marks[0]?.time ?? time) > kWindowMilliseconds) {
      this.marks.shift()
    }
  }

  imagesPerSecond(): number {
    const first = this.marks[0]
    const last = this.marks.at(-1)
    if (!first || !last || last.time === first.time) return 0
    return ((last.images - first.images) * 1000) / (last.time - first.time)
  }

  /** Until the last step. */
  secondsInAll(): number {
    const last = this.marks.at(-1)
    return this.earlier + (last ? (last.time - this.begin) / 1000 : 0)
  }
}
