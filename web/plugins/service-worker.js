// SPDX-License-Identifier: MIT
// The page's service worker, a template: plugins/offline.mjs fills in version and files. Files with a
// hash in their name never change and come from the cache; the page itself comes from the network as
// long as there is one, so that a new version is seen at once.
const kCache = `fovea-${'__VERSION__'}`
const kFiles = '__FILES__'

self.addEventListener('install', (event) => {
  const keep = async () => (await caches.open(kCache)).addAll(kFiles)
  event.waitUntil(keep().then(() => self.skipWaiting()))
})

self.addEventListener('activate', (event) => {
  const forget = async () => {
    const names = await caches.keys()
    const old = names.filter((name) => name.startsWith('fovea-') && name !== kCache)
    await Promise.all(old.map((name) => caches.delete(name)))
    await self.clients.claim()
  }
  event.waitUntil(forget())
})

// The page says what it has loaded: the engine that fits this browser, the data set that was chosen.
self.addEventListener('message', (event) => {
  const keep = async () => {
    const cache = await caches.open(kCache)
    for (const url of event.data.loaded) {
      if (!(await cache.match(url))) await cache.add(url).catch(() => {})
    }
    event.ports[0]?.postMessage('kept')
  }
  event.waitUntil(keep())
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  if (request.method !== 'GET' || new URL(request.url).origin !== location.origin) return
  event.respondWith(request.mode === 'navigate' ? freshPage(request) : fromCache(request))
})

async function freshPage(request) {
  try {
    return await fetch(request)
  } catch (error) {
    const kept = await caches.match('./', { cacheName: kCache })
    if (kept) return kept
    throw error
  }
}

async function fromCache(request) {
  return (await caches.match(request, { cacheName: kCache })) ?? fetch(request)
}
