// SPDX-License-Identifier: MIT
// The chapter on kernels: its arithmetic against the lecture's numbers, and the panel by mouse, finger
// and keyboard, with the maps that the engine makes.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { audit } from './audit.mjs'
import { goTo, openPage } from './chromium.mjs'
import { drawWithFinger, kPhone, stroke } from './finger.mjs'
import { load } from './module.mjs'
import { openSite } from './site.mjs'

const kMap = '[data-testid=map]'

const setting = (page, name) =>
  page.locator('.see-side').getByRole('combobox', { name, exact: true })

describe('arithmetic', async () => {
  const { axisOf, gathered, tapsAt, written } = await load('see/slide')
  const { kPictures } = await load('see/pictures')
  const { parsed, typed } = await load('see/kernels')
  const { kUsualSetup, setupFrom, setupText } = await load('see/setup')

  test('sizes: floor((N + 2P - F) / S) + 1, and what is never seen', () => {
    const rows = [
      // N, F, S, P, dilation, places, unseen
      [7, 3, 1, 0, 1, 5, 0],
      [7, 3, 2, 0, 1, 3, 0],
      [7, 3, 3, 0, 1, 2, 1],
      [6, 3, 1, 2, 1, 8, 0],
      [6, 3, 1, 0, 2, 2, 0],
      [6, 3, 1, 0, 3, 0, 0],
      [6, 3, 1, 'same', 1, 6, 0],
      [6, 2, 1, 'same', 1, 6, 0],
      [56, 3, 2, 'same', 1, 28, 0],
    ]
    for (const [input, window, stride, padding, dilation, output, unseen] of rows) {
      const axis = axisOf(input, { window, stride, padding, dilation })
      assert.deepEqual([axis.output, axis.unseen], [output, unseen], `${[input, window, stride]}`)
    }
    // An odd number of padded cells: the larger half at the end.
    const { before, after: behind } = axisOf(6, {
      window: 2,
      stride: 1,
      padding: 'same',
      dilation: 1,
    })
    assert.deepEqual([before, behind], [0, 1])
  })

  test('the window, its products and their sum', () => {
    const picture = kPictures.lecture.make()
    const options = { window: 3, stride: 1, dilation: 1, padding: 0 }
    const cross = [1, 0, 1, 0, 1, 0, 1, 0, 1]
    const sums = Array.from({ length: 16 }, (_, i) => {
      const place = { row: Math.floor(i / 4), column: i % 4 }
      return written(gathered(tapsAt(picture, cross, options, place), 'convolution'))
    })
    const wanted = '1 1.2 1.1 0.9 2.1 2.7 2.5 1.9 1 2.1 2.4 1.4 1 1.8 2 1.8'
    assert.equal(sums.join(' '), wanted)
    // Padding counts for the largest and the mean no more than if it were not there.
    const corner = tapsAt(
      { values: Float32Array.of(-5, -3, -2, -4), width: 2, height: 2 },
      [],
      { ...options, padding: 1 },
      { row: 0, column: 0 },
    )
    assert.equal(gathered(corner, 'max'), -2)
    assert.equal(gathered(corner, 'average'), -3.5)
    assert.equal(gathered(corner, 'sum'), -14)
  })

  test('weights as they are typed', () => {
    assert.deepEqual(['1', ' -0.5 ', '−2', '1/9', '0,5'].map(parsed), [1, -0.5, -2, 1 / 9, 0.5])
    assert.deepEqual(['', 'two', '1/0', '1e9', '5000'].map(parsed), Array(5).fill(undefined))
    assert.deepEqual([1 / 9, -2, 0.25, 3].map(typed), ['1/9', '−2', '0.25', '3'])
  })

  test('the address: what is written is read again, nonsense is as usual', () => {
    assert.equal(setupText(kUsualSetup), '')
    assert.deepEqual(setupFrom(''), { ...kUsualSetup })
    assert.deepEqual(setupFrom('cats_max9_7_x_-1'), { ...kUsualSetup })
    const own = { ...kUsualSetup, picture: 'house', kernel: [0, 0, 0, 0, 2.5, 0, 0, 0, -1] }
    const pool = { ...kUsualSetup, operation: 'average', pool: 2, stride: 2, padding: 'same' }
    for (const setup of [own, { ...kUsualSetup, kernel: 'emboss', dilation: 2, padding: 3 }])
      assert.deepEqual(setupFrom(setupText(setup)), setup)
    assert.deepEqual(setupFrom(setupText(pool)), pool)
  })
})

