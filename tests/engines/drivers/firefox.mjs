// SPDX-License-Identifier: MIT
// Firefox (SpiderMonkey) by puppeteer-core.
import puppeteer from 'puppeteer-core'
import { which } from '../../../scripts/lib/shell.mjs'

export async function startFirefox() {
  const executablePath = which('firefox-esr') ?? which('firefox')
  const browser = await puppeteer.launch({ browser: 'firefox', executablePath, headless: true })
  return {
    version: (await browser.version()).replace(/^\w+\//, ''),
    async open(url) {
      const page = await browser.newPage()
      page.setDefaultTimeout(120_000)
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
