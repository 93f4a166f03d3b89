import { existsSync } from 'node:fs'
import { mkdir, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { cloudCore, edit, seededEmulator } from '#tests/helpers/cloud.ts'
import { aBox, temporaryFolder, testPorts } from '#tests/helpers/core.ts'
import { AgedFiles, touchFile } from './aged-files.ts'
import { StorageCare } from './storage-care.ts'

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>()
  return { ...real, rm: vi.fn(real.rm) }
})

test('cached images are cleared, but none that is kept offline or has unsent changes', async () => {
  await using service = await seededEmulator()
  await using cloud = await cloudCore(service.emulator)
  const { core } = cloud
  const [kept, unsent, other] = cloud.list()
  for (const { id } of [kept, unsent, other]) await core.cache.file(id)
  core.cachedFiles.setKept(cloud.datasetId, [kept.id], true)
  edit(core, unsent.id, { created: [aBox()] })
  const sizeOf = async () =>
    (await core.storage.use()).kinds.find(({ kind }) => kind === 'images')?.bytes ?? 0
  const before = await sizeOf()
  await core.storage.clear('images')
  const cached = (id: string) => core.images.get(id).remote?.isCached
  expect([kept, unsent, other].map(({ id }) => cached(id))).toEqual([true, true, false])
  expect(await sizeOf()).toBeLessThan(before)
  expect(await sizeOf()).toBeGreaterThan(0)
})

test('the size of each kind is told, and what is above its limit is pruned', async () => {
  await using service = await seededEmulator()
  await using cloud = await cloudCore(service.emulator)
  const { core } = cloud
  const [image] = cloud.list()
  await core.look(image.id)
  edit(core, image.id, { created: [aBox()] })
  const folder = join(core.ports.dataDir, 'renditions', 'ab')
  await mkdir(folder, { recursive: true })
  for (const name of ['old.webp', 'new.webp']) await writeFile(join(folder, name), 'x'.repeat(60))
  await utimes(join(folder, 'old.webp'), 1, 1)
  const { kinds, libraryBytes } = await core.storage.use()
  const bytes = Object.fromEntries(kinds.map(({ kind, bytes: size }) => [kind, size]))
  expect(libraryBytes).toBeGreaterThan(0)
  expect(bytes['edit-log']).toBeGreaterThan(0)
  expect(bytes.thumbnails).toBeGreaterThanOrEqual(120)
  core.settings.write({ thumbnailLimitBytes: 100 })
  await core.storage.prune()
  expect(existsSync(join(folder, 'old.webp'))).toBe(false)
  expect(existsSync(join(folder, 'new.webp'))).toBe(true)
  await core.storage.clear('thumbnails')
  expect(existsSync(join(folder, 'new.webp'))).toBe(false)
})

test('of files that can be made again, the ones not used for longest go first', async () => {
  using folder = temporaryFolder()
  const files = ['a', 'b', 'c'].map((name) => join(folder.path, name))
  for (const [n, file] of files.entries()) {
    await writeFile(file, 'x'.repeat(100))
    await utimes(file, n + 1, n + 1)
  }
  expect(await touchFile(files[0])).toBe(true)
  const aged = new AgedFiles(() => [folder.path, join(folder.path, 'missing')])
  await aged.trim(300)
  expect(await aged.bytes()).toBe(300)
  await aged.trim(250)
  expect(files.map((file) => existsSync(file))).toEqual([true, false, true])
  await aged.trim(0, files[2])
  expect(files.map((file) => existsSync(file))).toEqual([false, false, true])
})

test('a file that cannot be removed does not keep the others, and nothing goes on after a stop', async () => {
  using folder = temporaryFolder()
  const files = ['a', 'b', 'c', 'd'].map((name) => join(folder.path, name))
  for (const [n, file] of files.entries()) {
    await writeFile(file, 'x'.repeat(100))
    await utimes(file, n + 1, n + 1)
  }
  const aged = new AgedFiles(() => [folder.path])
  await aged.trim(0, null, AbortSignal.abort())
  expect(await aged.bytes()).toBe(400)
  vi.mocked(rm).mockRejectedValueOnce(Object.assign(new Error('busy'), { code: 'EBUSY' }))
  await aged.trim(250)
  expect(files.map((file) => existsSync(file))).toEqual([true, false, false, true])
})

test('pruning ends with the step that runs when the app quits', async () => {
  using folder = temporaryFolder()
  const removed: string[] = []
  const fails = () => {
    throw new Error('it goes on')
  }
  const care = new StorageCare({
    dataDir: folder.path,
    log: testPorts(folder.path).log,
    limits: () => ({ thumbnailsBytes: 0, editLogBytes: 0, transfers: 0 }),
    thumbnails: new AgedFiles(() => []),
    embeddings: { bytes: async () => 0, trim: async () => {}, clear: async () => {} },
    editLog: { step: fails },
    images: { bytes: () => 0, clear: async () => {} },
    transfers: {
      finished: () => ['a', 'b', 'c'],
      remove: async (id) => {
        removed.push(id)
        await care[Symbol.asyncDispose]()
      },
    },
    works: { begin: fails },
    pause: async () => {},
  })
  await care.prune()
  expect(removed).toEqual(['a'])
})
