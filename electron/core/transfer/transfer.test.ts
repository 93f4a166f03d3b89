import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { drawnImage } from '#emulator/drawn-image.ts'
import type { Emulator } from '#emulator/server.ts'
import { newId } from '#shared/model/annotation.ts'
import {
  ALL_FILES,
  type DownloadOptions,
  type UploadOptions,
  type UploadPreview,
} from '#shared/model/transfer.ts'
import { cloudCore, edit, seededEmulator } from '#tests/helpers/cloud.ts'
import { aBox, temporaryFolder, writeImage } from '#tests/helpers/core.ts'
import { writeZip } from '#tests/helpers/zip.ts'

const STREET = 'street scenes'
type Cloud = Awaited<ReturnType<typeof cloudCore>>

const KEEP: UploadOptions = {
  directory: '/',
  tree: 'keep',
  onExisting: 'skip',
  withLabels: true,
}

const target = ({ account }: Cloud, { state }: Emulator, name = STREET) => ({
  accountId: account.id,
  remoteId: state.dataset(name).id,
  name,
})

async function download(
  cloud: Cloud,
  emulator: Emulator,
  folder: string,
  options: Partial<DownloadOptions> = {},
  name = STREET,
) {
  const { id } = cloud.core.transfers.download(target(cloud, emulator, name), folder, {
    ...ALL_FILES,
    ...options,
  })
  return cloud.core.transfers.settled(id)
}

async function upload(
  cloud: Cloud,
  emulator: Emulator,
  paths: string[],
  options: Partial<UploadOptions> = {},
  name = STREET,
) {
  const { id } = cloud.core.transfers.upload(target(cloud, emulator, name), paths, {
    ...KEEP,
    ...options,
  })
  return cloud.core.transfers.settled(id)
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()

const pathsOf = ({ state }: Emulator, name = STREET) =>
  state
    .images(state.dataset(name).id)
    .map(({ directory_path, filename }) =>
      directory_path === '/' ? filename : `${directory_path.slice(1)}/${filename}`,
    )
    .sort()

async function photos(folder: string, names: readonly string[]): Promise<void> {
  for (const [index, name] of names.entries()) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    await writeImage(join(folder, name), 40 + index, 30)
  }
}

