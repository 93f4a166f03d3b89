import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { NetworkError, NotFoundError, ServerError } from '#core/api/errors.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { Threads } from './threads.ts'
import { BrokenFileError, fromWireError, toWireError } from './wire-error.ts'

type Order = { twice: number } | { fail: true } | { die: true } | { wait: true }

/** A thread that doubles numbers, and fails, dies or waits on request. */
function doubling(folder: string): Threads<Order, number, string> {
  const helper = pathToFileURL(join(import.meta.dirname, 'answer-orders.ts')).href
  const file = join(folder, 'double.ts')
  writeFileSync(
    file,
    `import { answerOrders } from ${JSON.stringify(helper)}
    answerOrders(async (order, { signal, note }) => {
      if ('fail' in order) throw Object.assign(new Error('full'), { code: 'ENOSPC' })
      if ('die' in order) setTimeout(() => { throw new Error('died') }, 20)
      if ('die' in order || 'wait' in order)
        await new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(new Error('told to end'))),
        )
      note('working')
      return order.twice * 2
    })`,
  )
  return new Threads('double', folder, { threads: 2, youngMb: 4 })
}

test('orders are distributed, and each gets its own answer and notes', async () => {
  using folder = temporaryFolder()
  await using threads = doubling(folder.path)
  threads.warm()
  const notes: string[] = []
  const answers = await Promise.all(
    [1, 2, 3, 4, 5].map((twice) => threads.do({ twice }, (note) => notes.push(note))),
  )
  expect([answers, notes.length]).toEqual([[2, 4, 6, 8, 10], 5])
})

test('an error in a thread keeps its code, and the thread continues', async () => {
  using folder = temporaryFolder()
  await using threads = doubling(folder.path)
  await expect(threads.do({ fail: true })).rejects.toMatchObject({
    message: 'full',
    code: 'ENOSPC',
  })
  expect(await threads.do({ twice: 4 })).toBe(8)
})

test('if a thread dies, its orders fail, and the next ones get a new thread', async () => {
  using folder = temporaryFolder()
  await using threads = doubling(folder.path)
  const lost = [threads.do({ die: true }), threads.do({ twice: 1 }), threads.do({ wait: true })]
  const [dead, other, waiting] = await Promise.allSettled(lost)
  expect([dead.status, other.status, waiting.status]).toEqual(['rejected', 'fulfilled', 'rejected'])
  expect(await Promise.all([threads.do({ twice: 2 }), threads.do({ twice: 3 })])).toEqual([4, 6])
})

test('a failing note handler fails only its own order', async () => {
  using folder = temporaryFolder()
  await using threads = doubling(folder.path)
  const answers = await Promise.allSettled(
    [1, 2, 3, 4].map((twice) =>
      threads.do({ twice }, () => {
        if (twice === 1) throw new Error('the disk is full')
      }),
    ),
  )
  expect(answers.map(({ status }) => status)).toEqual([
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ])
})

test('stop aborts running orders', async () => {
  using folder = temporaryFolder()
  await using threads = doubling(folder.path)
  const waiting = threads.do({ wait: true })
  threads.stop()
  await expect(waiting).rejects.toThrow('told to end')
})

test('errors that decide about retries keep their class', () => {
  const context = { route: 'GET /x', status: 503 }
  for (const error of [
    new ServerError('failing', context),
    new NotFoundError('gone', { ...context, status: 404 }),
    new NetworkError('reset', { route: 'GET /x' }),
    new BrokenFileError('short'),
  ]) {
    const copy = fromWireError(structuredClone(toWireError(error)))
    expect(copy).toBeInstanceOf(error.constructor)
    expect(copy).toMatchObject({ ...error, message: error.message })
  }
})
