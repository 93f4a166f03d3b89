import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright'

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

function installed() {
  const onPath = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
  return (
    [chromium.executablePath(), ...onPath, ...PLACES].find((path) => path && existsSync(path)) ??
    null
  )
}

function run(command, args) {
  process.stdout.write(`No browser for the end-to-end tests yet: ${command} ${args.join(' ')}\n`)
  return (
    spawnSync(command, args, { stdio: 'inherit', shell: process.platform === 'win32' }).status === 0
  )
}

/** Playwright's own browser, else the system's Chrome or Chromium, else one that is installed now; null when none can be. */
export function findBrowser() {
  const found = installed()
  if (found) return found
  run('npx', ['playwright', 'install', 'chromium'])
  if (installed()) return installed()
  const isRoot = process.getuid?.() === 0
  if (process.platform === 'linux' && isRoot && existsSync('/usr/bin/apt-get')) {
    run('apt-get', ['update', '-qq'])
    run('apt-get', ['install', '-y', '-qq', 'chromium'])
  }
  return installed()
}
