// SPDX-License-Identifier: MIT
// The learning curves as columns, the way the chart reads them: one row per reported step, and a row
// for each measurement on the held-out digits. Long runs are thinned, so that drawing stays quick.

export interface Columns {
  images: number[]
  raw: (number | null)[]
  smooth: (number | null)[]
  held: (number | null)[]
}

const kMostRows = 2400
// How many batches the thick line remembers, about.
const kMemory = 20

export class Curve {
  columns: Columns = { images: [], raw: [], smooth: [], held: [] }
  private mean = 0
  private weight = 0

  /** One training step: its value on the batch, after so many images in all. */
  addStep(images: number, value: number): void {
    this.mean += (value - this.mean) / Math.min(++this.weight, kMemory)
    this.push(images, value, this.mean, null)
    if (this.columns.images.length > kMostRows) this.thin()
  }

  /** One measurement on the held-out digits. */
  addHeld(images: number, value: number): void {
    const { images: xs, held } = this.columns
    if (xs.at(-1) === images) held[held.length - 1] = value
    else this.push(images, null, null, value)
  }

  private push(
    images: number,
    raw: number | null,
    smooth: number | null,
    held: number | null,
  ): void {
    this.columns.images.push(images)
    this.columns.raw.push(raw)
    this.columns.smooth.push(smooth)
    this.columns.held.push(held)
  }

  /** Leaves out every second row, but no measurement. */
  private thin(): void {
    const { images, raw, smooth, held } = this.columns
    const keep = (_: unknown, row: number): boolean => row % 2 === 0 || held[row] !== null
    this.columns = {
      images: images.filter(keep),
      raw: raw.filter(keep),
      smooth: smooth.filter(keep),
      held: held.filter(keep),
    }
  }
}
