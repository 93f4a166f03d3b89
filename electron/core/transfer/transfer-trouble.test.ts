import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { TransferRepository } from '#core/cache/transfer-repository.ts'
import { ALL_FILES, type Transfer } from '#shared/model/transfer.ts'
import { cloudCore, emptyDataset, seededEmulator } from '#tests/helpers/cloud.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { beginLarge, doneAtLeast, filesIn } from '#tests/helpers/transfers.ts'
import { DownloadJob } from './download-job.ts'
import type { FetchThreads } from './fetch-threads.ts'

/** Intercepts an order before a thread gets it. */
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

const heap = vi.hoisted(() => ({ isHeld: false }))

vi.mock('#core/memory.ts', async (original) => ({
  ...(await original<typeof import('#core/memory.ts')>()),
  holdHeap: () => {
    heap.isHeld = true
  },
  releaseHeap: () => {
    heap.isHeld = false
  },
}))

afterEach(() => {
  onOrder = () => {}
  vi.restoreAllMocks()
})

async function largeDownload(folder: string) {
  await using stack = new AsyncDisposableStack()
  const { emulator } = stack.use(await seededEmulator())
  const cloud = stack.use(await cloudCore(emulator, { dataset: 'large' }))
  const { core } = cloud
  const { transfers } = core
  const told: Transfer[] = []
  core.events.on((event) => {
    if (event.type === 'transfer') told.push(event.transfer)
  })
  const id = await beginLarge(cloud, emulator, folder)
  const goOn = async (look = () => {}) => {
    const { done } = transfers.get(id).files
    await transfers.resume(id)
    await doneAtLeast(cloud, id, done + 500)
    expect(transfers.get(id)).toMatchObject({ state: 'running', problem: null })
    look()
    await transfers.cancel(id)
  }
  const open = stack.move()
  return { id, core, transfers, told, goOn, [Symbol.asyncDispose]: () => open.disposeAsync() }
}

test('a full disk stops the download and keeps the rest queued; it resumes when there is space', async () => {
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

test.each([
  ['full', ['/']],
  ['full', Array.from({ length: 60 }, (_, index) => `/${index}/x`)],
  ['images_only', Array.from({ length: 600 }, (_, index) => `/${index}`)],
] as const)(
  'a folder that goes away stops the download (%s), and all of it is there when it is back',
  async (what, directories) => {
    using parent = temporaryFolder()
    const folder = join(parent.path, 'files')
    await using service = await seededEmulator()
    const { emulator } = service
    emptyDataset(emulator, 'nested')
    const [image] = emulator.state.images(emulator.state.dataset('large').id)
    for (let index = 0; index < 600; index++)
      emulator.state.addImage({
        ...image,
        id: `image-${index}`,
        dataset_id: 'nested',
        directory_path: directories[index % directories.length],
        filename: `${index}.jpg`,
        object: `made:${index}`,
      })
    await using cloud = await cloudCore(emulator)
    const { transfers } = cloud.core
    let orders = 0
    onOrder = () => {
      if (++orders === 200) renameSync(folder, `${folder} of another day`)
    }
    const target = { accountId: cloud.account.id, remoteId: 'nested', name: 'nested' }
    const { id } = transfers.download(target, folder, { ...ALL_FILES, what })
    const stopped = await transfers.settled(id)
    expect(stopped).toMatchObject({ state: 'failed', files: { failed: 0, total: 600 } })
    expect(stopped.problem).toContain(`${folder} no longer exists`)
    expect(existsSync(folder)).toBe(false)
    // Without the drive it does not resume, least of all on another disk.
    await transfers.resume(id)
    expect((await transfers.settled(id)).problem).toContain(`${folder} no longer exists`)
    expect(existsSync(folder)).toBe(false)
    renameSync(`${folder} of another day`, folder)
    const [taken] = filesIn(folder).filter((file) => file.endsWith('.jpg'))
    rmSync(join(folder, taken))
    await transfers.resume(id)
    expect(await transfers.settled(id)).toMatchObject({ state: 'done', files: { failed: 0 } })
    expect(filesIn(folder)).toHaveLength(what === 'full' ? 1_200 : 600)
  },
)

test('if the database is full as well, only the transfer fails, and it resumes afterwards', async () => {
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

test('a transfer cancelled while the database was full is shown as cancelled', async () => {
  using folder = temporaryFolder()
  await using run = await largeDownload(folder.path)
  vi.spyOn(TransferRepository.prototype, 'setItems').mockImplementation(() => {
    throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' })
  })
  const setState = vi.spyOn(TransferRepository.prototype, 'setState').mockImplementation(() => {
    throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' })
  })
  expect(await run.transfers.settled(run.id)).toMatchObject({ state: 'failed' })
  setState.mockRestore()
  await run.transfers.cancel(run.id)
  expect(run.transfers.get(run.id)).toMatchObject({ state: 'cancelled', problem: null })
})

test('files that cannot be deleted do not prevent cancelling, cleaning again and clearing the list', async () => {
  using folder = temporaryFolder()
  await using run = await largeDownload(folder.path)
  const clean = vi
    .spyOn(DownloadJob.prototype, 'clean')
    .mockRejectedValue(Object.assign(new Error('read-only'), { code: 'EROFS' }))
  await expect(run.transfers.cancel(run.id)).rejects.toThrow('read-only')
  expect(run.told.at(-1)).toMatchObject({ state: 'cancelled' })
  await expect(run.transfers.cancel(run.id)).rejects.toThrow('read-only')
  expect(clean).toHaveBeenCalledTimes(2)
  await run.transfers.remove(run.id)
  expect(run.transfers.list()).toEqual([])
})

test('a transfer started by another version of the app is shown as failed, and stops no other', async () => {
  using folder = temporaryFolder()
  await using run = await largeDownload(folder.path)
  await run.transfers.pause(run.id)
  const find = TransferRepository.prototype.find
  vi.spyOn(TransferRepository.prototype, 'find').mockImplementation(function (
    this: TransferRepository,
    id,
  ) {
    const stored = find.call(this, id)
    return stored && { ...stored, options: { layout: 'of tomorrow' } }
  })
  await run.transfers.resume(run.id)
  expect(run.transfers.get(run.id)).toMatchObject({ state: 'failed', connections: 0 })
  await run.transfers.remove(run.id)
  expect(run.transfers.list()).toEqual([])
})

test('a transfer paused while the machine goes to sleep stays paused when it wakes', async () => {
  using folder = temporaryFolder()
  await using run = await largeDownload(folder.path)
  const parked = run.core.suspend()
  const paused = run.transfers.pause(run.id)
  await Promise.all([run.core.wake(), parked, paused])
  expect(await run.transfers.settled(run.id)).toMatchObject({ state: 'paused', connections: 0 })
})

test('closing the app waits for a running cancellation', async () => {
  using folder = temporaryFolder()
  await using run = await largeDownload(folder.path)
  const cancelling = run.transfers.cancel(run.id)
  await run[Symbol.asyncDispose]()
  await expect(cancelling).resolves.toBeUndefined()
})

test('memory is limited while a large download runs, also after a resume', async () => {
  using folder = temporaryFolder()
  await using run = await largeDownload(folder.path)
  expect(heap.isHeld).toBe(true)
  await run.transfers.pause(run.id)
  expect(heap.isHeld).toBe(false)
  await run.goOn(() => expect(heap.isHeld).toBe(true))
  expect(heap.isHeld).toBe(false)
})
