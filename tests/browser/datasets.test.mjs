// SPDX-License-Identifier: MIT
// Other data than digits, given to the page as files: Fashion-MNIST's four, IDX files with names for their
// classes, and the real CIFAR-10 where it is (FOVEA_CIFAR_DIR, or cifar10 beside the folder that
// FOVEA_DATA_DIR names).
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { goTo, openPage, untilAccuracy, untilPhase } from './chromium.mjs'
import { bitmap, idx } from './files.mjs'
import { openSite } from './site.mjs'

let site
before(async () => (site = await openSite()))
after(() => site?.close())

/** An IDX file of bytes, as it is given to the page. */
function idxFile(name, shape, bytes) {
  const whole = idx(shape, bytes)
  return { name, mimeType: '', buffer: name.endsWith('.gz') ? gzipSync(whole) : whole }
}

/** Images and labels: class k has a bright block that lies the further down the larger k is. */
function pairOf(part, labels, side, ending) {
  const images = Buffer.alloc(labels.length * side * side)
  labels.forEach((label, row) => {
    for (let i = 0; i < side * side; ++i) {
      const inBlock = Math.floor(i / side / 2) === label + 1
      images[row * side * side + i] = inBlock ? 230 : (i * 7 + row * 31) % 40
    }
  })
  return [
    idxFile(`${part}-images-idx3-ubyte${ending}`, [labels.length, side, side], images),
    idxFile(`${part}-labels-idx1-ubyte${ending}`, [labels.length], labels),
  ]
}

/** The same block as a Windows bitmap: what the network is given of it is exactly a picture of the class. */
function pictureOf(label, side) {
  const grey = (i) => (Math.floor(i / side / 2) === label + 1 ? 230 : 20)
  const buffer = bitmap(side, (i) => [grey(i), grey(i), grey(i)])
  return { name: 'mine.bmp', mimeType: 'image/bmp', buffer }
}

const give = (page, files) => page.locator('#data .file input').first().setInputFiles(files)
const until = (page, pattern) =>
  page.waitForFunction(
    ([source]) => new RegExp(source).test(document.querySelector('#data .facts').innerText),
    [pattern.source],
    { timeout: 120_000 },
  )
const names = (page) => page.locator('#data .balance-name').allTextContents()

/** True where a canvas has a pixel that is not grey. */
const coloured = (canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] > 0 && Math.abs(data[i] - data[i + 2]) > 8) return true
  }
  return false
}

test('Fashion-MNIST is known by its labels, and its classes by their names', async () => {
  const begin = [...'90030272550955791064'].map(Number)
  const labels = (count) => Array.from({ length: count }, (_, k) => begin[k] ?? k % 10)
  const { page, problems, close } = await openPage(
    site.browser,
    `${site.url}?autostart=0&epochs=20`,
  )
  await goTo(page, 'data')
  await give(page, [
    ...pairOf('train', labels(600), 28, '.gz'),
    ...pairOf('t10k', labels(100), 28, '.gz'),
  ])
  await until(page, /600 images/)
  await untilPhase(page, 'ready')
  const shown = await names(page)
  assert.deepEqual([shown.length, shown[0], shown[9]], [10, 'T-shirt/top', 'Ankle boot'])
  assert.match(await page.locator('header').innerText(), /to tell clothes apart/)
  assert.equal(await page.getByLabel('Data set').inputValue(), 'fashion')
  assert.match(await page.locator('#draw').innerText(), /Draw something/)
  await page.locator('.controls .primary').first().press('Enter')
  await untilAccuracy(page, 0.9)
  await goTo(page, 'try')
  await page.locator('#try .picture-file input').setInputFiles(pictureOf(3, 28))
  await page.locator('#try [data-testid=verdict]', { hasText: 'Dress' }).waitFor()
  await page
    .locator('#try .picture-file input')
    .setInputFiles([{ name: 'notes.png', mimeType: 'image/png', buffer: Buffer.from('no') }])
  await page.locator('#try').getByText('notes.png cannot be read as an image').waitFor()
  assert.deepEqual(problems, [])
  await close()
})

test('a text file names the classes; with as many names as classes, or it is refused', async () => {
  const { page, problems, close } = await openPage(site.browser, `${site.url}?autostart=0`)
  await goTo(page, 'data')
  const labels = Array.from({ length: 90 }, (_, k) => k % 3)
  const files = (text) => [
    ...pairOf('train', labels, 12, ''),
    ...pairOf('test', labels.slice(0, 30), 12, ''),
    { name: 'classes.txt', mimeType: 'text/plain', buffer: Buffer.from(text) },
  ]
  await give(page, files('high\nlow\n'))
  const alert = page.locator('.drop [role=alert]')
  await alert.filter({ hasText: 'has 2 names, but the labels go from 0 to 2' }).waitFor()
  await give(page, files('high\r\nmiddle\r\nlow\r\n'))
  await until(page, /12 × 12 × 1/)
  await untilPhase(page, 'ready')
  assert.deepEqual(await names(page), ['high', 'middle', 'low'])
  assert.deepEqual(problems, [])
  await close()
})

