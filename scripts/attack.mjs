// Gives hostile inputs to the app; see tests/attack/run.ts.
import { spawnSync } from 'node:child_process'
import { requireNode } from './node-version.mjs'

requireNode()
const { status } = spawnSync(process.execPath, ['tests/attack/run.ts', ...process.argv.slice(2)], {
  stdio: 'inherit',
})
process.exit(status ?? 1)
