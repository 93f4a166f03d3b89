import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { temporaryFolder } from '#tests/helpers/core.ts'

test('a hanging process is logged with its function, killed and restarted', {
  timeout: 60_000,
}, async () => {
  using folder = temporaryFolder()
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'hanging-child.ts'), folder.path],
    { stdio: 'ignore' },
  )
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null]
  expect(signal).toBe('SIGKILL')
  const log = readFileSync(join(folder.path, 'pictograph.log'), 'utf8')
  expect(log).toMatch(/has not responded for \d+ s/)
  expect(log).toContain('countForever hanging-child.ts')
  expect(log).toContain('is restarted')
  await vi.waitUntil(() => existsSync(join(folder.path, 'begun-again')), { timeout: 20_000 })
})
