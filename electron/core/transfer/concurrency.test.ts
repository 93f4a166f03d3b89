import { expect, test } from 'vitest'
import { Concurrency, runPool } from './concurrency.ts'

const STEP_MS = 5

/** A network that transfers this many files per second, each in at least `latencyMs`. */
function onLine({ filesPerS, latencyMs }: { filesPerS: number; latencyMs: number }) {
  let now = 0
  const clock = { now: () => now, random: () => 0.5, sleep: async () => {} }
  const concurrency = new Concurrency(256, clock)
  let owed = 0
  const pass = (ms: number) => {
    for (const end = now + ms; now < end; ) {
      now += STEP_MS
      const perMs = Math.min(filesPerS / 1000, concurrency.limit / latencyMs)
      for (owed += perMs * STEP_MS; owed >= 1; owed--) concurrency.onDone(100_000)
    }
  }
  const idle = (ms: number) => {
    now += ms
  }
  return { concurrency, pass, idle }
}

test('if each file takes long, concurrency soon reaches the maximum', () => {
  const { concurrency, pass } = onLine({ filesPerS: 1_000_000, latencyMs: 100 })
  pass(1_000)
  expect(concurrency.limit).toBe(256)
})

test('a saturated connection gets no more: a step without gain is reverted', () => {
  const { concurrency, pass } = onLine({ filesPerS: 200, latencyMs: 20 })
  pass(1_500)
  expect(concurrency.limit).toBeLessThanOrEqual(128)
  const most = concurrency.limit
  pass(60_000)
  expect(concurrency.limit).toBeLessThan(most)
})

test('a pause between two batches does not lower the concurrency', () => {
  const { concurrency, pass, idle } = onLine({ filesPerS: 1_000_000, latencyMs: 100 })
  for (let batch = 0; batch < 20; batch++) {
    concurrency.begin()
    pass(200)
    idle(2_000)
  }
  expect(concurrency.limit).toBe(256)
})

test('if files take seconds, each number is judged only by files started with it', () => {
  let now = 0
  const concurrency = new Concurrency(256, {
    now: () => now,
    random: () => 0.5,
    sleep: async () => {},
  })
  const TAKES_MS = 4_000
  const ends: number[] = []
  for (; now < 600_000; now += 10) {
    while (ends.length < concurrency.limit) ends.push(now + TAKES_MS)
    while (ends.length > 0 && ends[0] <= now) {
      ends.shift()
      concurrency.onDone(100_000)
    }
  }
  expect(concurrency.limit).toBeGreaterThan(150)
})

test('errors lower it at once, simultaneous ones count as one, and it rises again', () => {
  const { concurrency, pass } = onLine({ filesPerS: 1_000_000, latencyMs: 100 })
  pass(1_000)
  for (let count = 0; count < 20; count++) concurrency.onError()
  const fallen = concurrency.limit
  expect(fallen).toBe(153)
  pass(20_000)
  expect(concurrency.limit).toBeGreaterThan(fallen)
})

test('after an outage of any length it is back where it was within three seconds', () => {
  const { concurrency, pass, idle } = onLine({ filesPerS: 1_000_000, latencyMs: 100 })
  pass(2_000)
  expect(concurrency.limit).toBe(256)
  for (let second = 0; second < 120; second++) {
    for (let count = 0; count < 20; count++) concurrency.onError()
    idle(1_000)
  }
  expect(concurrency.limit).toBeLessThan(8)
  pass(3_000)
  expect(concurrency.limit).toBeGreaterThanOrEqual(200)
})

test('a server that refuses more than so many connections is not asked for as many again and again', () => {
  const { concurrency, pass } = onLine({ filesPerS: 1_000_000, latencyMs: 100 })
  let refused = 0
  for (let tenths = 0; tenths < 600; tenths++) {
    pass(100)
    if (concurrency.limit <= 100) continue
    refused++
    concurrency.onError()
  }
  // Of the 600 looks of a minute.
  expect(refused).toBeLessThan(60)
  expect(concurrency.limit).toBeGreaterThan(40)
})

test('an error of the list ends the pool after running items have ended', async () => {
  const clock = { now: () => 0, random: () => 0.5, sleep: async () => {} }
  const gone = new Error('the database is gone')
  const ended: number[] = []
  const active: number[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  let count = 0
  const pool = runPool(
    () => {
      if (count === 3) throw gone
      return count++
    },
    async (item) => {
      await promise
      ended.push(item)
    },
    new Concurrency(8, clock),
    new AbortController().signal,
    (now) => active.push(now),
  )
  resolve()
  await expect(pool).rejects.toBe(gone)
  expect(ended).toEqual([0, 1, 2])
  expect(active.at(-1)).toBe(0)
})

test('a pool waits for what may come, also while nothing runs, and ends with an error of that', async () => {
  const clock = { now: () => 0, random: () => 0.5, sleep: async () => {} }
  const run = (next: () => number | Promise<void> | null, ended: number[]) =>
    runPool(
      next,
      async (item) => void ended.push(item),
      new Concurrency(8, clock),
      new AbortController().signal,
      () => {},
    )
  const ended: number[] = []
  const coming = [1, null, 2, null, 3]
  await run(() => {
    if (coming.length === 0) return null
    return coming.shift() ?? new Promise((resolve) => setImmediate(resolve))
  }, ended)
  expect(ended).toEqual([1, 2, 3])
  const gone = new Error('no address')
  await expect(run(() => Promise.reject(gone), ended)).rejects.toBe(gone)
})
