// Runs the repeating tests with all repetitions, of which `npm test` runs a few, and a quarter of the hostile inputs.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { requireNode } from './node-version.mjs'

requireNode()
const ROOTS = ['shared', 'electron', 'renderer', 'scripts', 'tests']

/** The files below `roots` with this ending that use the number of repetitions. */
const repeating = (roots, ending) =>
  roots
    .flatMap((root) =>
      readdirSync(root, { recursive: true, encoding: 'utf8' })
        .filter((path) => path.endsWith(ending))
        .map((path) => join(root, path)),
    )
    .filter((path) => readFileSync(path, 'utf8').includes('helpers/repetitions'))

const run = (command, args) =>
  spawnSync(command, args, {
    stdio: 'inherit',
    env: { ...process.env, PICTOGRAPH_LONG_TESTS: '1' },
    shell: process.platform === 'win32',
  }).status ?? 1

process.exit(
  run('vitest', ['run', ...repeating(ROOTS, '.test.ts')]) ||
    run('node', ['scripts/e2e.mjs', ...repeating(['tests/e2e'], '.spec.ts')]) ||
    run('node', ['scripts/attack.mjs', '--count', '2500']),
)
