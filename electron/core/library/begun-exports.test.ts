import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { BegunExports, temporaryName } from './begun-exports.ts'

function settings() {
  const stored = new Map<string, unknown>()
  return {
    get: (name: string) => stored.get(name),
    set: (name: string, value: unknown) => void stored.set(name, value),
  }
}

test('the next start deletes what a killed export left, and nothing else', async () => {
  using folder = temporaryFolder()
  using elsewhere = temporaryFolder()
  const kept = settings()
  const killed = new BegunExports(kept).begin(folder.path)
  {
    using _ended = new BegunExports(kept).begin(elsewhere.path)
  }
  mkdirSync(join(folder.path, 'labels'))
  for (const place of ['', 'labels']) {
    writeFileSync(join(folder.path, place, temporaryName('a.json', killed.mark)), 'x')
    for (const name of ['a.json', '.hidden.part', '.a.json.12345678.part', `a.${killed.mark}.part`])
      writeFileSync(join(folder.path, place, name), 'own')
  }
  writeFileSync(join(elsewhere.path, temporaryName('a.json', killed.mark)), 'x')
  symlinkSync(elsewhere.path, join(folder.path, 'link'))
  await new BegunExports(kept).sweep()
  const own = ['.a.json.12345678.part', '.hidden.part', `a.${killed.mark}.part`, 'a.json'].sort()
  expect(readdirSync(join(folder.path, 'labels')).sort()).toEqual(own)
  expect(readdirSync(folder.path).sort()).toEqual([...own, 'labels', 'link'].sort())
  expect(readdirSync(elsewhere.path)).toHaveLength(1)
  // Once only.
  writeFileSync(join(folder.path, temporaryName('b.json', killed.mark)), 'x')
  await new BegunExports(kept).sweep()
  expect(readdirSync(folder.path)).toHaveLength(7)
})

test('a folder that is gone, or a damaged setting, is no fault', async () => {
  const kept = settings()
  new BegunExports(kept).begin('/nowhere/at/all')
  await new BegunExports(kept).sweep()
  kept.set('exports-begun', { '../../x': 5 })
  await new BegunExports(kept).sweep()
})
