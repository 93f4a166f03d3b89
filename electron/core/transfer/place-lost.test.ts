import { rmSync } from 'node:fs'
import { afterEach, expect, test, vi } from 'vitest'
import { TransferRepository } from '#core/cache/transfer-repository.ts'
import { cloudCore, seededEmulator } from '#tests/helpers/cloud.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { beginLarge, doneAtLeast } from '#tests/helpers/transfers.ts'
import type { FetchThreads } from './fetch-threads.ts'

/** What happens to an order before a thread has it. */
let onOrder = (): void => {}

vi.mock('./fetch-threads.ts', async (original) => {
  const real = await original<typeof import('./fetch-threads.ts')>()
  return {
    ...real,
    fetchThreads: (): FetchThreads => {
      const threads = real.fetchThreads()
      const work = threads.do.bind(threads)
      threads.do = async (...args) => {
        onOrder()
        return work(...args)
      }
      return threads
    },
  }
})

afterEach(() => {
  onOrder = () => {}
  vi.restoreAllMocks()
})

async function largeDownload(folder: string) {
  await using stack = new AsyncDisposableStack()
  const { emulator } = stack.use(await seededEmulator())
  const cloud = stack.use(await cloudCore(emulator, { dataset: 'large' }))
  const id = await beginLarge(cloud, emulator, folder)
  const { transfers } = cloud.core
  const goOn = async () => {
    const { done } = transfers.get(id).files
    await transfers.resume(id)
    await doneAtLeast(cloud, id, done + 500)
    expect(transfers.get(id)).toMatchObject({ state: 'running', problem: null })
    await transfers.cancel(id)
  }
  const open = stack.move()
  return { id, transfers, goOn, [Symbol.asyncDispose]: () => open.disposeAsync() }
}

test('a full disk stops the download with the rest still to be fetched, and it goes on when there is room', async () => {
  using folder = temporaryFolder()
  let orders = 0
  onOrder = () => {
    if (++orders > 500) throw Object.assign(new Error('write'), { code: 'ENOSPC' })
  }
  await using run = await largeDownload(folder.path)
  const stopped = await run.transfers.settled(run.id)
  expect(stopped).toMatchObject({
    state: 'failed',
    problem: `${folder.path}: The disk is full. Free some space`,
    files: { done: 500, failed: 0, total: 12_000 },
  })
  expect(orders).toBeLessThan(1_000)
  onOrder = () => {}
  await run.goOn()
})

test('a folder that goes away with its drive stops the download', async () => {
  using folder = temporaryFolder()
  let orders = 0
  onOrder = () => {
    if (++orders > 500) rmSync(folder.path, { recursive: true, force: true })
  }
  await using run = await largeDownload(folder.path)
  const stopped = await run.transfers.settled(run.id)
  expect(stopped).toMatchObject({ state: 'failed', files: { failed: 0, total: 12_000 } })
  expect(stopped.problem).toContain(folder.path)
  expect(orders).toBeLessThan(1_500)
})

test('where the database is full as well, the transfer fails, nothing else does, and it goes on afterwards', async () => {
  using folder = temporaryFolder()
  await using run = await largeDownload(folder.path)
  for (const name of ['setItems', 'keepDownloaded', 'setState'] as const)
    vi.spyOn(TransferRepository.prototype, name).mockImplementation(() => {
      throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' })
    })
  const stopped = await run.transfers.settled(run.id)
  expect(stopped).toMatchObject({ state: 'failed', connections: 0 })
  expect(stopped.problem).toContain('The disk is full. Free some space')
  vi.restoreAllMocks()
  await run.goOn()
})
