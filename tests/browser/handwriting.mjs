// SPDX-License-Identifier: MIT
// Ten digits as a hand writes them: strokes of points in a square of side 1, drawn with the mouse.

const arc = (cx, cy, rx, ry, from, to, points = 14) =>
  Array.from({ length: points }, (_, i) => {
    const angle = (from + ((to - from) * i) / (points - 1)) * Math.PI
    return [cx + rx * Math.cos(angle), cy + ry * Math.sin(angle)]
  })

/** Strokes by digit; y grows downwards. */
export const kStrokes = [
  [arc(0.5, 0.5, 0.2, 0.3, -0.55, 1.5, 26)],
  [
    [
      [0.52, 0.2],
      [0.51, 0.36],
      [0.5, 0.52],
      [0.48, 0.68],
      [0.47, 0.81],
    ],
  ],
  [
    [
      ...arc(0.49, 0.35, 0.17, 0.15, -0.95, 0.2),
      [0.53, 0.55],
      [0.42, 0.68],
      [0.31, 0.79],
      [0.45, 0.77],
      [0.58, 0.78],
      [0.71, 0.77],
    ],
  ],
  [[...arc(0.47, 0.34, 0.16, 0.14, -0.8, 0.45), ...arc(0.47, 0.63, 0.19, 0.17, -0.45, 0.8)]],
  [
    [
      [0.38, 0.2],
      [0.34, 0.34],
      [0.31, 0.5],
      [0.42, 0.52],
      [0.55, 0.51],
      [0.68, 0.49],
    ],
    [
      [0.6, 0.22],
      [0.59, 0.4],
      [0.57, 0.6],
      [0.55, 0.82],
    ],
  ],
  [
    [[0.4, 0.22], [0.38, 0.33], [0.36, 0.45], ...arc(0.48, 0.61, 0.18, 0.17, -0.72, 0.8)],
    [
      [0.4, 0.22],
      [0.52, 0.21],
      [0.66, 0.2],
    ],
  ],
  [[[0.58, 0.19], [0.47, 0.3], [0.38, 0.46], ...arc(0.49, 0.65, 0.145, 0.15, -1, 0.95, 20)]],
  [
    [
      [0.3, 0.24],
      [0.45, 0.23],
      [0.6, 0.22],
      [0.68, 0.22],
      [0.6, 0.4],
      [0.51, 0.58],
      [0.43, 0.8],
    ],
  ],
  [
    [
      [0.62, 0.26],
      ...arc(0.5, 0.34, 0.14, 0.13, -0.4, -1.5, 12),
      ...arc(0.5, 0.64, 0.16, 0.165, -0.5, 1.45, 20),
      [0.53, 0.46],
      [0.63, 0.33],
    ],
  ],
  [[...arc(0.49, 0.36, 0.15, 0.15, -0.1, -1.95, 20), [0.64, 0.45], [0.62, 0.62], [0.58, 0.8]]],
]

/** Draws a digit into an element with the mouse, at human speed but without its pauses. */
export async function writeDigit(page, element, digit) {
  await element.scrollIntoViewIfNeeded()
  const { x, y, width, height } = await element.boundingBox()
  for (const stroke of kStrokes[digit]) {
    const [first, ...rest] = stroke.map(([u, v]) => [x + u * width, y + v * height])
    await page.mouse.move(...first)
    await page.mouse.down()
    for (const point of rest) await page.mouse.move(...point, { steps: 2 })
    await page.mouse.up()
  }
}
