// Everything under `fovea.models`: the models that are saved.
// SPDX-License-Identifier: MIT
import { late } from './late.js'

/**
 * The models that this browser keeps for the page; in Node the safetensors files of a folder.
 *
 * @example
 * ```ts
 * for (const { url, bytes } of await fovea.models.list()) console.log(url, bytes)
 * ```
 */
export const list = /* @__PURE__ */ late('listModels')

/**
 * Removes a saved model.
 *
 * @throws FoveaError `bad-file` where there is none
 * @example
 * ```ts
 * await fovea.models.remove('indexeddb://digits')
 * ```
 */
export const remove = /* @__PURE__ */ late('removeModel')

/**
 * Copies a saved model, over what may stand there.
 *
 * @throws FoveaError `bad-file` where there is none
 * @example
 * ```ts
 * await fovea.models.copy('indexeddb://digits', 'downloads://digits')
 * ```
 */
export const copy = /* @__PURE__ */ late('copyModel')
