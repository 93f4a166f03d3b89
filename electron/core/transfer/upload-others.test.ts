import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { StartProcess } from '#core/ports.ts'
import type { Emulator } from '#emulator/server.ts'
import { startForked } from '#hosts/host-node/forked-process.ts'
import { newAnnotation } from '#shared/model/annotation.ts'
import {
  cloudCore,
  emptyDataset,
  onService,
  saveElsewhere,
  seededEmulator,
} from '#tests/helpers/cloud.ts'
import { aBox, temporaryFolder, writeImage } from '#tests/helpers/core.ts'
import { KEEP, pathsOf, photos, STREET, target, upload } from '#tests/helpers/transfers.ts'

/** Uploads while others work on the same dataset: their work stays, and ours arrives once. */

const labelFile = (file: string, id: string) =>
  writeFileSync(
    file,
    JSON.stringify({
      image: 'a.png',
      annotations: [{ id, name: 'car', type: 'bbox', bounding_box: { x: 1, y: 1, w: 10, h: 10 } }],
    }),
  )

/** Another person's image with this name, with a label. Returns its id. */
function registerElsewhere({ state }: Emulator, directory: string, filename: string): string {
  const id = '99999999-9999-4999-8999-999999999999'
  state.addImage({
    id,
    dataset_id: state.dataset(STREET).id,
    directory_path: directory,
    filename,
    status: 'complete',
    split: null,
    tags: [],
    file_size: 7,
    width: 640,
    height: 480,
    content_type: 'image/png',
    is_archived: false,
    object: 'made:1',
    created_at: '2026-01-01T00:00:00.000Z',
  })
  saveElsewhere({ state }, STREET, `${directory.slice(1)}/${filename}`, [
    newAnnotation({ kind: 'bbox', x: 5, y: 5, w: 50, h: 50 }, 'car', { id: 'colleague' }),
  ])
  return id
}

const archived = ({ state }: Emulator, id: string) => state.imageById(id).is_archived

