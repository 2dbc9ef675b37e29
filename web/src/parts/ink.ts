// SPDX-License-Identifier: MIT
// Text on a coloured cell.

/** Black or white, whichever is further from the colour: at least 4.5 to 1 on any of them. */
export function inkOn(red: number, green: number, blue: number): string {
  const linear = (byte: number): number => {
    const share = byte / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }
  const light = 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  return light > 0.179 ? '#000' : '#fff'
}
