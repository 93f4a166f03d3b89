import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { drawnImage } from '#emulator/drawn-image.ts'
import { newId } from '#shared/model/annotation.ts'
import { ALL_FILES } from '#shared/model/transfer.ts'
import { cloudCore, edit, seededEmulator } from '#tests/helpers/cloud.ts'
import { aBox, temporaryFolder } from '#tests/helpers/core.ts'
import { download, filesIn, pathsOf, STREET, target } from '#tests/helpers/transfers.ts'

test('downloads the whole dataset in the SDK’s layout, and a second time only what changed', async () => {
  await using service = await seededEmulator()
  const { emulator } = service
  await using cloud = await cloudCore(emulator)
  using folder = temporaryFolder()
  const [image] = cloud.list()
  await cloud.core.labelSync.read(image.id)
  const box = aBox()
  edit(cloud.core, image.id, { created: [box] })
  await cloud.push()
  const done = await download(cloud, emulator, folder.path)
  expect(done).toMatchObject({ state: 'done', files: { done: 24, failed: 0, total: 24 } })
  const expected = pathsOf(emulator).flatMap((path) => [path, `${path}.json`])
  expect(filesIn(folder.path)).toEqual(expected.sort())
  const labels = JSON.parse(readFileSync(join(folder.path, `${image.path}.json`), 'utf8'))
  expect(labels).toMatchObject({ annotations: [{ id: box.id, name: 'car', type: 'bbox' }] })

  const before = statSync(join(folder.path, expected[0])).mtimeMs
  const again = await download(cloud, emulator, folder.path)
  expect(again.files).toMatchObject({ skipped: 24, failed: 0 })
  expect(statSync(join(folder.path, expected[0])).mtimeMs).toBe(before)
  writeFileSync(join(folder.path, image.path), 'spoiled')
  expect((await download(cloud, emulator, folder.path)).files).toMatchObject({
    skipped: 23,
    done: 1,
  })
})

