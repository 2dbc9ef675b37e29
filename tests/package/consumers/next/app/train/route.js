// SPDX-License-Identifier: MIT
// Trains on the server, in Node.
import * as fovea from 'fovea'
import { trial } from '../../trial.mjs'

export const dynamic = 'force-dynamic'
export const GET = async () => Response.json(await trial(fovea))
