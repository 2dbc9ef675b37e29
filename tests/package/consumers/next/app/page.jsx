// SPDX-License-Identifier: MIT
// Rendered by the server, which imports the library for that.
import * as fovea from 'fovea'
import { Trial } from './trial-in-page'

export default function Page() {
  return (
    <main>
      <p id="server">{fovea.kernels.sharpen.shape.join(' by ')}</p>
      <Trial />
    </main>
  )
}