test('downloads in a training format, by stage and split', async () => {
  await using service = await seededEmulator()
  const { emulator } = service
  await using cloud = await cloudCore(emulator)
  using folder = temporaryFolder()
  const images = cloud.list()
  for (const { id } of images.slice(0, 6)) {
    cloud.core.labelSync.takeIn(id, [])
    edit(cloud.core, id, { created: [aBox()] })
  }
  const ids = images.map(({ id }) => id)
  cloud.core.images.patch(ids.slice(0, 10), { stage: 'complete', split: 'train' })
  cloud.core.images.patch(ids.slice(4, 6), { split: 'val' })
  await cloud.push()
  const done = await download(cloud, emulator, folder.path, {
    layout: 'yolo',
    stages: ['complete'],
  })
  expect(done).toMatchObject({ state: 'done', files: { done: 10 } })
  const files = filesIn(folder.path)
  expect(files.filter((file) => /^images\/(train|val)\//.test(file))).toHaveLength(10)
  expect(files.filter((file) => /^labels\/(train|val)\//.test(file))).toHaveLength(10)
  expect(readFileSync(join(folder.path, 'data.yaml'), 'utf8')).toContain('names')
  expect(files.some((file) => file.includes('.pictograph-'))).toBe(false)
  using coco = temporaryFolder()
  const some = await download(cloud, emulator, coco.path, { layout: 'coco', classes: ['car'] })
  expect(some).toMatchObject({ state: 'done', files: { done: 6 } })
})

test('retrying failed files keeps the labels of the others', async () => {
  await using service = await seededEmulator()
  const { emulator } = service
  await using cloud = await cloudCore(emulator)
  using folder = temporaryFolder()
  const images = cloud.list()
  for (const { id } of images.slice(0, 3)) {
    cloud.core.labelSync.takeIn(id, [])
    edit(cloud.core, id, { created: [aBox()] })
  }
  await cloud.push()
  const { state } = emulator
  const { object } = state.imageAt(state.dataset(STREET), images[0].path)
  emulator.faults.add({
    match: `STORAGE GET /${object}$`,
    times: 1_000,
    fault: { kind: 'status', status: 404 },
  })
  const first = await download(cloud, emulator, folder.path, { layout: 'coco' })
  expect(first).toMatchObject({ state: 'failed', files: { failed: 1, done: 23 } })
  emulator.faults.clear()
  await cloud.core.transfers.retry(first.id)
  const second = await cloud.core.transfers.settled(first.id)
  expect(second).toMatchObject({ state: 'done', files: { failed: 0, done: 24 } })
  const file = filesIn(folder.path).find((name) => name.endsWith('.json'))
  const coco = JSON.parse(readFileSync(join(folder.path, file ?? ''), 'utf8')) as {
    annotations: unknown[]
    images: unknown[]
  }
  expect(coco.images).toHaveLength(24)
  expect(coco.annotations).toHaveLength(3)
  expect(filesIn(folder.path).some((name) => name.includes('.pictograph-'))).toBe(false)
})

test('shows the plan before it starts', async () => {
  await using service = await seededEmulator({ hourlyLimit: 1_000 })
  await using cloud = await cloudCore(service.emulator)
  cloud.core.accounts.setLimit(cloud.account.id, 1_000)
  const plan = await cloud.core.transfers.planDownload(
    target(cloud, service.emulator),
    '/tmp/not/there/yet',
    ALL_FILES,
  )
  expect(plan).toMatchObject({ images: 24, annotations: 'files' })
  expect(plan.requests).toBeLessThan(10)
  expect(plan.freeBytes).toBeGreaterThan(0)
  expect(plan.requestsLeft).toBeLessThan(1_000)
  expect(plan.holdsFiles).toBe(false)
  using folder = temporaryFolder()
  const holdsFiles = async () => {
    const { transfers } = cloud.core
    const own = target(cloud, service.emulator)
    return (await transfers.planDownload(own, folder.path, ALL_FILES)).holdsFiles
  }
  expect(await holdsFiles()).toBe(false)
  writeFileSync(join(folder.path, 'mine.txt'), 'x')
  expect(await holdsFiles()).toBe(true)
  const planIn = (place: string) =>
    cloud.core.transfers.planDownload(target(cloud, service.emulator), place, ALL_FILES)
  await expect(planIn('photos')).rejects.toThrow('photos: enter the full path')
  await expect(planIn(join(folder.path, 'mine.txt'))).rejects.toThrow('mine.txt is a file')
  await expect(planIn(join(folder.path, 'mine.txt/below'))).rejects.toThrow('mine.txt is a file')
})

test('more than 10,000 images arrive completely, in pages', { timeout: 120_000 }, async () => {
  await using service = await seededEmulator()
  await using cloud = await cloudCore(service.emulator, { dataset: 'large' })
  using folder = temporaryFolder()
  const done = await download(
    cloud,
    service.emulator,
    folder.path,
    { what: 'annotations_only' },
    'large',
  )
  expect(done).toMatchObject({ state: 'done', files: { done: 12_000 } })
  expect(filesIn(folder.path)).toHaveLength(12_000)
})

test('images without a listed address come from an export, complete and with few requests', {
  timeout: 120_000,
}, async () => {
  await using service = await seededEmulator()
  const { emulator } = service
  const { state } = emulator
  await using cloud = await cloudCore(emulator)
  const { id } = state.dataset('large')
  // More images in one stage than a listing returns.
  for (const image of state.images(id)) state.updateImage({ ...image, status: 'new' })
  using folder = temporaryFolder()
  const plan = await cloud.core.transfers.planDownload(
    target(cloud, emulator, 'large'),
    folder.path,
    { ...ALL_FILES, what: 'images_only' },
  )
  const before = emulator.requests.length
  // The archive breaks off once and is resumed.
  emulator.faults.add({
    match: 'STORAGE GET',
    fault: { kind: 'truncate', bytes: 100_000, honest: false },
  })
  const done = await download(cloud, emulator, folder.path, { what: 'images_only' }, 'large')
  expect(done).toMatchObject({ state: 'done', files: { done: 12_000, failed: 0 } })
  expect(filesIn(folder.path)).toEqual(pathsOf(emulator, 'large'))
  const requests = emulator.requests.length - before
  expect(requests).toBeLessThan(40)
  expect(Math.abs(plan.requests - requests)).toBeLessThan(12)
  // Every image comes from the archive, none alone.
  const single = emulator.requests.filter(({ line }) =>
    /^GET \S+\/images\/[0-9a-f-]{36}/.test(line),
  )
  expect(single).toEqual([])
  // Again: nothing has changed, so no export is made.
  const packed = () =>
    emulator.requests.filter(({ line }) => /^POST \S+\/exports/.test(line)).length
  const before2 = packed()
  const again = await download(cloud, emulator, folder.path, { what: 'images_only' }, 'large')
  expect(again.files).toMatchObject({ skipped: 12_000, failed: 0 })
  expect(packed()).toBe(before2)
  expect(filesIn(folder.path)).toHaveLength(12_000)
  const sample = state.images(id).at(11_500)
  if (!sample) throw new Error('No image')
  expect(readFileSync(join(folder.path, sample.directory_path, sample.filename))).toEqual(
    await drawnImage(Number(sample.object.slice(5))),
  )
})

test('a directory that is swapped for a link during the download is not followed', async () => {
  await using service = await seededEmulator()
  const { emulator } = service
  emulator.faults.add({
    match: 'STORAGE GET',
    times: 1_000,
    after: 5,
    fault: { kind: 'delay', ms: 1_000 },
  })
  await using cloud = await cloudCore(emulator)
  using outer = temporaryFolder()
  using elsewhere = temporaryFolder()
  const folder = join(outer.path, 'target')
  const { id } = cloud.core.transfers.download(target(cloud, emulator), folder, {
    ...ALL_FILES,
    what: 'images_only',
  })
  await vi.waitUntil(() => cloud.core.transfers.get(id).files.done > 0, { timeout: 20_000 })
  const directories = readdirSync(folder).filter((name) => !name.includes('.'))
  for (const name of directories) {
    renameSync(join(folder, name), join(outer.path, `moved-${name}`))
    symlinkSync(elsewhere.path, join(folder, name))
  }
  const done = await cloud.core.transfers.settled(id)
  expect(directories.length).toBeGreaterThan(0)
  expect(done.state).toBe('failed')
  expect(cloud.core.transfers.failures(id)[0].problem).toMatch(
    /replaced by another folder or a link/,
  )
  expect(readdirSync(elsewhere.path)).toEqual([])
})

test('names cannot leave the folder, and a planted link is not followed', async () => {
  await using service = await seededEmulator()
  const { emulator } = service
  const { state } = emulator
  const [sample] = state.images(state.dataset(STREET).id)
  const hostile = [
    '../x.jpg',
    '/etc/x.jpg',
    'C:\\x.jpg',
    'CON.jpg',
    'a\u0000.jpg',
    `${'n'.repeat(300)}.jpg`,
    'Same.jpg',
    'same.jpg',
    'é.jpg',
    'e\u0301.jpg',
  ]
  for (const filename of hostile)
    state.addImage({ ...sample, id: newId(), filename, directory_path: '/a/../../b' })
  await using cloud = await cloudCore(emulator)
  using outer = temporaryFolder()
  using elsewhere = temporaryFolder()
  const folder = join(outer.path, 'target')
  mkdirSync(folder)
  symlinkSync(elsewhere.path, join(folder, 'day'))
  const done = await download(cloud, emulator, folder)
  expect(done.state).toBe('failed')
  expect(cloud.core.transfers.failures(done.id)[0].problem).toMatch(/link to another place/)
  expect(readdirSync(elsewhere.path)).toEqual([])
  expect(readdirSync(outer.path)).toEqual(['target'])
  const images = filesIn(folder).filter((file) => file.endsWith('.jpg'))
  expect(images.filter((file) => file.startsWith('a/'))).toHaveLength(hostile.length)
  expect(images.some((file) => file.includes('..'.concat('/')))).toBe(false)
})

test('a partial file resumes, and an expired address is renewed', async () => {
  await using service = await seededEmulator()
  const { emulator } = service
  await using cloud = await cloudCore(emulator)
  using folder = temporaryFolder()
  emulator.faults.add({
    match: 'STORAGE GET',
    times: 6,
    fault: { kind: 'truncate', bytes: 400, honest: true },
  })
  emulator.faults.add({
    match: 'STORAGE GET',
    after: 3,
    times: 4,
    fault: { kind: 'status', status: 403 },
  })
  const done = await download(cloud, emulator, folder.path, { what: 'images_only' })
  expect(done).toMatchObject({ state: 'done', files: { done: 24, failed: 0 } })
  expect(filesIn(folder.path)).toEqual(pathsOf(emulator))
  const listings = emulator.requests.filter(({ line }) => line.includes('/download?'))
  expect(listings.length).toBeGreaterThan(1)
})