/** A drop of `set/a.png` with a label, and a service that registers slowly. */
async function slowUpload(onExisting: 'skip' | 'rename' | 'replace') {
  const service = await seededEmulator()
  const { emulator } = service
  const cloud = await cloudCore(emulator)
  const folder = temporaryFolder()
  await photos(folder.path, ['set/a.png'])
  labelFile(join(folder.path, 'set/a.png.json'), 'mine')
  emulator.faults.add({ match: 'bulk-register', times: 1, fault: { kind: 'delay', ms: 400 } })
  const { transfers } = cloud.core
  const { id } = transfers.upload(target(cloud, emulator), [join(folder.path, 'set')], {
    ...KEEP,
    onExisting,
  })
  while (!emulator.requests.some(({ line }) => line.includes('bulk-register')))
    await new Promise((next) => setTimeout(next, 5))
  return {
    emulator,
    cloud,
    end: () => transfers.settled(id),
    async [Symbol.asyncDispose]() {
      await cloud[Symbol.asyncDispose]()
      await service[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    },
  }
}

test.each(['skip', 'rename', 'replace'] as const)(
  'a path that a colleague registered meanwhile is theirs: %s',
  async (onExisting) => {
    await using run = await slowUpload(onExisting)
    const { emulator } = run
    const theirs = registerElsewhere(emulator, '/set', 'a.png')
    const done = await run.end()
    expect(done.state).toBe('done')
    expect(emulator.state.annotations(theirs).map(({ id }) => id)).toEqual(['colleague'])
    const left = onExisting === 'skip'
    expect(done.files).toMatchObject({ done: left ? 0 : 1, skipped: left ? 1 : 0 })
    expect(archived(emulator, theirs)).toBe(onExisting === 'replace')
    const mine = { skip: null, rename: 'set/a (2).png', replace: 'set/a.png' }[onExisting]
    if (mine) expect(onService(emulator, STREET, mine)).toEqual([{ id: 'mine', name: 'car' }])
  },
)

test('an image that cannot be registered replaces nothing; a retry does', async () => {
  await using service = await seededEmulator()
  const { emulator } = service
  await using cloud = await cloudCore(emulator)
  using folder = temporaryFolder()
  await photos(folder.path, ['set/a.png', 'set/b/a.png'])
  const drop = join(folder.path, 'set')
  await upload(cloud, emulator, [drop])
  const { state } = emulator
  const old = state.imageAt(state.dataset(STREET), 'set/a.png').id
  const before = pathsOf(emulator)
  await writeImage(join(drop, 'a.png'), 77, 33)
  emulator.faults.add({ match: 'bulk-register', times: 1, fault: { kind: 'status', status: 403 } })
  const { transfers } = cloud.core
  const { id } = transfers.upload(target(cloud, emulator), [drop], {
    ...KEEP,
    onExisting: 'replace',
  })
  expect(await transfers.settled(id)).toMatchObject({ state: 'failed' })
  expect(pathsOf(emulator)).toEqual(before)
  expect(archived(emulator, old)).toBe(false)
  await transfers.retry(id)
  const done = await transfers.settled(id)
  expect(done).toMatchObject({ state: 'done', files: { done: 2 } })
  expect(done.report.join()).toContain('2 images were replaced: the old ones are archived')
  expect(pathsOf(emulator)).toEqual(before)
  const now = state.imageAt(state.dataset(STREET), 'set/a.png')
  expect(now).toMatchObject({ width: 77, height: 33, is_archived: false })
  // A member's key is enough, because nothing is deleted permanently.
  expect(archived(emulator, old)).toBe(true)
})

test.each([
  ['batch/images/move', 2],
  ['batch/images/delete', 1],
] as const)(
  'a replacing that breaks off at %s leaves both images, and is gone on with',
  async (match, breaks) => {
    await using service = await seededEmulator()
    const { emulator } = service
    await using cloud = await cloudCore(emulator)
    using folder = temporaryFolder()
    await photos(folder.path, ['set/a.png'])
    const drop = join(folder.path, 'set')
    await upload(cloud, emulator, [drop])
    const { state } = emulator
    const old = state.imageAt(state.dataset(STREET), 'set/a.png').id
    for (const after of [0, 1])
      emulator.faults.add({ match, after, times: 1, fault: { kind: 'status', status: 403 } })
    const { transfers } = cloud.core
    const options = { ...KEEP, onExisting: 'replace' as const }
    const { id } = transfers.upload(target(cloud, emulator), [drop], options)
    const files = () => state.images(state.dataset(STREET).id).filter(({ width }) => width === 40)
    for (let run = 0; run < breaks; run++) {
      await transfers.settled(id)
      expect(transfers.get(id).state).toBe('failed')
      expect(files()).toHaveLength(2)
      expect(archived(emulator, old)).toBe(false)
      await transfers.retry(id)
    }
    expect(await transfers.settled(id)).toMatchObject({ state: 'done' })
    expect(files()).toHaveLength(2)
    expect(archived(emulator, old)).toBe(true)
    expect(pathsOf(emulator).filter((path) => /^(set|incoming)/.test(path))).toEqual(['set/a.png'])
  },
)

test('labels that others drew on an uploaded image survive a retry of the upload', async () => {
  await using service = await seededEmulator()
  const { emulator } = service
  await using cloud = await cloudCore(emulator)
  using folder = temporaryFolder()
  await photos(folder.path, ['set/a.png'])
  labelFile(join(folder.path, 'set/a.png.json'), 'from-file')
  const bad = join(folder.path, 'set/bad.png')
  writeFileSync(bad, 'not an image')
  const { transfers } = cloud.core
  const { id } = transfers.upload(target(cloud, emulator), [join(folder.path, 'set')], KEEP)
  expect(await transfers.settled(id)).toMatchObject({ state: 'failed', files: { done: 1 } })
  expect(onService(emulator, STREET, 'set/a.png')).toHaveLength(1)
  const moved = newAnnotation({ kind: 'bbox', x: 5, y: 5, w: 50, h: 50 }, 'car', {
    id: 'from-file',
  })
  saveElsewhere(emulator, STREET, 'set/a.png', [moved, aBox()])
  const theirs = onService(emulator, STREET, 'set/a.png')
  writeFileSync(bad, readFileSync(join(folder.path, 'set/a.png')))
  await transfers.retry(id)
  expect(await transfers.settled(id)).toMatchObject({ state: 'done', files: { done: 2 } })
  expect(onService(emulator, STREET, 'set/a.png')).toEqual(theirs)
  // What they delete stays deleted.
  saveElsewhere(emulator, STREET, 'set/a.png', [])
  await cloud.push()
  expect(onService(emulator, STREET, 'set/a.png')).toEqual([])
})

test('labels that could not be saved are saved once by a retry, beside those of others', async () => {
  await using service = await seededEmulator()
  const { emulator } = service
  await using cloud = await cloudCore(emulator)
  using folder = temporaryFolder()
  await photos(folder.path, ['set/a.png'])
  // Without ids, so that each reading of the file makes new ones.
  writeFileSync(join(folder.path, 'set/a.txt'), '0 0.5 0.5 0.2 0.2\n')
  writeFileSync(join(folder.path, 'set/classes.txt'), 'boat\n')
  emulator.faults.add({
    match: 'annotations/bulk',
    times: 1,
    fault: { kind: 'status', status: 403 },
  })
  const { transfers } = cloud.core
  const { id } = transfers.upload(target(cloud, emulator), [join(folder.path, 'set')], KEEP)
  const failed = await transfers.settled(id)
  expect(failed.state).toBe('failed')
  expect(failed.problem).toContain('annotations of 1 image could not be saved yet: set/a.png')
  saveElsewhere(emulator, STREET, 'set/a.png', [aBox('car')])
  await transfers.retry(id)
  expect(await transfers.settled(id)).toMatchObject({ state: 'done' })
  const names = () =>
    onService(emulator, STREET, 'set/a.png')
      .map(({ name }) => name)
      .sort()
  expect(names()).toEqual(['boat', 'car'])
  await cloud.push()
  expect(names()).toEqual(['boat', 'car'])
})

test('labels of many new images cost one list page and one save per batch, not a request per image', async () => {
  await using service = await seededEmulator()
  const { emulator } = service
  emptyDataset(emulator, '11111111-1111-4111-8111-111111111111', 'many')
  await using cloud = await cloudCore(emulator, {
    dataset: 'many',
    limits: { readBatch: 2, saveBatch: 5, listFrom: 4 },
  })
  using folder = temporaryFolder()
  const names = Array.from({ length: 12 }, (_, index) => `set/${index}.png`)
  await photos(folder.path, names)
  for (const name of names) labelFile(join(folder.path, `${name}.json`), `in ${name}`)
  const done = await upload(cloud, emulator, [join(folder.path, 'set')], {}, 'many')
  expect(done.report.join()).toContain('Annotations of 12 images were sent')
  for (const name of names)
    expect(onService(emulator, 'many', name)).toEqual([{ id: `in ${name}`, name: 'car' }])
  const lines = emulator.requests.map(({ line }) => line)
  expect(lines.filter((line) => line.includes('annotations/bulk'))).toHaveLength(3)
  expect(lines.filter((line) => /annotations\/.*\/file/.test(line))).toHaveLength(0)
})

test('groups of polygons and boxes in label files survive a round trip to the service', async () => {
  await using service = await seededEmulator()
  const { emulator } = service
  await using cloud = await cloudCore(emulator)
  using folder = temporaryFolder()
  await photos(folder.path, ['set/a.png'])
  const shape = (points: number[][], shape_type: string) => ({
    label: 'ship',
    points,
    shape_type,
    group_id: 4,
    flags: {},
  })
  const shapes = [
    shape(
      [
        [1, 1],
        [9, 1],
        [9, 8],
      ],
      'polygon',
    ),
    shape(
      [
        [20, 5],
        [30, 15],
      ],
      'rectangle',
    ),
  ]
  const size = { imageHeight: 30, imageWidth: 40 }
  writeFileSync(
    join(folder.path, 'set/a.json'),
    JSON.stringify({
      version: '5.0.0',
      flags: {},
      shapes,
      imagePath: 'a.png',
      imageData: null,
      ...size,
    }),
  )
  const done = await upload(cloud, emulator, [join(folder.path, 'set')])
  expect(done).toMatchObject({ state: 'done' })
  await using other = await cloudCore(emulator)
  const image = other.core.images.findByPath(other.datasetId, 'set/a.png')
  await other.core.labelSync.read(image?.id ?? '')
  const { annotations } = other.core.edits.annotations(image?.id ?? '')
  expect(annotations.map(({ instanceId }) => instanceId)).toEqual([4, 4])
  expect(annotations.map(({ attributes }) => attributes)).toEqual([{}, {}])
})

test('labels not saved before their dataset was removed from this machine are imported again', async () => {
  await using service = await seededEmulator()
  const { emulator } = service
  await using cloud = await cloudCore(emulator)
  const { core } = cloud
  using folder = temporaryFolder()
  await photos(folder.path, ['set/a.png', 'set/b.png'])
  writeFileSync(join(folder.path, 'set/a.txt'), '0 0.5 0.5 0.2 0.2\n')
  writeFileSync(join(folder.path, 'set/b.txt'), '0 0.5 0.5 0.2 0.2\n')
  writeFileSync(join(folder.path, 'set/classes.txt'), 'boat\n')
  const { transfers } = core
  const refuse = { kind: 'status', status: 403 } as const
  emulator.faults.add({ match: 'annotations/bulk', times: 1, fault: refuse })
  const { id } = transfers.upload(target(cloud, emulator), [join(folder.path, 'set')], KEEP)
  expect((await transfers.settled(id)).problem).toContain('annotations of 2 images')
  await core.forgetDataset(cloud.datasetId)
  const names = (path: string) => onService(emulator, STREET, path).map(({ name }) => name)
  for (let run = 0; run < 2; run++) {
    await transfers.retry(id)
    expect(await transfers.settled(id)).toMatchObject({ state: 'done' })
    expect([names('set/a.png'), names('set/b.png')]).toEqual([['boat'], ['boat']])
  }
})

test('an upload that is paused while its labels are read sends them when it goes on', async () => {
  await using service = await seededEmulator()
  const { emulator } = service
  let atOpen = () => {}
  const startProcess: StartProcess = (file, args) => {
    const child = startForked(file, args)
    return {
      ...child,
      post(message) {
        child.post(message)
        if ((message as { do?: string }).do === 'open') atOpen()
      },
    }
  }
  await using cloud = await cloudCore(emulator, { ports: { startProcess } })
  using folder = temporaryFolder()
  await photos(folder.path, ['set/a.png'])
  labelFile(join(folder.path, 'set/a.png.json'), 'mine')
  const { transfers } = cloud.core
  const paused = Promise.withResolvers<void>()
  const { id } = transfers.upload(target(cloud, emulator), [join(folder.path, 'set')], KEEP)
  atOpen = () => {
    atOpen = () => {}
    transfers.pause(id).then(paused.resolve, paused.reject)
  }
  await paused.promise
  expect(transfers.get(id).state).toBe('paused')
  await transfers.resume(id)
  expect(await transfers.settled(id)).toMatchObject({ state: 'done' })
  expect(onService(emulator, STREET, 'set/a.png')).toEqual([{ id: 'mine', name: 'car' }])
})
