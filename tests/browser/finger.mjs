// SPDX-License-Identifier: MIT
// A phone, and a finger on it.

/** What a page on a phone is opened with. */
export const kPhone = {
  viewport: { width: 360, height: 740 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
}

/** Draws one stroke with a finger: points [x, y] of a square of side 1 that is the element. */
export async function drawWithFinger(page, element, [first, ...rest]) {
  await element.scrollIntoViewIfNeeded()
  const { x, y, width, height } = await element.boundingBox()
  const session = await page.context().newCDPSession(page)
  const touch = (type, ...points) =>
    session.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: points.map(([u, v]) => ({ x: x + u * width, y: y + v * height })),
    })
  await touch('touchStart', first)
  for (const point of rest) await touch('touchMove', point)
  await touch('touchEnd')
  await session.detach()
}

/** A straight stroke between two points. */
export function stroke([fromX, fromY], [toX, toY], points = 14) {
  return Array.from({ length: points + 1 }, (_, i) => [
    fromX + ((toX - fromX) * i) / points,
    fromY + ((toY - fromY) * i) / points,
  ])
}
