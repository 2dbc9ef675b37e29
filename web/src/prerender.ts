// SPDX-License-Identifier: MIT
// The page as HTML, for plugins/prerender.mjs.
import { render } from 'svelte/server'
import App from './App.svelte'

export function renderPage(): string {
  return render(App).body
}
