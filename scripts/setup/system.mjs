// SPDX-License-Identifier: MIT
// Debian packages that a part of the work needs. They are installed when this is root on Debian,
// each by name; otherwise one sentence says what to install.
import { PlainError, runAsync, say, seconds, which } from '../lib/shell.mjs'

/** Part -> programs it calls, each with the package that holds it. */
export const kPackages = {
  build: [
    { program: 'cmake', package: 'cmake' },
    { program: 'make', package: 'make' },
    { program: 'python3', package: 'python3' },
  ],
  test: [{ program: 'g++', package: 'g++' }],
  lint: [
    { program: 'clang-format', package: 'clang-format' },
    { program: 'clang-tidy', package: 'clang-tidy' },
  ],
  browser: [{ program: 'chromium', package: 'chromium' }],
  package: [{ program: 'chromium', package: 'chromium' }],
  engines: [
    { program: 'chromium', package: 'chromium' },
    { program: 'firefox-esr', package: 'firefox-esr' },
    { program: 'WebKitWebDriver', package: 'webkit2gtk-driver' },
    { program: 'Xvfb', package: 'xvfb' },
  ],
}

export async function installPackages(wanted) {
  const start = performance.now()
  const absent = wanted.filter(({ program }) => !which(program))
  const missing = [...new Set(absent.map((entry) => entry.package))]
  if (missing.length === 0) return
  const names = missing.join(' ')
  if (!which('apt-get') || process.getuid?.() !== 0)
    throw new PlainError(
      `Fovea needs ${missing.join(', ')}: install what is missing ` +
        `(on Debian, as root: apt-get install --no-install-recommends ${names}) and run this again.`,
    )
  say(`debian: installing ${missing.join(', ')}`)
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  const retries = ['-oAcquire::Retries=5', '-qq']
  await runAsync('apt-get', ['update', ...retries], { env })
  await runAsync('apt-get', ['install', '-y', '--no-install-recommends', ...retries, ...missing], {
    env,
  })
  say(`debian: installed in ${seconds(start)}`)
}
