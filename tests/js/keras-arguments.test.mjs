// docs/keras-arguments.md says what the engine takes: made anew, it is the same page.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import * as fovea from 'fovea'
import { argumentsPage, kArgumentsPage } from '../../scripts/docs/arguments.mjs'

after(() => fovea.shutdown())

test('docs/keras-arguments.md is what node scripts/docs/arguments.mjs makes', async () => {
  assert.equal(await argumentsPage(), readFileSync(kArgumentsPage, 'utf8'))
})
