// What the networks of the zoo share: their common options.
// SPDX-License-Identifier: MIT
import { sequential } from '../create.js'
import type { Layer } from '../graph.js'
import type { Model } from '../model.js'
import { checkNames } from '../options.js'
import { snakeCase } from '../spec.js'

/** What every network of the zoo takes. */
export interface ZooOptions {
  /** Decides initial weights, shuffling and dropout. */
  seed?: number
  /** Default: the network's own name. */
  name?: string
}

/** A chain of layers as a network of the zoo. */
export function make(name: string, options: ZooOptions, list: Layer[]): Promise<Model> {
  checkNames(name, options, ['seed', 'name'])
  return sequential({ name: snakeCase(name), ...options, layers: list })
}
