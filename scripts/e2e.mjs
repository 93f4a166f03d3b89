// The end-to-end tests: builds the app, finds a browser, runs Playwright. `--electron` runs them in Electron,
// `--screenshots` writes the screenshots of the documentation; other arguments go to Playwright.
import { spawnSync } from 'node:child_process'
import { findBrowser } from './find-browser.mjs'
import { requireNode } from './node-version.mjs'

requireNode()
const run = (command, args, env = {}) =>
  spawnSync(command, args, {
    stdio: 'inherit',
    env: { ...process.env, ...env },
    shell: process.platform === 'win32',
  }).status ?? 1

const own = new Set(['--electron', '--screenshots'])
const chosen = process.argv.slice(2)
const settings = {
  ...(chosen.includes('--electron') && { PICTOGRAPH_E2E: 'electron' }),
  ...(chosen.includes('--screenshots') && { PICTOGRAPH_SCREENSHOTS: '1' }),
}
const browser = findBrowser({ headless: true })
if (!browser) {
  process.stderr.write(
    'The end-to-end tests need Chrome or Chromium, and none was found or could be installed.\n' +
      'Install one, or run `npx playwright install chromium`, and try again.\n',
  )
  process.exit(1)
}
process.stdout.write(`Browser: ${browser}\n`)
process.exit(
  run('electron-vite', ['build', '--logLevel', 'warn']) ||
    run('playwright', ['test', ...chosen.filter((argument) => !own.has(argument))], {
      PICTOGRAPH_BROWSER: browser,
      ...settings,
    }),
)
