// SPDX-License-Identifier: MIT
// The chapters Network and Learn: the lecture's table, a network that is rebuilt, mistakes where they
// stand, single steps, an address that brings all of it back.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { goTo, openPage, untilPhase } from './chromium.mjs'
import { openSite } from './site.mjs'

let site
before(async () => (site = await openSite()))
after(() => site?.close())

const rows = (page) => page.locator('#network tbody tr')
const layer = (page, place) => page.locator('#network .layer-name').nth(place)

test('the table says what the lecture says, each number with its formula', async () => {
  const { page, problems, close } = await openPage(site.browser, `${site.url}?autostart=0#network`)
  await goTo(page, 'network')
  await page.waitForFunction(() =>
    /98,442/.test(document.querySelector('#network tfoot').textContent),
  )
  const cells = await rows(page).evaluateAll((all) =>
    all.map((row) => [...row.querySelectorAll('td.number')].map((cell) => cell.textContent.trim())),
  )
  assert.deepEqual(cells[0], ['28 × 28 × 16', '160', '112,896'])
  assert.deepEqual(cells[2], ['14 × 14 × 32', '4,640', '903,168'])
  assert.deepEqual(cells[6], ['576', '–', '–'])
  assert.deepEqual(cells[9], ['10', '1,290', '1,280'])
  await layer(page, 2).press('Enter')
  assert.match(
    await page.locator('.layer-open').innerText(),
    /3 × 3 × 16 × 32 \+ 32 = 4,640 weights/,
  )
  // Every layer of the picture shows something: the maps of a real image.
  await page.waitForFunction(() =>
    [...document.querySelectorAll('#network canvas.stack')].every((canvas) => {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
      return new Set(new Uint32Array(data.buffer)).size > 3
    }),
  )
  assert.deepEqual(problems, [])
  await close()
})

test('a mistake is explained at its layer, and undone', async () => {
  const { page, problems, close } = await openPage(site.browser, `${site.url}?autostart=0#network`)
  await goTo(page, 'network')
  const train = page.getByRole('button', { name: 'Train this network' })
  await layer(page, 4).click()
  await page.locator('.layer-open').getByLabel('Kernel').fill('9')
  await page.locator('.layer-open').getByLabel('Kernel').blur()
  await page.locator('.layer-open').getByLabel('Padding').selectOption('valid')
  const mistake = page.locator('.layer-mistake')
  await mistake.waitFor()
  assert.match(await mistake.innerText(), /^layer "conv2d_3" \(conv2d\)/)
  assert.equal(await rows(page).nth(4).getAttribute('class'), 'wrong')
  assert.equal(await train.isDisabled(), true)
  // What stands before it is right, and keeps its shapes.
  assert.match(await rows(page).nth(3).innerText(), /7 × 7 × 32/)
  await page.getByRole('button', { name: 'Undo changes' }).click()
  await mistake.waitFor({ state: 'detached' })

  await layer(page, 9).click()
  await page.locator('.layer-open').getByLabel('Neurons').fill('7')
  await page.locator('.layer-open').getByLabel('Neurons').blur()
  await mistake.waitFor()
  assert.match(
    await mistake.innerText(),
    /gives 7 numbers .* 10 classes\. End with a dense layer of 10/,
  )
  assert.deepEqual(problems, [])
  await close()
})

