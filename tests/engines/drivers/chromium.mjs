// SPDX-License-Identifier: MIT
// Chromium (V8) by playwright-core.
import { launch } from '../../browser/chromium.mjs'

export async function startChromium() {
  const browser = await launch()
  const context = await browser.newContext()
  return {
    version: browser.version(),
    async open(url) {
      const page = await context.newPage()
      await page.goto(url)
      return {
        call: (work, argument) => page.evaluate(work, argument),
        reload: () => page.reload(),
        close: () => page.close(),
      }
    },
    close: () => browser.close(),
  }
}
