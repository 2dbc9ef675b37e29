// SPDX-License-Identifier: MIT
// Work that is wanted again whenever something changed: one piece at a time, with a pause after each, and
// never two for the same wish.

export class Repeat {
  private busy = false
  private again = false

  /** `work` tells by its result how long the pause is at least, in milliseconds. */
  constructor(private readonly work: () => Promise<number>) {}

  /** Works now, or once more when the present work is done. */
  wish(): void {
    if (this.busy) this.again = true
    else void this.run()
  }

  private async run(): Promise<void> {
    this.busy = true
    do {
      this.again = false
      const pause = await this.work()
      await new Promise((resolve) => setTimeout(resolve, pause))
    } while (this.again)
    this.busy = false
  }
}

/** True for the error of a model that was replaced while it was asked. */
export function isDisposed(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'disposed'
}

export function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
