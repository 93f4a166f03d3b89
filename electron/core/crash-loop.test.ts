import { statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { crashLoop, quitsInOrder } from './crash-loop.ts'
import { JOURNAL, type Work, WorkInHand } from './work-in-hand.ts'

const UPLOAD: Work = { kind: 'upload', id: 't1', name: 'Cars' }
const FOLDER: Work = { kind: 'folder', id: 'd1', name: 'photos' }
const LOOP = 'twice in a row, soon after its start'

/** Runs one after the other. Each begins works, and closes or crashes. Returns what each run was told at its start. */
function runs(dataDir: string) {
  let nowMs = Date.now()
  return (works: readonly Work[], { livedMs = 1_000, closes = false } = {}) => {
    const told = crashLoop(dataDir, nowMs)
    const inHand = new WorkInHand(dataDir)
    for (const work of works) inHand.begin(work)
    if (closes) inHand[Symbol.dispose]()
    nowMs += livedMs
    utimesSync(join(dataDir, JOURNAL), new Date(nowMs), new Date(nowMs))
    nowMs += 5_000
    return told
  }
}

test('two crashes in a row during the same work are a loop, one is not', () => {
  using data = temporaryFolder()
  const run = runs(data.path)
  expect(run([UPLOAD, FOLDER])).toBeUndefined()
  expect(run([UPLOAD])).toBeUndefined()
  expect(run([])).toBe(LOOP)
  // It was set aside, and the next run ended well.
  expect(run([])).toBeUndefined()
})

test('after a loop the count begins anew', () => {
  using data = temporaryFolder()
  const run = runs(data.path)
  for (const told of [undefined, undefined, LOOP, undefined, LOOP]) expect(run([UPLOAD])).toBe(told)
})

test('different works, an ordinary end in between, and crashes after hours are no loop', () => {
  using data = temporaryFolder()
  const run = runs(data.path)
  run([UPLOAD])
  run([FOLDER])
  expect(run([UPLOAD], { closes: true })).toBeUndefined()
  run([UPLOAD])
  run([UPLOAD], { livedMs: 3_600_000 })
  expect(run([UPLOAD], { livedMs: 3_600_000 })).toBeUndefined()
  expect(run([])).toBeUndefined()
})

test('quitting is no crash, even if a work was not closed in time', () => {
  using data = temporaryFolder()
  const run = runs(data.path)
  for (let start = 0; start < 4; start++) {
    expect(run([UPLOAD])).toBeUndefined()
    quitsInOrder(data.path)
  }
})

test('a damaged state is none, and only the owner reads it', () => {
  using data = temporaryFolder()
  const run = runs(data.path)
  run([UPLOAD])
  const file = join(data.path, 'unfinished-runs')
  expect(statSync(file).mode & 0o077).toBe(0)
  writeFileSync(file, '{"startedAtMs":')
  expect(run([UPLOAD])).toBeUndefined()
  expect(run([UPLOAD])).toBe(undefined)
  expect(run([])).toBe(LOOP)
})
