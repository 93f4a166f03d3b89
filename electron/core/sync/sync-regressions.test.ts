import { describe, expect, test } from 'vitest'
import type { ClassEdit } from '#shared/contract/datasets.ts'
import { newId } from '#shared/model/annotation.ts'
import { cable } from '#tests/helpers/cable.ts'
import { cloudCore, edit, onService, seededEmulator } from '#tests/helpers/cloud.ts'
import { aBox, openCore, testPorts } from '#tests/helpers/core.ts'

const STREET = 'street scenes'
type Cloud = Awaited<ReturnType<typeof cloudCore>>

const editClasses = ({ core, datasetId }: Cloud, change: ClassEdit) =>
  core.publish(core.edits.editClasses(datasetId, newId(), change))

const undo = ({ core, list }: Cloud, imageId = list()[0].id) => {
  const outcome = core.edits.undo(imageId, newId())
  if (!outcome) return
  core.publish(outcome)
  if (outcome.turned) core.labelSync.onTurned(outcome.turned)
}

/** Two people who have both pulled the first image, which has one car. */
async function two() {
  const service = await seededEmulator()
  const { emulator } = service
  const line = await cable(emulator.url)
  const mine = await cloudCore(emulator, { baseUrl: line.url })
  const theirs = await cloudCore(emulator)
  const box = aBox('car')
  const id = mine.list()[0].id
  const { path } = mine.list()[0]
  const there = theirs.list().find((image) => image.path === path)?.id ?? ''
  await mine.core.labelSync.read(id)
  edit(mine.core, id, { created: [box] })
  await mine.push()
  await theirs.core.labelSync.read(there)
  return {
    emulator,
    line,
    mine,
    theirs,
    box,
    id,
    there,
    onService: () => onService(emulator, STREET, path),
    async [Symbol.asyncDispose]() {
      await mine[Symbol.asyncDispose]()
      await theirs[Symbol.asyncDispose]()
      await line[Symbol.asyncDispose]()
      await service[Symbol.asyncDispose]()
    },
  }
}

const change = (who: Cloud, imageId: string, fields: object) => {
  const [before] = who.core.edits.annotations(imageId).annotations
  edit(who.core, imageId, { updated: [{ before, after: { ...before, ...fields } }] })
}

describe('classes', () => {
  test('undo of a rename deletes nothing, whatever others did to the list', async () => {
    await using setup = await two()
    const { mine, theirs } = setup
    editClasses(mine, { kind: 'rename', from: 'car', to: 'vehicle' })
    await mine.push()
    editClasses(theirs, { kind: 'delete', name: 'lane' })
    await theirs.push()
    mine.core.remoteDatasets.refreshImages(mine.datasetId)
    await mine.core.remoteDatasets.settled(mine.datasetId)
    undo(mine)
    await mine.push()
    expect(setup.onService()).toMatchObject([{ name: 'car' }])
    const { classes } = setup.emulator.state.dataset(STREET)
    expect(classes.map(({ name }) => name).sort()).toEqual(['car', 'person'])
  })

  test('a colour change keeps other people’s changes of the class', async () => {
    await using setup = await two()
    const { mine, theirs, emulator } = setup
    const attributes = [{ name: 'parked', type: 'checkbox' as const }]
    editClasses(theirs, { kind: 'configure', name: 'car', attributes, skeleton: undefined })
    await theirs.push()
    editClasses(mine, { kind: 'recolor', name: 'car', color: '#123456' })
    await mine.push()
    const car = emulator.state.dataset(STREET).classes.find(({ name }) => name === 'car')
    expect(car).toMatchObject({ color: '#123456', attributes })
  })

  test('discarding a rename restores the labels’ name and unblocks the other operations', async () => {
    await using setup = await two()
    const { mine, theirs } = setup
    editClasses(theirs, { kind: 'rename', from: 'car', to: 'auto' })
    await theirs.push()
    editClasses(mine, { kind: 'rename', from: 'car', to: 'vehicle' })
    await mine.push()
    const refused = mine.core.outbox.list(null, 'failed')
    expect(refused).toMatchObject([{ kind: 'classes' }, {}].slice(0, refused.length))
    for (const { id, kind } of refused) if (kind === 'classes') mine.core.outboxView.discard(id)
    mine.core.remoteDatasets.refreshImages(mine.datasetId)
    await mine.core.remoteDatasets.settled(mine.datasetId)
    await mine.core.labelSync.read(setup.id)
    mine.core.outbox.retry(null)
    await mine.push()
    expect(setup.onService()).toMatchObject([{ name: 'auto' }])
    expect(mine.core.outbox.list(null)).toEqual([])
  })
})

