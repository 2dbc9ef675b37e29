// SPDX-License-Identifier: MIT
// What the visitor is looking at: the chapter, the image that goes through the network everywhere on the
// page, and the layer and unit that are opened. Chapters share it, so that all show the same thing.

/** An image as the network takes it. */
export interface SeenImage {
  /** Bytes, [height, width, channels]. */
  pixels: Uint8Array
  shape: readonly number[]
  /** Its class, where that is known. */
  label: number | undefined
  /** Where it comes from, in words: "held-out digit 17", "your drawing". */
  origin: string
}

/** One number in a layer's output. */
export interface Unit {
  y: number
  x: number
  channel: number
}

export class Gaze {
  /** Id of the chapter on the screen; empty at the top of the page. */
  chapter = $state('')
  image = $state.raw<SeenImage | undefined>()
  /** Name of the opened layer; undefined: the first one with weights. */
  layer = $state<string | undefined>()
  unit = $state.raw<Unit | undefined>()

  private readonly open = new Set<string>()

  look(image: SeenImage): void {
    this.image = image
  }

  select(layer: string | undefined, unit?: Unit): void {
    this.layer = layer
    this.unit = unit
  }

  reading(chapter: string, is: boolean): void {
    if (is) this.open.add(chapter)
    else this.open.delete(chapter)
    this.chapter = [...this.open].at(-1) ?? ''
  }
}
