/** The cost of an operation per image does not grow with the dataset, measured in look-ups, statements and events. */
import { expect, onTestFinished, test, vi } from 'vitest'
import { CachedFileRepository } from '#core/cache/cached-file-repository.ts'
import { openDatabase } from '#core/cache/database.ts'
import { DatasetRepository } from '#core/cache/dataset-repository.ts'
import { ImageRepository } from '#core/cache/image-repository.ts'
import type { ListedImage } from '#core/cache/listed-images.ts'
import { Outbox } from '#core/cache/outbox.ts'
import { RemoteRepository } from '#core/cache/remote-repository.ts'
import { SafeNames } from '#core/safe-names.ts'
import { UploadNames } from '#core/transfer/upload-names.ts'
import { cloudCore, seededEmulator } from '#tests/helpers/cloud.ts'
import { draw } from '#tests/helpers/core.ts'

/** Counts how often `work` looks something up in sets and maps. */
function lookUps(work: () => void): number {
  const spies = [vi.spyOn(Set.prototype, 'has'), vi.spyOn(Map.prototype, 'has')]
  onTestFinished(() => void vi.restoreAllMocks())
  work()
  const count = spies.reduce((sum, { mock }) => sum + mock.calls.length, 0)
  vi.restoreAllMocks()
  return count
}

const KEEP = { directory: '/', tree: 'flat', onExisting: 'rename' } as const

test.each([
  [
    'a download into one folder',
    (count: number) => {
      const names = new SafeNames()
      for (let n = 0; n < count; n++) names.assign('rgb.png')
    },
  ],
  [
    'an upload into one directory',
    (count: number) => {
      const names = new UploadNames(KEEP)
      for (let n = 0; n < count; n++) names.ofFile(`f${n}/rgb.png`, n)
    },
  ],
])('thousands of files of one name: %s', (_what, name) => {
  const few = lookUps(() => name(100)) / 100
  const many = lookUps(() => name(2_000)) / 2_000
  expect(few).toBeGreaterThan(0)
  expect(many).toBeLessThanOrEqual(few * 1.5)
})

const listed = (count: number): ListedImage[] =>
  Array.from({ length: count }, (_, n) => ({
    remoteId: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    path: `cam/frame_${n}.jpg`,
    sizeBytes: 300_000,
    createdAtMs: 1,
    width: 1920,
    height: 1080,
    stage: 'new',
    split: null,
    tags: ['night'],
    annotationCount: 3,
    thumbnailUrl: null,
  }))

test('an unchanged list of the service writes nothing', () => {
  const db = openDatabase(':memory:')
  onTestFinished(() => void db.close())
  const datasets = new DatasetRepository(db)
  const remotes = new RemoteRepository(db)
  db.prepare(
    `INSERT INTO account (id, base_url, organization_id, organization, created_at_ms)
     VALUES ('a', 'u', 'o', 'o', 1)`,
  ).run()
  const { id } = datasets.create({ name: 'x', kind: 'remote', root: '/x', classes: [] })
  remotes.link(id, 'a', 'remote-x')
  const written = () => db.prepare<[], { n: number }>('SELECT total_changes() AS n').get()?.n
  const page = listed(500)
  expect(remotes.listed.upsert(id, page)).toHaveLength(500)
  const before = written()
  expect(remotes.listed.upsert(id, page)).toEqual([])
  expect(written()).toBe(before)
  // A real change among the rest is still found.
  const changed = page.map((image, n) => (n === 7 ? { ...image, tags: ['day'] } : image))
  expect(remotes.listed.upsert(id, changed)).toHaveLength(1)
})

test('the tags of many images are one event and one transaction', async () => {
  await using service = await seededEmulator()
  await using cloud = await cloudCore(service.emulator)
  const { core } = cloud
  const ids = cloud.list().map(({ id }) => id)
  core.images.patchTags(ids, ['night'], [])
  let events = 0
  core.events.on(({ type }) => {
    if (type === 'images') events++
  })
  await cloud.push()
  expect(cloud.list().every(({ tags }) => tags.includes('night'))).toBe(true)
  expect(events).toBeLessThan(ids.length / 4)
})

test('downloading for offline use does not recount the dataset for each image', async () => {
  await using service = await seededEmulator()
  await using cloud = await cloudCore(service.emulator)
  const all = vi.spyOn(CachedFileRepository.prototype, 'keptProgress')
  const sums = vi.spyOn(CachedFileRepository.prototype, 'cacheBytes')
  onTestFinished(() => void vi.restoreAllMocks())
  const { offline } = cloud.core
  offline.keep(cloud.datasetId, null)
  await offline.settled(cloud.datasetId)
  expect(offline.state(cloud.datasetId)).toMatchObject({ done: 24, total: 24, state: 'idle' })
  expect(all.mock.calls.length).toBeLessThanOrEqual(4)
  expect(sums.mock.calls.length).toBeLessThanOrEqual(2)
})

test('the next files to be read are found by an index, as is how many are left', () => {
  const db = openDatabase(':memory:')
  onTestFinished(() => void db.close())
  const asked = vi.spyOn(db, 'prepare')
  onTestFinished(() => void vi.restoreAllMocks())
  const images = new ImageRepository(db)
  images.unread('d', 64)
  images.count('d')
  const statements = asked.mock.calls.map(([sql]) => sql)
  expect(statements).toHaveLength(2)
  for (const sql of statements) {
    const plan = db
      .prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql.replaceAll('?', '1')}`)
      .all()
      .map(({ detail }) => detail)
    expect(plan.join('\n')).toContain('image_unread')
  }
})

test('how much waits is not counted for each edit while somebody draws', async () => {
  await using service = await seededEmulator()
  await using cloud = await cloudCore(service.emulator)
  const counts = vi.spyOn(Outbox.prototype, 'counts')
  onTestFinished(() => void vi.restoreAllMocks())
  const waiting: number[] = []
  cloud.core.events.on((event) => {
    if (event.type === 'sync') waiting.push(event.waiting)
  })
  for (const { id } of cloud.list()) draw(cloud.core, id)
  expect(counts.mock.calls.length).toBeLessThanOrEqual(2)
  await vi.waitFor(() => expect(waiting.at(-1)).toBe(24))
})

test('how many images are here is counted without reading their labels', () => {
  const db = openDatabase(':memory:')
  onTestFinished(() => void db.close())
  const asked = vi.spyOn(db, 'prepare')
  onTestFinished(() => void vi.restoreAllMocks())
  new DatasetRepository(db).remoteCounts('d')
  const plan = db
    .prepare<[], { detail: string }>(
      `EXPLAIN QUERY PLAN ${asked.mock.calls[0][0].replaceAll('?', '1')}`,
    )
    .all()
  expect(plan.map(({ detail }) => detail).join('\n')).toContain('COVERING INDEX remote_image_kept')
})