test('CIFAR-10’s archive as it is downloaded; one that ends early is refused', async () => {
  const inside = join(site.folder, 'cifar-10-batches-bin')
  await mkdir(inside)
  // Rows of a class and 3,072 pixels: one plane is bright, which one the class decides.
  const rows = (count) =>
    Buffer.concat(
      Array.from({ length: count }, (_, row) => {
        const pixels = Buffer.alloc(3072, 10)
        pixels.fill(200, (row % 3) * 1024, (row % 3) * 1024 + 1024)
        return Buffer.concat([Buffer.from([row % 10]), pixels])
      }),
    )
  await writeFile(join(inside, 'data_batch_1.bin'), rows(30))
  await writeFile(join(inside, 'data_batch_2.bin'), rows(20))
  await writeFile(join(inside, 'test_batch.bin'), rows(10))
  await writeFile(join(inside, 'readme.html'), '<p>')
  const archive = join(site.folder, 'cifar-10-binary.tar.gz')
  execFileSync('tar', ['-czf', archive, '-C', site.folder, 'cifar-10-batches-bin'])
  const { page, problems, close } = await openPage(site.browser, `${site.url}?autostart=0`)
  await goTo(page, 'data')
  const whole = gunzipSync(await readFile(archive))
  await give(page, [
    {
      name: 'cut.tar',
      mimeType: '',
      buffer: whole.subarray(0, whole.indexOf('data_batch_1.bin') + 9000),
    },
  ])
  await page.locator('.drop [role=alert]', { hasText: /cut\.tar ends within .*bin/ }).waitFor()
  await give(page, archive)
  await until(page, /50 images[^]*10 images[^]*32 × 32 × 3/)
  await untilPhase(page, 'ready')
  assert.deepEqual((await names(page)).slice(3, 6), ['cat', 'deer', 'dog'])
  assert.deepEqual(problems, [])
  await close()
})

const { FOVEA_CIFAR_DIR, FOVEA_DATA_DIR } = process.env
const kCifar = FOVEA_CIFAR_DIR ?? (FOVEA_DATA_DIR && join(FOVEA_DATA_DIR, '../cifar10'))
const kFiles = ['data_batch_1.bin.gz', 'test_batch.bin.gz'].map((name) => join(kCifar ?? '', name))
const skip = kFiles.every((file) => existsSync(file))
  ? false
  : `there is no CIFAR-10 (data_batch_1.bin.gz, test_batch.bin.gz) in ${kCifar ?? 'FOVEA_CIFAR_DIR'}`

test('CIFAR-10’s real files: learned, in colour in every chapter', { skip }, async () => {
  const address = `${site.url}?autostart=0&epochs=2&net=lenetCifar`
  const { page, problems, close } = await openPage(site.browser, address)
  await goTo(page, 'data')
  await give(page, kFiles)
  await until(page, /32 × 32 × 3/)
  await untilPhase(page, 'ready')
  assert.deepEqual((await names(page)).slice(3, 6), ['cat', 'deer', 'dog'])
  assert.ok(await page.locator('#data .sample canvas').first().evaluate(coloured), 'samples')
  await page.locator('.controls .primary').first().press('Enter')
  await untilAccuracy(page, 0.25)
  await untilPhase(page, 'done')
  const few = page.locator('.sixteen canvas')
  assert.ok((await few.evaluateAll((all) => all.length)) === 16)

  await goTo(page, 'inside')
  await page.waitForFunction(() =>
    /Map 1 of 3 that come in \(red\)/.test(document.querySelector('#inside').innerText),
  )
  const picture = page.locator('#inside .picture-layer canvas')
  assert.ok(await picture.first().evaluate(coloured), 'the image before its channels')

  await page.locator('#explain-title').scrollIntoViewIfNeeded()
  await page.waitForFunction(
    () => document.querySelectorAll('#inside .explained canvas.heat').length >= 2,
  )

  await goTo(page, 'mistakes')
  await page.locator('#mistakes .gallery li button').first().waitFor()
  assert.ok(await page.locator('#mistakes .gallery li canvas').first().evaluate(coloured))
  assert.match(await page.locator('#mistakes .gallery li').first().innerText(), /^[a-z]+ →\n[a-z]+/)

  await goTo(page, 'try')
  const pad = await page.locator('#try [data-testid=pad]').boundingBox()
  await page.mouse.move(pad.x + 60, pad.y + 60)
  await page.mouse.down()
  await page.mouse.move(pad.x + 200, pad.y + 180, { steps: 8 })
  await page.mouse.up()
  await page.waitForFunction(() =>
    /^Answered in/.test(document.querySelector('#try .time').textContent.trim()),
  )
  assert.match(await page.locator('#try .bars').innerText(), /airplane[\s\S]*truck/)
  assert.deepEqual(problems, [])
  await close()
})
