// Small questions to parsed JSON.
// SPDX-License-Identifier: MIT

export type Json = Record<string, unknown>

export const isRecord = (value: unknown): value is Json =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
