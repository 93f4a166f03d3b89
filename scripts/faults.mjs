// Runs the sync simulation with many seeds; see tests/faults/run.ts.
import { spawnSync } from 'node:child_process'
import { requireNode } from './node-version.mjs'

requireNode()
const { status } = spawnSync(process.execPath, ['tests/faults/run.ts', ...process.argv.slice(2)], {
  stdio: 'inherit',
})
process.exit(status ?? 1)
