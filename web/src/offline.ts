// SPDX-License-Identifier: MIT
// Keeps the page for visits without a connection. Begun late: the first seconds belong to the training.

/** Registers the service worker and tells it what this visit has loaded; resolves when all is kept. */
export async function keepOffline(): Promise<void> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  try {
    await navigator.serviceWorker.register(new URL('sw.js', document.baseURI))
    const { active } = await navigator.serviceWorker.ready
    const loaded = performance
      .getEntriesByType('resource')
      .map(({ name }) => name)
      .filter((url) => url.startsWith(location.origin))
    const channel = new MessageChannel()
    const kept = new Promise((resolve) => (channel.port1.onmessage = resolve))
    active?.postMessage({ loaded }, [channel.port2])
    await kept
    document.documentElement.dataset['offline'] = 'ready'
  } catch {
    // A private window or a full disk: the page works, but not without a connection.
  }
}
