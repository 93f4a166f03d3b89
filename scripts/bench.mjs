// Runs one bench. Those of the editor, of the start and of smart tools need the built app and a browser.
import { spawnSync } from 'node:child_process'
import { findBrowser } from './find-browser.mjs'
import { requireNode } from './node-version.mjs'

requireNode()
const chosen = process.argv.slice(2)
const env = { ...process.env }
const run = (command, args) =>
  spawnSync(command, args, { stdio: 'inherit', env, shell: process.platform === 'win32' }).status ??
  1

if (
  ['editor', 'gallery', 'handwork', 'startup', 'assist', 'assist-detect'].some((name) =>
    chosen.includes(name),
  )
) {
  const browser = findBrowser()
  if (!browser) {
    process.stderr.write('This bench needs Chrome or Chromium, and none was found.\n')
    process.exit(1)
  }
  env.PICTOGRAPH_BROWSER = browser
  if (run('electron-vite', ['build', '--logLevel', 'error']) !== 0) process.exit(1)
}
process.exit(run('node', ['tests/bench/run.ts', ...chosen]))