describe('the panel', () => {
  let visited
  before(async () => (visited = await openSite()))
  after(() => visited?.close())

  const visit = async (query, options) => {
    const opened = await openPage(visited.browser, `${visited.url}?autostart=0${query}`, options)
    await goTo(opened.page, 'see')
    const { page } = opened
    const map = page.locator(kMap)
    await map.waitFor({ timeout: 60_000 })
    const sum = () => page.getByTestId('sum').textContent()
    const place = () => page.locator('.see-bench [data-testid=place]').textContent()
    /** The engine's own map; `least`: the first number that tells it from the one before. */
    const mapIs = (text) =>
      page.waitForFunction(
        ([selector, wanted]) => document.querySelector(selector)?.dataset.values === wanted,
        [kMap, text],
      )
    return { ...opened, map, sum: async () => (await sum()).trim(), place, mapIs }
  }

  test('the lecture’s example, by keyboard', async () => {
    const { page, map, sum, place, mapIs, problems, close } = await visit('')
    await mapIs('1 1.2 1.1 0.9 2.1 2.7 2.5 1.9 1 2.1 2.4 1.4 1 1.8 2 1.8')
    assert.equal(await sum(), '1')
    assert.equal((await place()).trim(), '1 of 16')
    for (const [key, wanted] of [
      ['ArrowRight', '1.2'],
      ['ArrowDown', '2.7'],
      ['End', '1.9'],
      ['Control+End', '1.8'],
      ['ArrowUp', '1.4'],
      ['Home', '1'],
      ['Control+Home', '1'],
    ]) {
      await map.press(key)
      assert.equal(await sum(), wanted, key)
    }
    assert.equal(
      await page.getByTestId('sentence').innerText(),
      '0·1 + 0·0 + 0·1 + 0.2·0 + 0.8·1 + 0·0 + 0.2·1 + 0.9·0 + 0·1 = 1',
    )
    // One weight of one's own: the middle counts double.
    await page.getByLabel('Row 2, column 2', { exact: true }).fill('2')
    await page.getByLabel('Row 2, column 2', { exact: true }).press('Enter')
    await page.waitForURL(/see=lecture_1\*0\*1\*0\*2\*0\*1\*0\*1_1_1_0/)
    assert.equal(await sum(), '1.8')
    assert.equal(await setting(page, 'Kernel').inputValue(), 'own')
    await page.getByLabel('Row 2, column 2', { exact: true }).fill('two')
    await page.getByLabel('Row 2, column 2', { exact: true }).press('Enter')
    assert.match(await page.locator('#see [role=alert]').innerText(), /^A weight is a number/)
    assert.equal(await page.getByLabel('Row 2, column 2', { exact: true }).inputValue(), '2')
    assert.deepEqual(problems, [])
    await close()
  })

  test('every example of the lectures, and each named kernel, by mouse', async () => {
    const { page, map, sum, mapIs, problems, close } = await visit('')
    const example = (name) => page.locator('.examples').getByRole('button', { name }).click()
    await example('Find an edge')
    await mapIs('0 30 30 0 0 30 30 0 0 30 30 0 0 30 30 0')
    await example('Does not fit')
    await page.waitForURL(/see=seven_blur_3_1_0/)
    assert.match(await page.getByTestId('size').innerText(), /⌊\(7 \+ 2·0 − 3\) \/ 3⌋ \+ 1 = 2/)
    assert.equal(
      await page.getByTestId('unseen').innerText(),
      'It does not come out even: the last 1 column and the last 1 row are never seen.',
    )
    await example('Is it an X?')
    await page.waitForURL(/see=cross_falling/)
    await page.waitForFunction(
      (selector) => document.querySelector(selector)?.dataset.values.split(' ').includes('9'),
      kMap,
    )
    await example('Pooling')
    await mapIs('7 9 7 7')
    await setting(page, 'Operation').selectOption('average')
    await mapIs('4.22 5.67 4.44 3.89')
    await setting(page, 'Operation').selectOption('sum')
    await mapIs('38 51 40 35')
    assert.equal(await sum(), '38')
    await example('A whole picture')
    await page.waitForFunction(
      () => document.querySelector('[data-testid=place]').textContent.trim() === '1 of 3136',
    )
    // A press on the picture puts the window there; the engine and the arithmetic agree everywhere.
    const box = await page.locator('.maps .number-grid').first().boundingBox()
    await page.mouse.click(box.x + box.width * 0.5, box.y + box.height * 0.5)
    assert.notEqual(
      (await page.locator('.see-bench [data-testid=place]').textContent()).trim(),
      '1 of 3136',
    )
    await setting(page, 'Picture').selectOption('table')
    await setting(page, 'Padding').selectOption('0')
    const names = await setting(page, 'Kernel')
      .locator('option')
      .evaluateAll((options) =>
        options.map(({ value }) => value).filter((value) => value !== 'own'),
      )
    assert.equal(names.length, 13)
    let last = ''
    for (const name of names) {
      await setting(page, 'Kernel').selectOption(name)
      await page.waitForFunction(
        ([selector, before]) => {
          const now = document.querySelector(selector)?.dataset.values
          return now !== undefined && now !== before
        },
        [kMap, last],
      )
      last = await map.getAttribute('data-values')
      await page.waitForFunction(
        (selector) =>
          document.querySelector('[data-testid=sum]').textContent.trim() ===
          document.querySelector(selector).dataset.values.split(' ')[0],
        kMap,
      )
    }
    assert.deepEqual(problems, [])
    await close()
  })

  test('plays, pauses, and starts over', async () => {
    const { page, place, close } = await visit('')
    await page.locator('.see-bench').getByRole('button', { name: 'Play', exact: true }).click()
    await page.waitForFunction(() =>
      /^[4-9] of/.test(document.querySelector('[data-testid=place]').textContent.trim()),
    )
    await page.locator('#see').getByRole('button', { name: 'Pause', exact: true }).click()
    const before = await place()
    await page.waitForTimeout(700)
    assert.equal(await place(), before)
    // What the window has not reached yet is not filled in.
    const filled = await page.locator(`${kMap} text`).count()
    assert.equal(filled, Number.parseInt(before))
    await page.locator('.see-bench').getByRole('button', { name: 'Start over' }).click()
    assert.equal(await page.locator(`${kMap} text`).count(), 1)
    await page.locator('.see-bench').getByRole('button', { name: 'Step', exact: true }).click()
    assert.equal((await place()).trim(), '2 of 16')
    await close()
  })

  test('a drawing and the digit in view, on a phone, by finger', async () => {
    const { page, problems, close } = await visit('&see=drawing_verticalEdges_1_1_0', {
      ...kPhone,
      colorScheme: 'dark',
    })
    const pad = page.locator('#see [data-testid=pad]')
    await drawWithFinger(page, pad, stroke([0.5, 0.2], [0.5, 0.78]))
    const largest = () =>
      page.locator('.maps figure').last().locator('.legend .number').last().innerText()
    await page.waitForFunction(
      () =>
        Number(
          [...document.querySelectorAll('.maps figure:last-child .legend .number')].at(-1)
            ?.textContent,
        ) > 200,
    )
    assert.ok(Number(await largest()) <= 770, 'at most three times 255, to two digits')
    // A tap on the map puts the window there.
    await page.locator(kMap).scrollIntoViewIfNeeded()
    const map = await page.locator(kMap).boundingBox()
    await page.locator(kMap).tap({ position: { x: map.width * 0.52, y: map.height * 0.52 } })
    assert.equal(
      (await page.locator('.see-bench [data-testid=place]').innerText()).trim(),
      '352 of 676',
    )
    await setting(page, 'Picture').selectOption('image')
    await page.waitForURL(/see=image_/)
    const wide = await page.evaluate(() => document.documentElement.scrollWidth)
    assert.ok(wide <= 360, `${wide} pixels wide`)
    assert.deepEqual(await audit(page, '#see'), [])
    assert.deepEqual(problems, [])
    await close()
  })

  test('in colour: the sums of three colours and a bias are the engine’s numbers', async () => {
    const { kChannels, kFilters } = await load('see/volume')
    // Every product again, in plain loops: padding 1, stride 2.
    const expected = kFilters.map(({ slices, bias }) =>
      Array.from({ length: 9 }, (_, i) => {
        let sum = bias
        for (let c = 0; c < 3; ++c) {
          for (let k = 0; k < 9; ++k) {
            const y = Math.floor(i / 3) * 2 + Math.floor(k / 3) - 1
            const x = (i % 3) * 2 + (k % 3) - 1
            const inside = y >= 0 && x >= 0 && y < 5 && x < 5
            if (inside) sum += kChannels[c].values[y * 5 + x] * slices[c][k]
          }
        }
        return sum
      }),
    )
    const { page, problems, close } = await visit('')
    const volume = page.locator('.volume')
    await page.waitForFunction(
      () => document.querySelectorAll('.volume-maps svg text').length === 1,
    )
    const controls = volume.getByRole('group', { name: 'The window in three colours' })
    const number = (text) => Number(text.replaceAll('−', '-').replace(/[()]/g, ''))
    for (let place = 0; place < 18; ++place) {
      const [sums, total] = (await page.getByTestId('volume-sum').innerText()).split('=')
      const terms = sums.split('+').map((term) => number(term.trim().replace(/^[a-z]+ /, '')))
      assert.equal(terms.length, 4)
      assert.equal(
        terms.reduce((all, one) => all + one, 0),
        number(total),
        `place ${place}`,
      )
      assert.equal(number(total), expected[Math.floor(place / 9)][place % 9], `place ${place}`)
      if (place < 17) await controls.getByRole('button', { name: 'Step' }).click()
    }
    const cells = await volume.locator('.volume-maps svg text').allTextContents()
    assert.deepEqual(
      cells.map((text) => number(text.trim())),
      expected.flat(),
    )
    assert.ok(new Set(expected.flat()).size > 6, 'the filters do not say the same everywhere')
    assert.deepEqual(problems, [])
    await close()
  })

  test('backwards: the lecture’s two matrices, and what a change of a number does', async () => {
    const { page, problems, close } = await visit('')
    const backward = page.locator('.backward')
    const tables = await backward
      .locator('.slopes')
      .evaluateAll((all) =>
        all.map((one) =>
          [...one.rows].map((row) =>
            [...row.querySelectorAll('td')].map(({ textContent }) =>
              Number(textContent.trim().replace('−', '-')),
            ),
          ),
        ),
      )
    const values = async (group) =>
      (await backward.getByRole('group', { name: group }).getByRole('button').allInnerTexts()).map(
        (text) => Number(text.split('=')[1].trim().replace('−', '-')),
      )
    const [weights, inputs] = [await values('A weight'), await values('An input')]
    const [i1, i2, i3, i4] = inputs
    const [w1, w2, w3] = weights
    assert.deepEqual(tables, [
      [[i1, i2, i3], [i2, i3, i4]], // prettier-ignore
      [[w1, w2, w3, 0], [0, w1, w2, w3]], // prettier-ignore
    ])
    // The loss as the text tells it: O₁ times its slope and O₂ times its own, before and after a step of 1.
    const slopes = (await backward.locator('p').first().innerText())
      .match(/slope\s+[−\d]+/g)
      .map((text) => Number(text.replace('−', '-').replace(/slope\s+/, '')))
    const loss = (i, w) =>
      slopes.reduce(
        (all, slope, o) => all + slope * w.reduce((sum, weight, k) => sum + weight * i[o + k], 0),
        0,
      )
    for (const [group, mine] of [
      ['A weight', weights],
      ['An input', inputs],
    ])
      // prettier-ignore
      for (const [index] of mine.entries()) {
        await backward.getByRole('group', { name: group }).getByRole('button').nth(index).click()
        const changed = mine.map((value, k) => value + Number(k === index))
        const after = group === 'A weight' ? loss(inputs, changed) : loss(changed, weights)
        const shown = (await page.getByTestId('gradient').innerText()).split('=').at(-1)
        const found = Number(shown.trim().replace('−', '-'))
        assert.equal(found, after - loss(inputs, weights), `${group} ${index}`)
        const lines = await backward.locator('line.on').count()
        assert.equal(lines, group === 'A weight' ? 2 : [1, 2, 2, 1][index])
      }
    assert.deepEqual(problems, [])
    await close()
  })

  test('axe finds nothing, and a window that does not fit is told', async () => {
    const { page, problems, close } = await visit('')
    await page.locator('#see summary').click()
    assert.deepEqual(await audit(page, '#see'), [])
    await setting(page, 'Dilation').selectOption('3')
    assert.match(await page.locator('.no-map').innerText(), /spans 7 cells.*only 6/)
    assert.equal(
      await page
        .locator('.see-bench')
        .getByRole('button', { name: 'Play', exact: true })
        .isDisabled(),
      true,
    )
    assert.deepEqual(problems, [])
    await close()
  })
})
