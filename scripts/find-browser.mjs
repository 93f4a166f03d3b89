import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright'

/** Chromium without a window: it starts and draws faster than the browser's own headless mode. */
const HEADLESS = 'chromium-headless-shell'
const NAMES = [
  'google-chrome',
  'google-chrome-stable',
  'chromium',
  'chromium-browser',
  'microsoft-edge',
]
const PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
]

function installed(names) {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const onPath = names.flatMap((name) => folders.map((folder) => join(folder, name)))
  return (
    [...onPath, chromium.executablePath(), ...PLACES].find((path) => path && existsSync(path)) ??
    null
  )
}

function run(command, args) {
  process.stdout.write(`No browser for the end-to-end tests yet: ${command} ${args.join(' ')}\n`)
  return (
    spawnSync(command, args, { stdio: 'inherit', shell: process.platform === 'win32' }).status === 0
  )
}

/**
 * The system's Chrome or Chromium, else Playwright's browser, else a newly installed one; null if none is available.
 * `headless` prefers a browser without a window.
 */
export function findBrowser({ headless = false } = {}) {
  const names = headless ? [HEADLESS, ...NAMES] : NAMES
  if (installed(names)) return installed(names)
  run('npx', ['playwright', 'install', 'chromium'])
  if (installed(names)) return installed(names)
  const isRoot = process.getuid?.() === 0
  if (process.platform === 'linux' && isRoot && existsSync('/usr/bin/apt-get')) {
    run('apt-get', ['update', '-qq'])
    // Debian has the one without a window, Ubuntu does not.
    const [first, second] = headless ? [HEADLESS, 'chromium'] : ['chromium', HEADLESS]
    run('apt-get', ['install', '-y', '-qq', first]) ||
      run('apt-get', ['install', '-y', '-qq', second])
  }
  return installed(names)
}
