// SPDX-License-Identifier: MIT
// Puts the page's real HTML into index.html, so that it paints before any script has run and nothing
// moves when the script takes over. Svelte renders the same component here and hydrates it there.
import { createServer } from 'vite'

const kMark = '<!--app-->'
const kEntry = '/src/prerender.ts'

async function rendered(server) {
  const { renderPage } = await server.ssrLoadModule(kEntry)
  return renderPage()
}

/** @returns {import('vite').Plugin} */
export function prerender() {
  let config
  return {
    name: 'fovea-prerender',
    configResolved(resolved) {
      config = resolved
    },
    async transformIndexHtml(html, { server }) {
      if (server) return html.replace(kMark, await rendered(server))
      const temporary = await createServer({
        configFile: config.configFile,
        cacheDir: `${config.cacheDir}-prerender`,
        server: { middlewareMode: true, hmr: false, watch: null, ws: false },
        optimizeDeps: { noDiscovery: true },
        appType: 'custom',
        logLevel: 'error',
      })
      try {
        return html.replace(kMark, await rendered(temporary))
      } finally {
        await temporary.close()
      }
    },
  }
}
