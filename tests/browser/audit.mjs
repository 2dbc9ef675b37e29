// SPDX-License-Identifier: MIT
// What axe-core has to say about a part of a page, one line for each element that it finds fault with.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

const kSource = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

export async function audit(page, selector) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) {
    await page.evaluate(await readFile(kSource, 'utf8'))
  }
  const { violations } = await page.evaluate((part) => globalThis.axe.run(part), selector)
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  )
}
