// All checks that do not run the app: types, lint, format, import rules, unused code.
import { spawnSync } from 'node:child_process'
import { requireNode } from './node-version.mjs'

requireNode()
const CHECKS = [
  ['types', ['tsc', '--noEmit', '-p', 'tsconfig.json']],
  ['types of the renderer', ['tsc', '--noEmit', '-p', 'tsconfig.renderer.json']],
  ['types of what drives a browser', ['tsc', '--noEmit', '-p', 'tsconfig.browser.json']],
  ['lint, format and import rules', ['biome', 'ci', '--error-on-warnings', '.']],
  ['unused code', ['knip']],
]
let failed = false
for (const [name, [command, ...args]] of CHECKS) {
  const { status } = spawnSync(command, args, {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  process.stdout.write(`${status === 0 ? '✓' : '✗'} ${name}\n`)
  failed ||= status !== 0
}
process.exit(failed ? 1 : 0)
