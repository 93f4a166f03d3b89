import { expect, test } from 'vitest'
import { cloudCore, edit, onService, saveElsewhere, seededEmulator } from '#tests/helpers/cloud.ts'
import { aBox } from '#tests/helpers/core.ts'
import { STREET } from '#tests/helpers/transfers.ts'

/** Small batches, so that a small test crosses each limit. */
const LIMITS = { readBatch: 2, saveBatch: 4, listFrom: 3 }

/** A dataset with a box on each of its images, in sync with the service. */
async function boxes() {
  const service = await seededEmulator()
  const { emulator } = service
  const cloud = await cloudCore(emulator, { limits: LIMITS })
  const images = cloud.list()
  const box = aBox()
  for (const { id, path } of images) {
    saveElsewhere(emulator, STREET, path, [{ ...box, id: `of ${path}` }])
    await cloud.core.labelSync.read(id)
  }
  return {
    emulator,
    cloud,
    core: cloud.core,
    images,
    boxOf: (path: string) => ({ ...box, id: `of ${path}` }),
    async [Symbol.asyncDispose]() {
      await cloud[Symbol.asyncDispose]()
      await service[Symbol.asyncDispose]()
    },
  }
}

test('a remote edit during earlier batches is merged, whatever its batch', async () => {
  await using set = await boxes()
  const { emulator, core, images } = set
  for (const { id, path } of images) {
    const before = set.boxOf(path)
    edit(core, id, { updated: [{ before, after: { ...before, attributes: { checked: true } } }] })
  }
  emulator.faults.add({ match: 'annotations/bulk', times: 1, fault: { kind: 'delay', ms: 400 } })
  const pushing = set.cloud.push()
  while (!emulator.requests.some(({ line }) => line.includes('annotations/bulk')))
    await new Promise((next) => setTimeout(next, 5))
  const last = images.at(-1)
  const path = last?.path ?? ''
  const moved = { kind: 'bbox' as const, x: 777, y: 5, w: 10, h: 8 }
  saveElsewhere(emulator, STREET, path, [{ ...set.boxOf(path), shape: moved }])
  await pushing
  const { state } = emulator
  const [there] = state.annotations(state.imageAt(state.dataset(STREET), path).id)
  expect(there).toMatchObject({ bounding_box: { x: 777 }, attributes: { checked: true } })
  const [here] = core.edits.annotations(last?.id ?? '').annotations
  expect(here).toMatchObject({ shape: moved, attributes: { checked: true } })
  expect(core.outbox.list(set.cloud.datasetId)).toEqual([])
})

test.each([
  ['the list of images', 'GET .*/images/\\?'],
  ['exports', '/exports/'],
])('labels of many images are saved while %s fails', async (_name, match) => {
  await using service = await seededEmulator()
  const { emulator } = service
  await using cloud = await cloudCore(emulator, { limits: LIMITS })
  const images = cloud.list()
  expect(images.length).toBeGreaterThan(LIMITS.saveBatch * 2)
  for (const { id } of images) edit(cloud.core, id, { created: [aBox('car', 70)] })
  emulator.faults.add({ match, times: 1_000, fault: { kind: 'status', status: 500 } })
  await cloud.push()
  expect(cloud.core.outbox.list(cloud.datasetId)).toEqual([])
})

test('labels that appear on images listed as unlabelled are kept', async () => {
  await using service = await seededEmulator()
  const { emulator } = service
  await using cloud = await cloudCore(emulator, { limits: LIMITS })
  const images = cloud.list()
  for (const { path } of images) saveElsewhere(emulator, STREET, path, [])
  for (const { id } of images) edit(cloud.core, id, { created: [aBox('car', 70)] })
  emulator.faults.add({ match: 'annotations/bulk', times: 1, fault: { kind: 'delay', ms: 300 } })
  const pushing = cloud.push()
  while (!emulator.requests.some(({ line }) => line.includes('annotations/bulk')))
    await new Promise((next) => setTimeout(next, 5))
  // The list is newest first, with one page per save, so these are on a later page.
  const { state } = emulator
  const oldest = state.images(state.dataset(STREET).id).at(-1)
  const path = images.find(({ path: one }) => one.endsWith(oldest?.filename ?? ''))?.path ?? ''
  saveElsewhere(emulator, STREET, path, [{ ...aBox('lane'), id: 'theirs' }])
  await pushing
  expect(
    onService(emulator, STREET, path)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['car', 'lane'])
})

test('one image that fails because of a bug does not stop the others, and is reported', async () => {
  await using set = await boxes()
  const { core, images, emulator } = set
  for (const { id } of images.slice(0, 4)) edit(core, id, { created: [aBox('car', 70)] })
  const broken = images[0]
  const takeIn = core.labelSync.takeIn.bind(core.labelSync)
  core.labelSync.takeIn = (imageId, theirs) => {
    if (imageId === broken?.id) throw new TypeError('a bug')
    return takeIn(imageId, theirs)
  }
  const notices: string[] = []
  core.events.on((event) => {
    if (event.type === 'notice') notices.push(event.message)
  })
  await set.cloud.push()
  expect(core.outbox.list(set.cloud.datasetId).map(({ imageId }) => imageId)).toEqual([broken?.id])
  expect(notices.join()).toContain('a bug')
  for (const { path } of images.slice(1, 4))
    expect(onService(emulator, STREET, path)).toHaveLength(2)
})
