import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cloudCore, edit, onService, seededEmulator } from '#tests/helpers/cloud.ts'
import { aBox, temporaryFolder, writeImage } from '#tests/helpers/core.ts'
import { photos, STREET, upload } from '#tests/helpers/transfers.ts'

test('a replacement image takes the name, and later changes reach it', async () => {
  await using service = await seededEmulator()
  const { emulator } = service
  await using cloud = await cloudCore(emulator)
  const { core, datasetId } = cloud
  using folder = temporaryFolder()
  const drop = join(folder.path, 'set')
  const read = async () => {
    await core.remoteDatasets.settled(datasetId)
    core.remoteDatasets.refreshImages(datasetId)
    await core.remoteDatasets.settled(datasetId)
  }
  await photos(folder.path, ['set/a.png'])
  await upload(cloud, emulator, [drop])
  await read()
  const old = core.images.findByPath(datasetId, 'set/a.png')
  edit(core, old?.id ?? '', { created: [aBox()] })
  await writeImage(join(drop, 'a.png'), 60, 60)
  await upload(cloud, emulator, [drop], { onExisting: 'replace' })
  await read()
  const now = core.images.findByPath(datasetId, 'set/a.png')
  expect(now).toMatchObject({ width: 60, missing: false })
  // Labels drawn on the old image stay with it.
  expect(core.edits.annotations(old?.id ?? '').annotations).toHaveLength(1)
  core.images.patch([now?.id ?? ''], { split: 'train', stage: 'review' })
  await cloud.push()
  const there = emulator.state.imageAt(emulator.state.dataset(STREET), 'set/a.png')
  expect(there).toMatchObject({ split: 'train', status: 'review', width: 60 })
  expect(onService(emulator, STREET, 'set/a.png')).toEqual([])
})

test('a split reaches the image it was set for, even after another image took its path', async () => {
  await using service = await seededEmulator()
  const { emulator } = service
  const { state } = emulator
  await using cloud = await cloudCore(emulator)
  const [image, other] = cloud.list()
  cloud.core.images.patch([image?.id ?? ''], { split: 'test' })
  const there = (path = '') => state.imageAt(state.dataset(STREET), path)
  const [one, two] = [there(image?.path), there(other?.path)]
  state.moveImage({ ...one, directory_path: '/moved' })
  state.moveImage({ ...two, directory_path: one.directory_path, filename: one.filename })
  await cloud.push()
  expect(state.imageById(one.id).split).toBe('test')
  expect(state.imageById(two.id).split).toBe(two.split)
})

test('an image that a list page skipped because others were archived meanwhile is not marked missing', async () => {
  await using service = await seededEmulator()
  const { emulator } = service
  const { state } = emulator
  await using cloud = await cloudCore(emulator)
  const { core, datasetId } = cloud
  const [image, archived] = cloud.list()
  const found = (path = '') => state.imageAt(state.dataset(STREET), path)
  const stored = found(archived?.path)
  // Simulates an image that moved to an earlier page: the list lacks it, but it exists.
  const hidden = found(image?.path)
  state.updateImage({ ...hidden, is_archived: true })
  emulator.faults.add({ match: 'GET .*/metadata', times: 1, fault: { kind: 'delay', ms: 300 } })
  core.remoteDatasets.refreshImages(datasetId)
  while (!emulator.requests.some(({ line }) => line.includes('/metadata')))
    await new Promise((next) => setTimeout(next, 5))
  state.updateImage(hidden)
  state.updateImage({ ...stored, is_archived: true })
  await core.remoteDatasets.settled(datasetId)
  expect(core.images.get(image?.id ?? '').missing).toBe(false)
  core.remoteDatasets.refreshImages(datasetId)
  await core.remoteDatasets.settled(datasetId)
  expect(core.images.get(archived?.id ?? '').missing).toBe(true)
})