describe('conflicts', () => {
  test('a resolution is pushed, although an earlier push of the same labels was answered', async () => {
    await using setup = await two()
    const { mine, theirs, emulator } = setup
    change(mine, setup.id, { className: 'person' })
    emulator.faults.add({ match: 'annotations/bulk', fault: { kind: 'lose_answer' } })
    await mine.push()
    await theirs.core.labelSync.read(setup.there)
    change(theirs, setup.there, { className: 'lane' })
    await theirs.push()
    expect(setup.onService()).toMatchObject([{ name: 'lane' }])
    await mine.core.accounts.probe(mine.account.id)
    change(mine, setup.id, { className: 'car' })
    await mine.push()
    if (mine.core.labelSync.conflicts(setup.id).length > 0)
      mine.core.labelSync.resolve(setup.id, null, 'mine', newId())
    await mine.push()
    expect(setup.onService()).toMatchObject([{ name: 'car' }])
  })

  test('“theirs” is taken for the conflicting fields only', async () => {
    await using setup = await two()
    const { mine, theirs } = setup
    change(mine, setup.id, { className: 'person', attributes: { speed: 5 }, extra: { own: {} } })
    change(theirs, setup.there, { className: 'lane' })
    await theirs.push()
    await mine.push()
    mine.core.labelSync.resolve(setup.id, null, 'theirs', newId())
    expect(mine.core.edits.annotations(setup.id).annotations).toMatchObject([
      { className: 'lane', attributes: { speed: 5 }, extra: { own: {} } },
    ])
  })

  test.each(['mine', 'theirs'] as const)(
    'undo of the decision for %s opens it again',
    async (choice) => {
      await using setup = await two()
      const { mine, theirs, id } = setup
      change(mine, id, { className: 'person' })
      change(theirs, setup.there, { className: 'lane' })
      await theirs.push()
      await mine.push()
      mine.core.labelSync.resolve(id, null, choice, newId())
      expect(mine.core.labelSync.conflicts(id)).toEqual([])
      undo(mine, id)
      expect(mine.core.labelSync.conflicts(id)).toHaveLength(1)
      expect(mine.core.edits.annotations(id).annotations).toMatchObject([{ className: 'person' }])
      await mine.push()
      expect(setup.onService()).toMatchObject([{ name: 'lane' }])
    },
  )
})

describe('pushing', () => {
  test('closing the app during a push marks nothing as refused', async () => {
    await using service = await seededEmulator()
    await using cloud = await cloudCore(service.emulator)
    for (const { id } of cloud.list()) {
      cloud.core.labelSync.takeIn(id, [])
      edit(cloud.core, id, { created: [aBox()] })
    }
    service.emulator.faults.add({ match: '/file', times: 100, fault: { kind: 'delay', ms: 200 } })
    const pushing = cloud.push()
    while (!service.emulator.requests.some(({ line }) => line.endsWith('/file')))
      await new Promise((next) => setImmediate(next))
    await cloud.core[Symbol.asyncDispose]()
    await pushing
    await using again = openCore(testPorts(cloud.dataDir))
    expect(again.outbox.list(null, 'failed')).toEqual([])
    expect(again.outbox.list(null, 'waiting')).toHaveLength(24)
  })

  test('one image that the service fails on does not stop the others', async () => {
    await using service = await seededEmulator()
    await using cloud = await cloudCore(service.emulator)
    const images = cloud.list().slice(0, 6)
    for (const { id } of images) {
      await cloud.core.labelSync.read(id)
      edit(cloud.core, id, { created: [aBox()] })
    }
    cloud.core.images.patch([images[0].id], { stage: 'complete' })
    const bad = cloud.core.remotes.find(images[2].id)?.remoteId
    service.emulator.faults.add({
      match: `${bad}/file`,
      times: 100,
      fault: { kind: 'status', status: 500 },
    })
    await cloud.push()
    expect(cloud.core.outbox.list(null)).toMatchObject([
      { imageId: images[2].id, state: 'waiting' },
    ])
  })

  test('a pull in progress does not undo what was pushed meanwhile', async () => {
    await using service = await seededEmulator()
    await using cloud = await cloudCore(service.emulator)
    const [image] = cloud.list()
    await cloud.core.labelSync.read(image.id)
    edit(cloud.core, image.id, { created: [aBox()] })
    service.emulator.faults.add({ match: '/file', fault: { kind: 'delay', ms: 300 } })
    const reading = cloud.core.labelSync.read(image.id)
    await cloud.push()
    await reading
    expect(cloud.core.edits.annotations(image.id).annotations).toHaveLength(1)
    expect(onService(service.emulator, STREET, image.path)).toHaveLength(1)
  })

  test('a used-up hourly limit is reported and delays neither the user nor closing the app', async () => {
    await using service = await seededEmulator({ hourlyLimit: 20 })
    await using cloud = await cloudCore(service.emulator)
    cloud.core.offline.keep(cloud.datasetId, null)
    await cloud.core.offline.settled(cloud.datasetId)
    const unread = cloud.list().find(({ remote }) => !remote?.isRead)
    await expect(cloud.core.look(unread?.id ?? '')).rejects.toThrow(/used up.*in \d+ min/)
    expect(cloud.core.offline.state(cloud.datasetId).state).toBe('idle')
  })

  test('a comment resolved before its push is resolved on the service', async () => {
    await using service = await seededEmulator()
    await using cloud = await cloudCore(service.emulator)
    const [image] = cloud.list()
    cloud.core.comments.add(image.id, 'some shape', 'look here')
    const [comment] = cloud.core.comments.list(image.id)
    cloud.core.comments.setResolved(comment.id, image.id, true)
    await cloud.push()
    await using other = await cloudCore(service.emulator)
    const there = other.list().find(({ path }) => path === image.path)?.id ?? ''
    other.core.comments.pull(there)
    await expect.poll(() => other.core.comments.list(there)).toMatchObject([{ isResolved: true }])
  })
})

test('labels discarded before they were ever pulled do not come back', async () => {
  await using service = await seededEmulator()
  await using cloud = await cloudCore(service.emulator)
  const [image] = cloud.list()
  edit(cloud.core, image.id, { created: [aBox()] })
  const [row] = cloud.core.outbox.list(null)
  cloud.core.outboxView.discard(row.id)
  await cloud.core.labelSync.read(image.id)
  await cloud.push()
  expect(onService(service.emulator, STREET, image.path)).toEqual([])
})

test('files stay if a list gives another size than the file has', async () => {
  await using service = await seededEmulator()
  await using cloud = await cloudCore(service.emulator)
  for (const { id } of cloud.list()) await cloud.core.cache.file(id)
  cloud.core.remoteDatasets.refreshImages(cloud.datasetId)
  await cloud.core.remoteDatasets.settled(cloud.datasetId)
  expect(cloud.list().every(({ remote }) => remote?.isCached)).toBe(true)
})
