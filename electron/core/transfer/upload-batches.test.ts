import { expect, test } from 'vitest'
import { Concurrency } from './concurrency.ts'
import type { JobContext } from './job.ts'
import { type BatchSize, UploadBatches, upTo } from './upload-batches.ts'

/** A transfer of `batches` batches of three files; `put` sends a file by its number. */
function transferOf(batches: number, put: (seq: number) => Promise<void>) {
  const clock = { now: () => 0, random: () => 0.5, sleep: async () => {} }
  const arrived = new Set<number>()
  const registered: number[][] = []
  const sizes: BatchSize[] = []
  const stop = new AbortController()
  const context = {
    transfer: { id: 't' },
    transfers: { items: () => [...arrived].map((seq) => ({ seq, batchKey: null })) },
    concurrency: new Concurrency(8, clock),
    signal: stop.signal,
    flush: () => {},
    setDoing: () => {},
    onActive: () => {},
  } as unknown as JobContext
  const uploads = new UploadBatches({
    context,
    prepare: async (after, size) => {
      const waiting = Array.from({ length: batches * 3 }, (_, seq) => seq)
        .filter((seq) => seq > after && !arrived.has(seq))
        .slice(0, 3)
      const last = waiting.at(-1)
      if (last === undefined) return null
      sizes.push(size)
      const queue = waiting.map((seq) => ({ item: { seq } as never, address: 'there' }))
      return { queue, last, holdsS: 100 }
    },
    put: async ({ seq }) => {
      await put(seq)
      arrived.add(seq)
    },
    register: async (sent) => {
      registered.push(sent.map(({ seq }) => seq))
      for (const { seq } of sent) if (seq === 100) throw new Error('refused')
    },
    isScanned: () => true,
    more: async () => {},
  })
  return { uploads, registered, sizes, arrived }
}

test('a slow file of a batch does not hold the next batches back, and each is registered once', async () => {
  const slow = Promise.withResolvers<void>()
  const { uploads, registered, sizes, arrived } = transferOf(3, async (seq) => {
    if (seq === 8) slow.resolve()
    if (seq === 1) await slow.promise
  })
  await uploads.sendAll()
  expect(arrived.size).toBe(9)
  expect(registered.map((batch) => batch.toSorted((a, b) => a - b))).toEqual(
    expect.arrayContaining([
      [0, 1, 2],
      [3, 4, 5],
      [6, 7, 8],
    ]),
  )
  expect(registered).toHaveLength(3)
  // The first batches are small, so that sending begins at once.
  expect(sizes.slice(0, 3).map(({ bytes }) => bytes)).toEqual([16e6, 48e6, 144e6])
})

test('an error of a registration ends the upload', async () => {
  const { uploads } = transferOf(40, async () => {})
  await expect(uploads.sendAll()).rejects.toThrow('refused')
})

test('a batch takes whole files, and at least one', () => {
  const files = [5, 3, 9, 1].map((sizeBytes) => ({ sizeBytes }))
  expect(upTo(8, files)).toEqual(files.slice(0, 2))
  expect(upTo(1, files)).toEqual(files.slice(0, 1))
  expect(upTo(100, files)).toEqual(files)
})
