import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { UploadPreview } from '#shared/model/transfer.ts'
import { cloudCore, onService, seededEmulator } from '#tests/helpers/cloud.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { KEEP, pathsOf, photos, STREET, target, upload } from '#tests/helpers/transfers.ts'
import { writeZip } from '#tests/helpers/zip.ts'

test('pausing while files are examined fails none of them', async () => {
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

test('folders, files and a ZIP are uploaded with their tree, and only once', async () => {
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

test('existing names are skipped, renamed or replaced as chosen; the tree is kept, cut or flattened', async () => {
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

test('a replacement stays, although its answer was lost and the upload stopped', async () => {
  await using service = await seededEmulator()
  const { emulator } = service
  const { state } = emulator
  await using cloud = await cloudCore(emulator)
  using folder = temporaryFolder()
  await photos(folder.path, ['set/a.png'])
  const drop = join(folder.path, 'set')
  await upload(cloud, emulator, [drop])
  const first = state.imageAt(state.dataset(STREET), 'set/a.png').id
  emulator.faults.add({ match: 'bulk-register', times: 1_000, fault: { kind: 'lose_answer' } })
  const { transfers } = cloud.core
  const options = { ...KEEP, onExisting: 'replace' as const }
  const { id } = transfers.upload(target(cloud, emulator), [drop], options)
  const idNow = () =>
    state.images(state.dataset(STREET).id).find(({ filename }) => filename === 'a.png')?.id
  while ((idNow() ?? first) === first) await new Promise((next) => setTimeout(next, 5))
  const second = idNow()
  await transfers.pause(id)
  emulator.faults.clear()
  await transfers.resume(id)
  expect(await transfers.settled(id)).toMatchObject({
    state: 'done',
    files: { done: 1, failed: 0 },
  })
  expect(idNow()).toBe(second)
})

test('label files beside the images are uploaded with them', async () => {
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

test('labels of several formats are uploaded, each for the images beside it', async () => {
  await using service = await seededEmulator()
  const { emulator } = service
  await using cloud = await cloudCore(emulator)
  using folder = temporaryFolder()
  await photos(folder.path, ['coco/a.png', 'yolo/images/a.png'])
  const coco = {
    images: [{ id: 1, file_name: 'a.png', width: 40, height: 30 }],
    categories: [{ id: 1, name: 'boat' }],
    annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [1, 2, 3, 4] }],
  }
  mkdirSync(join(folder.path, 'yolo/labels'))
  const write = (name: string, text: string) => writeFileSync(join(folder.path, name), text)
  write('coco/annotations.json', JSON.stringify(coco))
  write('coco/package.json', '{}')
  write('yolo/data.yaml', 'names: [ship]')
  write('yolo/labels/a.txt', '0 0.5 0.5 0.2 0.2\n')
  const done = await upload(
    cloud,
    emulator,
    ['coco', 'yolo'].map((name) => join(folder.path, name)),
  )
  expect(onService(emulator, STREET, 'coco/a.png')).toMatchObject([{ name: 'boat' }])
  expect(onService(emulator, STREET, 'yolo/images/a.png')).toMatchObject([{ name: 'ship' }])
  expect(done.report.join('\n')).toMatch(
    /2 images were sent \((?:COCO|YOLO detect), (?:COCO|YOLO detect)\)/,
  )
  expect(done.report.join('\n')).toContain('coco/package.json')
})

test('labels of a skipped image do not go to another one of its name', async () => {
  await using service = await seededEmulator()
  const { emulator } = service
  await using cloud = await cloudCore(emulator)
  using folder = temporaryFolder()
  await photos(folder.path, ['set/day1/a.png'])
  const drop = join(folder.path, 'set')
  await upload(cloud, emulator, [drop])
  await photos(folder.path, ['set/day2/a.png'])
  writeFileSync(join(drop, 'day1/a.txt'), '0 0.5 0.5 0.2 0.2\n')
  expect(await upload(cloud, emulator, [drop])).toMatchObject({ files: { done: 1, skipped: 1 } })
  expect(onService(emulator, STREET, 'set/day2/a.png')).toEqual([])
})

test('labels beside other pictures find their images further away; unmatched ones are reported', async () => {
  await using service = await seededEmulator()
  const { emulator } = service
  await using cloud = await cloudCore(emulator)
  using folder = temporaryFolder()
  await photos(folder.path, ['coco/images/a.png', 'coco/annotations/panoptic/mask.png'])
  const image = (id: number, name: string) => ({ id, file_name: name, width: 40, height: 30 })
  const box = (id: number) => ({ id, image_id: id, category_id: 1, bbox: [1, 2, 3, 4] })
  writeFileSync(
    join(folder.path, 'coco/annotations/instances.json'),
    JSON.stringify({
      images: [image(1, 'a.png'), image(2, 'gone.png')],
      categories: [{ id: 1, name: 'boat' }],
      annotations: [box(1), box(2)],
    }),
  )
  const done = await upload(cloud, emulator, [join(folder.path, 'coco')])
  expect(onService(emulator, STREET, 'coco/images/a.png')).toMatchObject([{ name: 'boat' }])
  expect(done.report.join('\n')).toContain('Annotations of 1 image belong to none of these')
})

test('a name that the service changes is reported, and is the same image the next time', async () => {
  await using service = await seededEmulator()
  const { emulator } = service
  await using cloud = await cloudCore(emulator)
  using folder = temporaryFolder()
  await photos(folder.path, ['a?.png', 'a*.png', 'b"c.png', 'd.png'])
  const before = pathsOf(emulator)
  const first = await upload(cloud, emulator, [folder.path], { tree: 'flat' })
  expect(first).toMatchObject({ state: 'done', files: { done: 4, failed: 0 } })
  const there = pathsOf(emulator).filter((path) => !before.includes(path))
  expect(there).toHaveLength(4)
  for (const path of there.filter((name) => name !== 'd.png'))
    expect(first.report.join('\n')).toContain(`is called “${path}” there`)
  const again = await upload(cloud, emulator, [folder.path], { tree: 'flat' })
  expect(again).toMatchObject({ state: 'done', files: { skipped: 4, done: 0, failed: 0 } })
  expect(pathsOf(emulator)).toHaveLength(before.length + 4)
  const replaced = await upload(cloud, emulator, [folder.path], {
    tree: 'flat',
    onExisting: 'replace',
  })
  expect(replaced).toMatchObject({ state: 'done', files: { done: 4, failed: 0 } })
  // Two files of one drop that get the same name stay two: the second does not replace the first.
  expect(pathsOf(emulator)).toHaveLength(before.length + 5)
  const renamed = await upload(cloud, emulator, [folder.path], {
    tree: 'flat',
    onExisting: 'rename',
  })
  expect(renamed).toMatchObject({ state: 'done', files: { done: 4, failed: 0 } })
  expect(pathsOf(emulator)).toHaveLength(before.length + 9)
})

test('is examined before it is sent', async () => {
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

test('files that a browser streamed here stay until none of them needs a retry', async () => {
  await using service = await seededEmulator()
  const { emulator } = service
  await using cloud = await cloudCore(emulator)
  const { transfers } = cloud.core
  using folder = temporaryFolder()
  const staged = join(folder.path, 'stage')
  await photos(staged, ['set/a.png', 'set/b.png'])
  emulator.faults.add({ match: 'STORAGE PUT', fault: { kind: 'status', status: 422 } })
  const { id } = transfers.upload(target(cloud, emulator), [join(staged, 'set')], KEEP, staged)
  const first = await transfers.settled(id)
  expect(first).toMatchObject({ state: 'failed', files: { done: 1, failed: 1 } })
  await transfers.retry(id)
  const second = await transfers.settled(id)
  expect(second).toMatchObject({ state: 'done', files: { done: 2, failed: 0 } })
  expect(existsSync(staged)).toBe(false)
})

test('a file that is not an image, whatever its name, is reported and not sent', async () => {
  await using service = await seededEmulator()
  const { emulator } = service
  await using cloud = await cloudCore(emulator)
  using folder = temporaryFolder()
  await photos(folder.path, ['a.png'])
  const before = pathsOf(emulator).length
  writeFileSync(join(folder.path, 'text.jpg'), 'this is no image')
  writeFileSync(join(folder.path, 'empty.png'), '')
  writeFileSync(
    join(folder.path, 'cut.png'),
    readFileSync(join(folder.path, 'a.png')).subarray(0, 20),
  )
  const done = await upload(cloud, emulator, [folder.path])
  expect(done).toMatchObject({ state: 'failed', files: { done: 1, failed: 3 } })
  expect(pathsOf(emulator)).toHaveLength(before + 1)
  const reasons = cloud.core.transfers.failures(done.id).map(({ problem }) => problem)
  expect(reasons.join('\n')).toMatch(/contains text, not an image/)
  expect(reasons.join('\n')).toMatch(/is empty/)
})

test('a relative path, and a directory that leads out of the dataset, are refused before anything starts', async () => {
  await using service = await seededEmulator()
  const { emulator } = service
  await using cloud = await cloudCore(emulator)
  using folder = temporaryFolder()
  await photos(folder.path, ['a.png'])
  const look = (path: string, directory: string) =>
    cloud.core.transfers
      .previewUpload(
        target(cloud, emulator),
        [path],
        { ...KEEP, directory },
        new AbortController().signal,
      )
      .next()
  await expect(look('photos', '/')).rejects.toThrow('photos: enter the full path')
  await expect(look(folder.path, 'a/../b')).rejects.toThrow('cannot lead out of the dataset')
})

test('a text file is a label file only if it has the name of an image', async () => {
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
  expect(await look()).toMatchObject({ images: 2, labels: [], otherCount: 1 })
  writeFileSync(join(folder.path, 'a.txt'), '0 0.5 0.5 0.2 0.2\n')
  writeFileSync(join(folder.path, 'classes.txt'), 'car\n')
  expect(await look()).toMatchObject({ labels: [{ format: 'yolo', files: 2 }], otherCount: 1 })
})

test('existing names are counted at the upload’s target paths', async () => {
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

test('the service’s refusals are reported file by file', async () => {
  await using service = await seededEmulator()
  await using cloud = await cloudCore(service.emulator)
  using folder = temporaryFolder()
  await photos(folder.path, ['a.png'])
  const done = await upload(cloud, service.emulator, [join(folder.path, 'a.png')], {}, 'frozen')
  expect(done.state).toBe('failed')
  expect(done.problem).toMatch(/cold storage/)
})
