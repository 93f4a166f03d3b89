// Builds installers for this platform and architecture; other arguments go to electron-builder. With
// PICTOGRAPH_UPDATE_URL the packages check that address for updates, otherwise none.
import { spawnSync } from 'node:child_process'
import { requireNode } from './node-version.mjs'

requireNode()
const run = (command, args) =>
  spawnSync(command, args, { stdio: 'inherit', shell: process.platform === 'win32' }).status ?? 1
const feed = process.env.PICTOGRAPH_UPDATE_URL
const publish = feed ? ['-c.publish.provider=generic', `-c.publish.url=${feed}`] : []
process.exit(
  run('electron-vite', ['build', '--logLevel', 'warn']) ||
    run('node', ['scripts/make-icons.mjs']) ||
    run('electron-builder', [
      `--${process.arch}`,
      '--publish',
      'never',
      ...publish,
      ...process.argv.slice(2),
    ]),
)
