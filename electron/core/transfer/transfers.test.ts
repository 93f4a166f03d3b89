import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cloudCore, seededEmulator } from '#tests/helpers/cloud.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { beginLarge, doneAtLeast, download, filesIn } from '#tests/helpers/transfers.ts'

test('pauses at once, resumes, and cancels without leaving a partial file', async () => {
  await using service = await seededEmulator()
  const { emulator } = service
  await using cloud = await cloudCore(emulator, { dataset: 'large' })
  using folder = temporaryFolder()
  const told: number[] = []
  using _listener = cloud.core.events.on((event) => {
    if (event.type === 'transfer') told.push(event.transfer.bytes.done)
  })
  const id = await beginLarge(cloud, emulator, folder.path)
  await cloud.core.transfers.pause(id)
  const paused = cloud.core.transfers.get(id)
  expect(paused.state).toBe('paused')
  expect(paused.bytes.done).toBeGreaterThanOrEqual(told.at(-2) ?? 0)
  expect(told).toEqual(told.toSorted((a, b) => a - b))
  expect(paused.files.done).toBeLessThan(12_000)
  await cloud.core.transfers.resume(id)
  await doneAtLeast(cloud, id, paused.files.done + 50)
  // Requested while it is still stopping.
  const pausing = cloud.core.transfers.pause(id)
  await cloud.core.transfers.resume(id)
  await pausing
  expect(cloud.core.transfers.get(id).state).toBe('running')
  await cloud.core.transfers.cancel(id)
  expect(cloud.core.transfers.get(id).state).toBe('cancelled')
  const files = filesIn(folder.path)
  expect(files.every((file) => file.endsWith('.jpg'))).toBe(true)
})

test('a machine that sleeps and wakes at once loses no transfer', async () => {
  await using service = await seededEmulator()
  const { emulator } = service
  await using cloud = await cloudCore(emulator, { dataset: 'large' })
  using folder = temporaryFolder()
  const id = await beginLarge(cloud, emulator, folder.path)
  const parked = cloud.core.suspend()
  await cloud.core.wake()
  await parked
  const { done } = cloud.core.transfers.get(id).files
  await doneAtLeast(cloud, id, done + 50)
  await cloud.core.transfers.cancel(id)
})

test('operations on a transfer run in order, also while it is stopping', async () => {
  await using service = await seededEmulator()
  const { emulator } = service
  await using cloud = await cloudCore(emulator, { dataset: 'large' })
  const { transfers } = cloud.core
  using folder = temporaryFolder()
  const place = join(folder.path, 'cancelled')
  const cancelled = await beginLarge(cloud, emulator, place)
  await Promise.all([
    transfers.pause(cancelled),
    transfers.resume(cancelled),
    transfers.cancel(cancelled),
  ])
  expect(await transfers.settled(cancelled)).toMatchObject({ state: 'cancelled', connections: 0 })
  const left = filesIn(place)
  expect(left.filter((file) => !file.endsWith('.jpg'))).toEqual([])
  await transfers.resume(cancelled)
  expect(transfers.get(cancelled)).toMatchObject({ state: 'cancelled', connections: 0 })
  expect(filesIn(place)).toEqual(left)

  const paused = await beginLarge(cloud, emulator, join(folder.path, 'paused'))
  await Promise.all([transfers.pause(paused), transfers.resume(paused), transfers.pause(paused)])
  expect(await transfers.settled(paused)).toMatchObject({ state: 'paused', connections: 0 })

  const removed = await Promise.allSettled([
    transfers.resume(paused),
    transfers.remove(paused),
    transfers.resume(paused),
  ])
  expect(removed.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
  expect(transfers.list().map(({ id }) => id)).toEqual([cancelled])
})

test('a finished transfer stays finished', async () => {
  await using service = await seededEmulator()
  const { emulator } = service
  await using cloud = await cloudCore(emulator)
  using folder = temporaryFolder()
  const { id } = await download(cloud, emulator, folder.path)
  const { transfers } = cloud.core
  await transfers.pause(id)
  await transfers.cancel(id)
  await transfers.resume(id)
  expect(await transfers.settled(id)).toMatchObject({ state: 'done', files: { done: 24 } })
})
