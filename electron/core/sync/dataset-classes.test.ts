import { expect, test } from 'vitest'
import { cloudCore, edit, onService, saveElsewhere, seededEmulator } from '#tests/helpers/cloud.ts'
import { aBox } from '#tests/helpers/core.ts'
import { STREET } from '#tests/helpers/transfers.ts'

/** A dataset with a label of the class “person” on each of three images, in sync with the service. */
async function peopleOnStreets() {
  const service = await seededEmulator()
  const cloud = await cloudCore(service.emulator)
  const { core, datasetId } = cloud
  for (const { id, path } of cloud.list()) {
    saveElsewhere(service.emulator, STREET, path, [])
    await core.labelSync.read(id)
  }
  const images = cloud.list().slice(0, 3)
  for (const [index, { id }] of images.entries())
    edit(core, id, { created: [aBox('person', index), aBox('car', index)] })
  await cloud.push()
  let commits = 0
  return {
    emulator: service.emulator,
    cloud,
    core,
    datasetId,
    images,
    classes: () => core.datasets.get(datasetId).classes.map(({ name }) => name),
    local: (name: string) =>
      images.reduce(
        (sum, { id }) =>
          sum + core.edits.annotations(id).annotations.filter((a) => a.className === name).length,
        0,
      ),
    there: (name: string) =>
      images.reduce(
        (sum, { path }) =>
          sum + onService(service.emulator, STREET, path).filter((a) => a.name === name).length,
        0,
      ),
    editClasses: (change: Parameters<typeof core.edits.editClasses>[2]) =>
      core.publish(core.edits.editClasses(datasetId, `classes-${commits++}`, change)),
    undo: (imageId: string) => {
      const outcome = core.edits.undo(imageId, `undo-${commits++}`)
      if (outcome) core.publish(outcome)
    },
    discardFirst: () => {
      const [row] = core.outbox.list(datasetId).filter(({ kind }) => kind === 'classes')
      core.outboxView.discard(row?.id ?? -1)
    },
    waiting: () => core.outbox.list(datasetId).length,
    async [Symbol.asyncDispose]() {
      await cloud[Symbol.asyncDispose]()
      await service[Symbol.asyncDispose]()
    },
  }
}

test('discarding a class deletion restores the class and its labels, here and on the service', async () => {
  await using set = await peopleOnStreets()
  const before = set.classes()
  set.editClasses({ kind: 'delete', name: 'person' })
  expect(set.local('person')).toBe(0)
  set.discardFirst()
  expect(set.classes().sort()).toEqual(before.sort())
  expect(set.local('person')).toBe(3)
  // In sync with the service: nothing waits.
  expect(set.waiting()).toBe(0)
  await set.cloud.push()
  expect(set.there('person')).toBe(3)
})

test('discarding a rename restores the name of all labels, including those drawn since', async () => {
  await using set = await peopleOnStreets()
  set.editClasses({ kind: 'rename', from: 'person', to: 'pedestrian' })
  const [image] = set.images
  edit(set.core, image?.id ?? '', { created: [aBox('pedestrian', 30)] })
  set.discardFirst()
  expect(set.classes()).not.toContain('pedestrian')
  expect(set.local('person')).toBe(4)
  await set.cloud.push()
  expect(set.there('person')).toBe(4)
  expect(set.there('pedestrian')).toBe(0)
})

test('discarding or undoing a rename keeps later changes', async () => {
  await using set = await peopleOnStreets()
  const { core } = set
  const [image] = set.images
  const id = image?.id ?? ''
  const change = (className: string) => {
    const before = core.edits.annotations(id).annotations.find((a) => a.className !== 'car')
    if (before) edit(core, id, { updated: [{ before, after: { ...before, className } }] })
  }
  set.editClasses({ kind: 'rename', from: 'person', to: 'pedestrian' })
  change('car')
  set.discardFirst()
  expect([set.local('person'), set.local('car')]).toEqual([2, 4])
  await set.cloud.push()
  expect([set.there('person'), set.there('car')]).toEqual([2, 4])
})

test('discarding a class edit also discards its undo and redo', async () => {
  await using set = await peopleOnStreets()
  const [image] = set.images
  set.editClasses({ kind: 'delete', name: 'person' })
  set.undo(image?.id ?? '')
  expect(set.local('person')).toBe(3)
  set.discardFirst()
  expect(set.local('person')).toBe(3)
  expect(set.waiting()).toBe(0)
  await set.cloud.push()
  expect(set.there('person')).toBe(3)
})

test('an added class is discarded only if no labels use it', async () => {
  await using set = await peopleOnStreets()
  const [image] = set.images
  set.editClasses({ kind: 'add', class: { name: 'tree', color: '#009e73' } })
  const tree = aBox('tree')
  edit(set.core, image?.id ?? '', { created: [tree] })
  expect(() => set.discardFirst()).toThrow(/1 image have the class “tree”/)
  expect(set.classes()).toContain('tree')
  edit(set.core, image?.id ?? '', { deleted: [tree] })
  set.discardFirst()
  expect(set.classes()).not.toContain('tree')
})

test('a class that somebody else adds during our push stays', async () => {
  await using set = await peopleOnStreets()
  const { state } = set.emulator
  set.editClasses({ kind: 'add', class: { name: 'tree', color: '#009e73' } })
  set.emulator.faults.add({ match: 'PATCH', times: 1, fault: { kind: 'delay', ms: 300 } })
  const pushing = set.cloud.push()
  while (!set.emulator.requests.some(({ line }) => line.startsWith('PATCH')))
    await new Promise((next) => setTimeout(next, 5))
  const dataset = state.dataset(STREET)
  state.putDataset({
    ...dataset,
    classes: [...dataset.classes, { name: 'theirs', color: '#332288' }],
  })
  await pushing
  expect(state.dataset(STREET).classes.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['theirs', 'tree']),
  )
})

test('a class with labels that others drew since is deleted only after a second request', async () => {
  await using set = await peopleOnStreets()
  const { emulator, core, datasetId } = set
  const other = set.cloud.list().at(-1)
  set.editClasses({ kind: 'delete', name: 'person' })
  saveElsewhere(emulator, STREET, other?.path ?? '', [aBox('person', 7)])
  const theirs = () => onService(emulator, STREET, other?.path ?? '').length
  await set.cloud.push()
  expect(theirs()).toBe(1)
  const [row] = core.outbox.list(datasetId, 'failed')
  expect(row?.problem).toContain(
    'The service has 1 annotation of the class “person” that you have not seen',
  )
  // The local deletion is still pushed.
  expect(set.there('person')).toBe(0)
  core.outbox.retry(null)
  await set.cloud.push()
  expect(theirs()).toBe(0)
  expect(set.waiting()).toBe(0)
})