describe('down', () => {
  test('the whole dataset lies on disk as the SDK writes it, and again only what changed comes', async () => {
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

  test('in a format for training, by stage and split, with its files in place', async () => {
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

  test('what failed is tried again without losing the labels of the others', async () => {
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

  test('a machine that falls asleep and wakes at once loses no transfer', async () => {
    await using service = await seededEmulator()
    const { emulator } = service
    await using cloud = await cloudCore(emulator, { dataset: 'large' })
    using folder = temporaryFolder()
    const { id } = cloud.core.transfers.download(target(cloud, emulator, 'large'), folder.path, {
      ...ALL_FILES,
      what: 'images_only',
    })
    while (cloud.core.transfers.get(id).files.done < 50)
      await new Promise((next) => setTimeout(next, 20))
    const parked = cloud.core.suspend()
    await cloud.core.wake()
    await parked
    const { done } = cloud.core.transfers.get(id).files
    while (cloud.core.transfers.get(id).files.done < done + 50)
      await new Promise((next) => setTimeout(next, 20))
    await cloud.core.transfers.cancel(id)
  })

  test('says beforehand what it would do', async () => {
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
  })

  test('beyond 10,000 images it pages, and all come', { timeout: 120_000 }, async () => {
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

  test('images for which the listing has no address come packed, whole, in a handful of requests', {
    timeout: 120_000,
  }, async () => {
    await using service = await seededEmulator()
    const { emulator } = service
    const { state } = emulator
    await using cloud = await cloudCore(emulator)
    const { id } = state.dataset('large')
    // More in one stage than a listing gives.
    for (const image of state.images(id)) state.updateImage({ ...image, status: 'new' })
    using folder = temporaryFolder()
    const plan = await cloud.core.transfers.planDownload(
      target(cloud, emulator, 'large'),
      folder.path,
      { ...ALL_FILES, what: 'images_only' },
    )
    const before = emulator.requests.length
    // The archive is cut off once, and gone on with.
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
    // Again: nothing has changed, and nothing is packed for it.
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

  test('names that lead elsewhere lead nowhere, and a planted link is not followed', async () => {
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

  test('a part goes on where it ended, and an expired address is asked for again', async () => {
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

  test('paused at once, gone on with after a restart, cancelled without half a file', async () => {
    await using service = await seededEmulator()
    const { emulator } = service
    await using cloud = await cloudCore(emulator, { dataset: 'large' })
    using folder = temporaryFolder()
    const { id } = cloud.core.transfers.download(target(cloud, emulator, 'large'), folder.path, {
      ...ALL_FILES,
      what: 'images_only',
    })
    while (cloud.core.transfers.get(id).files.done < 50)
      await new Promise((next) => setTimeout(next, 20))
    await cloud.core.transfers.pause(id)
    const paused = cloud.core.transfers.get(id)
    expect(paused.state).toBe('paused')
    expect(paused.files.done).toBeLessThan(12_000)
    await cloud.core.transfers.resume(id)
    while (cloud.core.transfers.get(id).files.done < paused.files.done + 50)
      await new Promise((next) => setTimeout(next, 20))
    // Asked for while it is still stopping.
    const pausing = cloud.core.transfers.pause(id)
    await cloud.core.transfers.resume(id)
    await pausing
    expect(cloud.core.transfers.get(id).state).toBe('running')
    await cloud.core.transfers.cancel(id)
    expect(cloud.core.transfers.get(id).state).toBe('cancelled')
    const files = filesIn(folder.path)
    expect(files.every((file) => file.endsWith('.jpg'))).toBe(true)
  })
})

test('what is asked of a transfer is done in that order, also while it is stopping', async () => {
  await using service = await seededEmulator()
  const { emulator } = service
  await using cloud = await cloudCore(emulator, { dataset: 'large' })
  const { transfers } = cloud.core
  using folder = temporaryFolder()
  const begin = async (name: string) => {
    const place = join(folder.path, name)
    const large = target(cloud, emulator, 'large')
    const { id } = transfers.download(large, place, { ...ALL_FILES, what: 'images_only' })
    while (transfers.get(id).files.done < 50) await new Promise((next) => setTimeout(next, 20))
    return { id, place }
  }
  const cancelled = await begin('cancelled')
  await Promise.all([
    transfers.pause(cancelled.id),
    transfers.resume(cancelled.id),
    transfers.cancel(cancelled.id),
  ])
  expect(await transfers.settled(cancelled.id)).toMatchObject({
    state: 'cancelled',
    connections: 0,
  })
  const left = filesIn(cancelled.place)
  expect(left.filter((file) => !file.endsWith('.jpg'))).toEqual([])
  await transfers.resume(cancelled.id)
  expect(transfers.get(cancelled.id)).toMatchObject({ state: 'cancelled', connections: 0 })
  expect(filesIn(cancelled.place)).toEqual(left)

  const paused = await begin('paused')
  await Promise.all([
    transfers.pause(paused.id),
    transfers.resume(paused.id),
    transfers.pause(paused.id),
  ])
  expect(await transfers.settled(paused.id)).toMatchObject({ state: 'paused', connections: 0 })

  const removed = await Promise.allSettled([
    transfers.resume(paused.id),
    transfers.remove(paused.id),
    transfers.resume(paused.id),
  ])
  expect(removed.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
  expect(transfers.list().map(({ id }) => id)).toEqual([cancelled.id])
})

test('one that is done stays done', async () => {
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

describe('up', () => {
  test('paused while the next files are looked at, it fails none of them', async () => {
    await using service = await seededEmulator()
    const { emulator } = service
    await using cloud = await cloudCore(emulator)
    using folder = temporaryFolder()
    await photos(folder.path, ['0.png'])
    const picture = readFileSync(join(folder.path, '0.png'))
    for (let index = 1; index < 1_500; index++)
      writeFileSync(join(folder.path, `${index}.png`), picture)
    const { transfers } = cloud.core
    const { id } = transfers.upload(target(cloud, emulator), [folder.path], {
      directory: '/',
      tree: 'flat',
      onExisting: 'skip',
      withLabels: false,
    })
    for (const least of [0, 50, 200, 400, 600, 800]) {
      const isThere = () => {
        const { files, connections, state } = transfers.get(id)
        return state === 'done' || (files.done >= least && connections > 0)
      }
      while (!isThere()) await new Promise((next) => setTimeout(next, 1))
      await transfers.pause(id)
      expect(transfers.get(id).files.failed).toBe(0)
      await transfers.resume(id)
    }
    expect(await transfers.settled(id)).toMatchObject({
      state: 'done',
      files: { done: 1_500, failed: 0 },
    })
  })

  test('folders, files and a ZIP go up with their tree, once, and again not at all', async () => {
    await using service = await seededEmulator()
    const { emulator } = service
    await using cloud = await cloudCore(emulator)
    using folder = temporaryFolder()
    const drop = join(folder.path, 'drop')
    await photos(folder.path, ['drop/a.png', 'drop/sub/b.jpg', 'drop/sub/deep/c.webp', 'loose.png'])
    writeFileSync(join(drop, 'notes.doc'), 'no image')
    await writeZip(join(folder.path, 'more.zip'), {
      'z/d.png': readFileSync(join(drop, 'a.png')),
      '../evil.png': readFileSync(join(drop, 'a.png')),
    })
    const paths = [drop, join(folder.path, 'loose.png'), join(folder.path, 'more.zip')]
    const before = pathsOf(emulator)
    const done = await upload(cloud, emulator, paths)
    expect(done).toMatchObject({ state: 'done', files: { done: 6, failed: 0 } })
    const added = pathsOf(emulator).filter((path) => !before.includes(path))
    expect(added).toEqual(
      [
        'drop/a.png',
        'drop/sub/b.jpg',
        'drop/sub/deep/c.webp',
        'loose.png',
        'more/__/evil.png',
        'more/z/d.png',
      ].sort(),
    )
    const { state } = emulator
    const stored = state.imageAt(state.dataset(STREET), 'drop/sub/b.jpg')
    expect(stored).toMatchObject({ width: 41, height: 30 })
    const again = await upload(cloud, emulator, paths)
    expect(again.files).toMatchObject({ done: 0, skipped: 6 })
    expect(existsSync(join(cloud.dataDir, 'scratch', done.id))).toBe(false)
  })

  test('what exists is renamed or replaced when asked for; the tree is kept, cut or left out', async () => {
    await using service = await seededEmulator()
    const { emulator } = service
    await using cloud = await cloudCore(emulator)
    using folder = temporaryFolder()
    const drop = join(folder.path, 'set')
    await photos(folder.path, ['set/x/y/a.png', 'set/x/b.png'])
    await upload(cloud, emulator, [drop], { tree: 'first', directory: '/new' })
    expect(pathsOf(emulator)).toEqual(expect.arrayContaining(['new/set/a.png', 'new/set/b.png']))
    const first = emulator.state.imageAt(emulator.state.dataset(STREET), 'new/set/a.png').id
    await upload(cloud, emulator, [drop], {
      tree: 'first',
      directory: '/new',
      onExisting: 'rename',
    })
    expect(pathsOf(emulator)).toEqual(expect.arrayContaining(['new/set/a (2).png']))
    await upload(cloud, emulator, [drop], {
      tree: 'first',
      directory: '/new',
      onExisting: 'replace',
    })
    const second = emulator.state.imageAt(emulator.state.dataset(STREET), 'new/set/a.png').id
    expect(second).not.toBe(first)
    await upload(cloud, emulator, [drop], { tree: 'flat' })
    expect(pathsOf(emulator)).toEqual(expect.arrayContaining(['a.png', 'b.png']))
  })

  test('label files beside the images are sent with them', async () => {
    await using service = await seededEmulator()
    const { emulator } = service
    await using cloud = await cloudCore(emulator)
    using folder = temporaryFolder()
    await photos(folder.path, ['set/a.png'])
    const labelme = {
      version: '5.0.0',
      flags: {},
      shapes: [
        {
          label: 'boat',
          points: [
            [1, 1],
            [9, 8],
          ],
          shape_type: 'rectangle',
          flags: {},
          group_id: null,
        },
      ],
      imagePath: 'a.png',
      imageData: null,
      imageHeight: 30,
      imageWidth: 40,
    }
    writeFileSync(join(folder.path, 'set/a.json'), JSON.stringify(labelme))
    const done = await upload(cloud, emulator, [join(folder.path, 'set')])
    expect(done.report.join()).toContain('Annotations of 1 image were sent (labelme)')
    const { state } = emulator
    const image = state.imageAt(state.dataset(STREET), 'set/a.png')
    expect(state.annotations(image.id)).toMatchObject([{ name: 'boat', type: 'bbox' }])
    expect(state.dataset(STREET).classes.map(({ name }) => name)).toContain('boat')
  })

  test('is looked at before it is sent', async () => {
    await using service = await seededEmulator()
    await using cloud = await cloudCore(service.emulator)
    using folder = temporaryFolder()
    await photos(folder.path, ['set/a.png', 'set/b/c.png'])
    writeFileSync(join(folder.path, 'set/readme.md'), '')
    let last = null
    for await (const preview of cloud.core.transfers.previewUpload(
      target(cloud, service.emulator),
      [join(folder.path, 'set')],
      KEEP,
      new AbortController().signal,
    ))
      last = preview
    expect(last).toMatchObject({
      images: 2,
      directories: ['set', 'set/b'],
      others: ['set/readme.md'],
      sameName: 0,
      isComplete: true,
    })
  })

  test('a text file is no label file unless it is called like an image', async () => {
    await using service = await seededEmulator()
    const { emulator } = service
    await using cloud = await cloudCore(emulator)
    using folder = temporaryFolder()
    await photos(folder.path, ['a.png', 'b.png'])
    writeFileSync(join(folder.path, 'readme.txt'), 'hello')
    const look = async () => {
      let last: UploadPreview | undefined
      for await (const preview of cloud.core.transfers.previewUpload(
        target(cloud, emulator),
        [folder.path],
        { directory: '/', tree: 'flat', onExisting: 'skip', withLabels: true },
        new AbortController().signal,
      ))
        last = preview
      return last
    }
    expect(await look()).toMatchObject({ images: 2, labels: null, labelFiles: 0, otherCount: 1 })
    writeFileSync(join(folder.path, 'a.txt'), '0 0.5 0.5 0.2 0.2\n')
    writeFileSync(join(folder.path, 'classes.txt'), 'car\n')
    expect(await look()).toMatchObject({ labels: 'yolo', labelFiles: 2, otherCount: 1 })
  })

  test('names that are there are counted where the upload would put them', async () => {
    await using service = await seededEmulator()
    await using cloud = await cloudCore(service.emulator)
    using folder = temporaryFolder()
    await photos(folder.path, ['set/a.png', 'set/b/c.png'])
    const drop = [join(folder.path, 'set')]
    await upload(cloud, service.emulator, drop, { tree: 'first' })
    const sameName = async (tree: 'keep' | 'first' | 'flat') => {
      const signal = new AbortController().signal
      let count = 0
      const options = { ...KEEP, tree }
      const to = target(cloud, service.emulator)
      for await (const preview of cloud.core.transfers.previewUpload(to, drop, options, signal))
        count = preview.sameName
      return count
    }
    expect(await sameName('first')).toBe(2)
    expect(await sameName('keep')).toBe(1)
    expect(await sameName('flat')).toBe(0)
  })

  test('the service’s refusals are told, file by file', async () => {
    await using service = await seededEmulator()
    await using cloud = await cloudCore(service.emulator)
    using folder = temporaryFolder()
    await photos(folder.path, ['a.png'])
    const done = await upload(cloud, service.emulator, [join(folder.path, 'a.png')], {}, 'frozen')
    expect(done.state).toBe('failed')
    expect(done.problem).toMatch(/cold storage/)
  })
})
