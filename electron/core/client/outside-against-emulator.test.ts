import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Client, PaymentRequiredError, ValidationError } from '#core/api/client.ts'
import { type Emulator, startEmulator } from '#emulator/server.ts'
import { CLIP } from '#tests/helpers/clip.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'

/** Polls at once, but lets the service work. */
const clock = { now: Date.now, random: () => 0.5, sleep: () => setTimeout(1) }
let folder: ReturnType<typeof temporaryFolder>
let emulator: Emulator
let client: Client

beforeAll(async () => {
  folder = temporaryFolder()
  emulator = await startEmulator({ dataDir: join(folder.path, 'service'), seeded: 40 })
  client = new Client({ apiKey: 'pk_live_admin', baseUrl: emulator.url, maxRetries: 0, clock })
})

afterAll(async () => {
  client[Symbol.dispose]()
  await emulator[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

test('a video is uploaded and probed, and its frames become images', async () => {
  const { video, images } = client
  const file = join(folder.path, 'clip.MP4')
  writeFileSync(file, CLIP)
  let sent = 0
  const path = await video.upload(file, {
    onProgress: (bytes) => {
      sent = bytes
    },
  })
  expect(sent).toBe(CLIP.length)
  expect(await video.probe(path)).toMatchObject({ duration_seconds: 3, native_fps: 25, width: 64 })
  const options = { directoryName: 'clip', sampleFps: 2, parentDirectoryPath: '/day' }
  const begun = await video.extractFrames('street scenes', path, options)
  expect(begun.status).toBe('processing')
  const done = await video.extracted(begun.job_id)
  expect(done).toMatchObject({ status: 'complete', directory_path: '/day/clip', total_frames: 6 })
  expect(done.image_ids).toHaveLength(6)
  const frames = await images.list('street scenes', { directoryPath: '/day/clip' })
  expect(frames.map(({ id }) => id).sort()).toEqual(done.image_ids?.toSorted())

  await expect(video.upload(join(folder.path, 'clip.gif'))).rejects.toThrow(ValidationError)
  await expect(
    video.extractFrames('street scenes', path, { directoryName: 'a', fps: 3 } as never),
  ).rejects.toThrow(/no option “fps”/)
})

test('a file that is no video is refused', async () => {
  const file = join(folder.path, 'odd.mp4')
  writeFileSync(file, 'no video')
  await expect(client.video.probe(await client.video.upload(file))).rejects.toThrow(ValidationError)
})

test('notifications are listed, counted, read and put away', async () => {
  const { notifications } = client
  const [first, second] = await notifications.list({ unreadOnly: true })
  expect(first).toMatchObject({ type: 'task_assigned', read: false })
  await notifications.markRead(first.id)
  expect(await notifications.unreadCount()).toBe(1)
  expect(await notifications.markAllRead()).toBe(1)
  await notifications.delete(second.id)
  expect(await notifications.list({ limit: 5 })).toMatchObject([{ id: first.id, read: true }])
})

test('a public dataset is found and copied; the plan’s limit is told', async () => {
  const { publicDatasets, images } = client
  const [found] = await publicDatasets.list({ search: 'ship', sort: 'popular' })
  expect(found).toMatchObject({ name: 'Harbour', organization: { slug: 'public-research' } })
  const place = ['public-research', 'harbour'] as const
  expect((await publicDatasets.get(...place)).classes).toHaveLength(2)
  const { import_id } = await publicDatasets.import(...place, { name: 'ships' })
  const done = await publicDatasets.imported(import_id)
  expect(done).toMatchObject({ status: 'completed', dataset_name: 'ships', image_count: 40 })
  expect(await images.list('ships')).toHaveLength(40)
  const everything = publicDatasets.import('public-research', 'everything')
  await expect(everything).rejects.toThrow(PaymentRequiredError)
  await expect(everything).rejects.toMatchObject({ limitType: 'images', limit: 1_000_000 })
})

test('datasets of another service are imported with its key', async () => {
  const { connectors, images } = client
  expect(await connectors.validate('v7', 'wrong')).toMatchObject({ valid: false, datasets: [] })
  const { datasets } = await connectors.validate('v7', 'valid-key')
  expect(datasets[0]).toMatchObject({ name: 'Road signs', image_count: 30 })
  const room = await connectors.checkLimits({ totalImages: 10, estimatedSizeBytes: 10 })
  expect(room).toMatchObject({ allowed: true, exceeded: null })
  const id = await connectors.import('v7', 'valid-key', datasets)
  expect(await connectors.imported(id)).toMatchObject({ imported_images: 30, status: 'completed' })
  expect(await images.list('Road signs')).toHaveLength(30)
  const other = await connectors.import('v7', 'valid-key', [
    { ...datasets[0], image_count: 100_000 },
  ])
  await connectors.cancel(other)
  await expect(connectors.imported(other)).rejects.toThrow(/ended as cancelled/)
})
