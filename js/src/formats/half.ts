// Numbers of half precision, in which TensorFlow.js and ONNX may keep weights.
// SPDX-License-Identifier: MIT

/** 1 bit sign, 5 bits exponent, 10 bits fraction. IEEE 754. */
export function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN
  const power = 2 ** (Math.max(exponent, 1) - 15)
  return sign * power * ((exponent === 0 ? 0 : 1) + fraction / 1024)
}
