import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { inPieces } from '#core/pieces.ts'
import { Threads } from '#core/threads/threads.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { Checkpoints } from './checkpoints.ts'
import { openDatabase } from './database.ts'

const PAGE = 4_096
const limits = { due: 20, full: 60, most: 400 }

/** A library, and its checkpoints until the end of the test. `threadFile`: what the thread opens. */
function library({ threadFile, most = limits.most }: { threadFile?: string; most?: number } = {}) {
  const folder = temporaryFolder()
  const file = join(folder.path, 'x.sqlite')
  const db = openDatabase(file)
  db.exec('CREATE TABLE filler (n INTEGER PRIMARY KEY, data BLOB)')
  const insert = db.prepare('INSERT INTO filler (data) VALUES (zeroblob(20000))')
  const write = db.prepare('UPDATE filler SET data = randomblob(20000) WHERE n = ?')
  for (let n = 0; n < 20; n++) insert.run()
  db.pragma('wal_checkpoint(TRUNCATE)')
  const problems: string[] = []
  const begin = () =>
    new Checkpoints({
      db,
      file: threadFile === undefined ? file : join(folder.path, threadFile),
      limits: { ...limits, most },
      onProblem: (problem) => void problems.push(problem),
    })
  const checkpoints = begin()
  return {
    db,
    file,
    problems,
    checkpoints,
    /** Others of the same library. */
    begin,
    /** Writes about five pages. */
    write: (n: number) => void write.run(1 + (n % 20)),
    logPages: () => Math.ceil(statSync(`${file}-wal`).size / PAGE),
    waiting: () => {
      const [state] = db.pragma('wal_checkpoint(NOOP)') as [{ log: number; checkpointed: number }]
      return state.log - state.checkpointed
    },
    [Symbol.asyncDispose]: async () => {
      await checkpoints[Symbol.asyncDispose]()
      db.close()
      folder[Symbol.dispose]()
    },
  }
}

test('bulk work that writes without end leaves a log of limited size, and never copies it itself', async () => {
  await using world = library({ most: 1_000_000 })
  const { write, logPages, problems, checkpoints } = world
  let most = 0
  let n = 0
  await inPieces(
    () => {
      write(n)
      most = Math.max(most, logPages())
      return ++n < 1_000
    },
    undefined,
    checkpoints.pause,
  )
  // One transaction may go beyond.
  expect(most).toBeLessThan(limits.full + 20)
  expect(problems).toEqual([])
})

test('edits are copied into the database file while nobody waits for it', async () => {
  await using world = library()
  const { write, waiting } = world
  for (let n = 0; n < 10; n++) write(n)
  expect(waiting()).toBeGreaterThan(limits.due)
  await vi.waitUntil(() => waiting() === 0, { timeout: 20_000 })
})

test('without the thread, the writer keeps the log small itself', async () => {
  await using world = library({ threadFile: 'none.sqlite' })
  const { write, logPages, problems, checkpoints } = world
  for (let n = 0; n < 1_000; n++) {
    write(n)
    if (n % 100 === 0) await checkpoints.pause()
  }
  await vi.waitUntil(() => problems.length > 0, { timeout: 20_000 })
  expect(logPages()).toBeLessThan(limits.most + 20)
})

test('a reader that holds the log back does not hold bulk work back', async () => {
  await using world = library()
  const { file, write, checkpoints } = world
  const reader = openDatabase(file)
  reader.exec('BEGIN; SELECT count(*) FROM filler')
  const orders = vi.spyOn(Threads.prototype, 'do')
  for (let n = 0; n < 300; n++) {
    write(n)
    await checkpoints.pause()
  }
  // Not one or two for each of the writes.
  expect(orders.mock.calls.length).toBeGreaterThan(0)
  expect(orders.mock.calls.length).toBeLessThan(50)
  orders.mockRestore()
  reader.exec('COMMIT')
  reader.close()
})

test('a thread that cannot be started, and a disk that cannot be read, are told and end nothing', async () => {
  await using world = library()
  const { db, write, problems, checkpoints, begin } = world
  const orders = vi.spyOn(Threads.prototype, 'do').mockImplementation(() => {
    throw new Error('no more threads')
  })
  for (let n = 0; n < 10; n++) write(n)
  await checkpoints.pause()
  await vi.waitUntil(() => problems.length > 0, { timeout: 20_000 })
  orders.mockRestore()
  await checkpoints[Symbol.asyncDispose]()
  // The timer meets a database that is not there any more.
  vi.useFakeTimers()
  const later = begin()
  db.close()
  vi.advanceTimersByTime(3_000)
  vi.useRealTimers()
  expect(problems).toEqual(['no more threads', 'The database connection is not open'])
  await later[Symbol.asyncDispose]()
})
