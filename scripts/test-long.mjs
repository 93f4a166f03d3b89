// The tests that repeat themselves, with all of their repetitions. `npm test` runs the same tests with a few.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { requireNode } from './node-version.mjs'

requireNode()
const ROOTS = ['shared', 'electron', 'renderer', 'scripts', 'tests']

/** Test files that ask how often to repeat themselves. */
const repeating = ROOTS.flatMap((root) =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => join(root, path)),
).filter((path) => readFileSync(path, 'utf8').includes('helpers/repetitions'))

const { status } = spawnSync('vitest', ['run', ...repeating, ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, PICTOGRAPH_LONG_TESTS: '1' },
  shell: process.platform === 'win32',
})
process.exit(status ?? 1)