test('layers are added, moved, removed and trained; the address brings them back', async () => {
  const address = `${site.url}?autostart=0&epochs=1&net=softmaxRegression#network`
  const { page, problems, close } = await openPage(site.browser, address)
  await goTo(page, 'network')
  await layer(page, 0).click()
  await page.getByLabel('Kind of the new layer').selectOption('conv2d')
  await page.getByRole('button', { name: 'Add below' }).click()
  await page.locator('.layer-mistake').waitFor() // a convolution after flatten
  await page.getByRole('button', { name: 'Up', exact: true }).click()
  await page.locator('.layer-mistake').waitFor({ state: 'detached' })
  await page.locator('.layer-open').getByLabel('Filters').fill('4')
  await page.locator('.layer-open').getByLabel('Filters').blur()
  await page.locator('.layer-open').getByLabel('Stride').fill('2')
  await page.locator('.layer-open').getByLabel('Stride').blur()
  await page.waitForFunction(() =>
    /14 × 14 × 4/.test(document.querySelector('#network tbody').innerText),
  )
  await page.getByRole('button', { name: 'Train this network' }).click()
  await page.waitForURL(/net=own/)
  assert.match(page.url(), /layers=conv2d_4_3_2_same_1_relu-flatten-dense_10_softmax/)
  await untilPhase(page, 'ready')
  // 3 x 3 x 1 x 4 + 4, and 14 x 14 x 4 x 10 + 10.
  assert.match(await page.locator('#network tfoot').innerText(), /7,890/)
  const shared = page.url()
  assert.deepEqual(problems, [])
  await close()

  const again = await openPage(site.browser, shared)
  await goTo(again.page, 'network')
  await untilPhase(again.page, 'ready')
  assert.match(await again.page.locator('#network tfoot').innerText(), /7,890/)
  assert.equal(await again.page.locator('#network .fields select').inputValue(), 'own')
  assert.deepEqual(again.problems, [])
  await again.close()
})

test('one step is one batch, before training and in a pause; optimizer and link', async () => {
  const { page, problems, close } = await openPage(site.browser, `${site.url}?autostart=0#learn`)
  await goTo(page, 'learn')
  const learn = page.locator('#learn')
  const seen = async () =>
    Number((await learn.locator('.facts dd').nth(1).innerText()).replace(',', ''))
  const until = (count) =>
    page.waitForFunction(
      (wanted) =>
        document.querySelector('#learn .facts').innerText.includes(wanted.toLocaleString('en-US')),
      count,
    )
  await learn.getByRole('button', { name: 'One step' }).click()
  await until(32)
  await learn.getByRole('button', { name: 'One step' }).click()
  await until(64)
  await learn.getByRole('button', { name: 'Start', exact: true }).click()
  await untilPhase(page, 'training')
  await learn.getByRole('button', { name: 'Pause, to step' }).click()
  await untilPhase(page, 'paused')
  await page.waitForTimeout(500)
  const before = await seen()
  await learn.getByRole('button', { name: 'One step' }).click()
  await until(before + 32)
  await page.waitForTimeout(500)
  assert.equal(await seen(), before + 32)

  await learn.getByLabel('Optimizer').selectOption('nesterov')
  await learn.getByLabel('The rate goes').selectOption('cosineDecay')
  await page.waitForURL(/optimizer=nesterov.*schedule=cosineDecay/)
  await untilPhase(page, 'ready')
  await learn.getByRole('button', { name: 'Copy a link' }).click()
  await page.waitForFunction(
    () => document.querySelector('#learn .learn-controls [role=status]').textContent !== '',
  )
  assert.deepEqual(problems, [])
  await close()
})

test('one step is one batch over the end of an epoch as well', async () => {
  const address = `${site.url}?autostart=0&net=softmaxRegression&batch=512&epochs=100&seed=1#learn`
  const { page, problems, close } = await openPage(site.browser, address)
  await goTo(page, 'learn')
  const learn = page.locator('#learn')
  const seen = async () =>
    Number((await learn.locator('.facts dd').nth(1).innerText()).replace(',', ''))
  await learn.getByRole('button', { name: 'Start', exact: true }).click()
  await untilPhase(page, 'training')
  await learn.getByRole('button', { name: 'Pause, to step' }).click()
  await untilPhase(page, 'paused')
  await page.waitForTimeout(700)
  let now = await seen()
  // 9,000 images are 17 batches of 512 and one of 296.
  for (let step = 0; step < 18; ++step) {
    await learn.getByRole('button', { name: 'One step' }).click()
    await page.waitForFunction(
      (before) =>
        document.querySelectorAll('#learn .facts dd')[1].textContent.replace(',', '') !== before,
      String(now),
    )
    const next = now + Math.min(512, 9000 - (now % 9000))
    assert.equal(await seen(), next, `step ${step + 1} from ${now}`)
    now = next
  }
  await page.waitForTimeout(700)
  assert.equal(await seen(), now, 'and no more')
  assert.deepEqual(problems, [])
  await close()
})
