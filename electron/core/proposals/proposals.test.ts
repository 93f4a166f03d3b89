import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { WhichProposals } from '#shared/contract/proposals.ts'
import { newId } from '#shared/model/annotation.ts'
import { FOUND_BY, USUAL_CHOICE } from '#shared/model/proposal.ts'
import { cloudCore, onService, seededEmulator } from '#tests/helpers/cloud.ts'
import { aBox, coreWithImages, draw, temporaryFolder } from '#tests/helpers/core.ts'
import { aDetection } from '#tests/helpers/detector.ts'

const YOLO = { model: 'yolo', version: '2' }
const ALL: WhichProposals = { kind: 'shown', skipCovered: false }

/** Two images; on the first a sure car, a dog, and a guess that nobody is shown. */
async function withProposals() {
  const setup = await coreWithImages(['a.png', 'b.png'])
  const { core, datasetId, list } = setup
  const [first, second] = list()
  const found = [aDetection('car', 0.9), aDetection('dog', 0.6, 20), aDetection('car', 0.12, 28)]
  core.proposals.save(first.id, YOLO, found, () => {})
  const ids = () => core.proposals.list(first.id).map(({ id }) => id)
  return {
    ...setup,
    first,
    second,
    ids,
    open: () =>
      core.proposals.counts(datasetId).find(({ imageId }) => imageId === first.id)?.open ?? 0,
    annotations: () => core.edits.annotations(first.id).annotations,
    settle: (action: 'accept' | 'drop', which: WhichProposals, imageIds: string[] | null = null) =>
      core.proposals.settle({ datasetId, imageIds, action, which, commitId: newId() }),
  }
}

describe('a proposal that is accepted', () => {
  test('becomes an annotation with its confidence and where it came from', async () => {
    await using setup = await withProposals()
    await setup.settle('accept', { kind: 'ids', ids: [setup.ids()[0]] })
    expect(setup.annotations()).toEqual([
      {
        id: expect.any(String),
        className: 'car',
        shape: { kind: 'bbox', x: 5, y: 5, w: 10, h: 8 },
        confidence: 0.9,
        attributes: { [FOUND_BY]: 'yolo 2' },
      },
    ])
    expect(setup.core.edits.canUndo(setup.first.id).undo).toBe('Accept car of yolo 2')
    expect(setup.open()).toBe(2)
  })

  test('is open again when that is undone, and gone when it is done again', async () => {
    await using setup = await withProposals()
    const { core, first } = setup
    await setup.settle('accept', ALL)
    expect(setup.annotations()).toHaveLength(2)
    // With the last that is shown goes the guess that nobody saw.
    expect(setup.ids()).toEqual([])
    await core.editing.undo(first.id, newId())
    expect(setup.annotations()).toEqual([])
    expect(setup.ids()).toHaveLength(3)
    expect(setup.open()).toBe(3)
    await core.editing.redo(first.id, newId())
    expect(setup.annotations()).toHaveLength(2)
    expect(setup.open()).toBe(0)
  })

  test('is one step, however many there are, and twice the same is once', async () => {
    await using setup = await withProposals()
    const { core, first, datasetId } = setup
    const ids = setup.ids()
    const once = {
      datasetId,
      imageIds: [first.id],
      action: 'accept' as const,
      which: { kind: 'ids' as const, ids },
      commitId: newId(),
    }
    await core.proposals.settle(once)
    await core.proposals.settle(once)
    expect(setup.annotations()).toHaveLength(3)
    await core.editing.undo(first.id, newId())
    expect(setup.annotations()).toEqual([])
  })

  test('gets the dataset’s class; a class that is not wanted is not accepted', async () => {
    await using setup = await withProposals()
    const { core, datasetId } = setup
    core.proposals.setChoice(datasetId, 'yolo', {
      ...USUAL_CHOICE,
      classes: { car: 'vehicle', dog: null },
    })
    await setup.settle('accept', ALL)
    expect(setup.annotations().map(({ className }) => className)).toEqual(['vehicle'])
    const { classes } = await core.library.describe(datasetId)
    expect(classes.map(({ name }) => name)).toContain('vehicle')
    expect(core.proposals.choices(datasetId).yolo.classes).toEqual({ car: 'vehicle', dog: null })
  })

  test('by class, and by confidence: only what is shown', async () => {
    await using setup = await withProposals()
    const { core, datasetId } = setup
    await setup.settle('accept', { kind: 'class', className: 'dog' })
    expect(setup.annotations().map(({ className }) => className)).toEqual(['dog'])
    core.proposals.setChoice(datasetId, 'yolo', { ...USUAL_CHOICE, confidence: 0.95 })
    expect(await setup.settle('accept', ALL)).toEqual({ images: 0, proposals: 0 })
  })

  test('over what is there already: left out when that is asked for', async () => {
    await using setup = await withProposals()
    draw(setup.core, setup.first.id, aBox('car', 6))
    await setup.settle('accept', { kind: 'shown', skipCovered: true })
    expect(setup.annotations().map(({ className }) => className)).toEqual(['car', 'dog'])
    expect(setup.open()).toBe(2)
  })

  test('a pose becomes a box and its joints as one instance, named by the class’s skeleton', async () => {
    await using setup = await withProposals()
    const { core, datasetId, second } = setup
    await core.editing.editClasses(datasetId, newId(), {
      kind: 'add',
      class: {
        name: 'person',
        color: '#e6194b',
        skeleton: { nodes: [{ name: 'head' }, { name: 'neck' }], edges: [[0, 1]] },
      },
    })
    draw(core, second.id, { ...aBox(), instanceId: 4 })
    const keypoints = [{ name: 'joint 2', index: 1, x: 3, y: 4, confidence: 0.8 }]
    core.proposals.save(second.id, YOLO, [{ ...aDetection('person'), keypoints }], () => {})
    await setup.settle('accept', ALL, [second.id])
    const made = core.edits.annotations(second.id).annotations.slice(1)
    expect(made).toMatchObject([
      { className: 'person', instanceId: 5, shape: { kind: 'bbox' } },
      { className: 'neck', instanceId: 5, shape: { kind: 'keypoint', x: 3, y: 4 } },
    ])
  })
})

describe('a proposal that is dropped', () => {
  test('is gone, is no edit of the labels, and undo brings it back', async () => {
    await using setup = await withProposals()
    const { core, first } = setup
    const before = core.edits.annotations(first.id).revision
    await setup.settle('drop', { kind: 'ids', ids: [setup.ids()[0]] })
    expect(setup.ids()).toHaveLength(2)
    expect(core.edits.annotations(first.id).revision).toBe(before)
    expect(core.edits.canUndo(first.id).undo).toBe('Drop car of yolo 2')
    await core.editing.undo(first.id, newId())
    expect(setup.ids()).toHaveLength(3)
    expect(core.edits.annotations(first.id).revision).toBe(before)
  })
})

test('a model that looks again replaces what it found and nobody decided on; another model’s stays', async () => {
  await using setup = await withProposals()
  const { core, first } = setup
  await setup.settle('accept', { kind: 'ids', ids: [setup.ids()[0]] })
  core.proposals.save(first.id, { model: 'other', version: '' }, [aDetection('cat')], () => {})
  core.proposals.save(first.id, { model: 'yolo', version: '3' }, [aDetection('dog', 0.7)], () => {})
  const open = core.proposals.list(first.id)
  expect(open.map(({ className, version }) => `${className} ${version}`)).toEqual(['cat ', 'dog 3'])
  expect(setup.annotations()).toHaveLength(1)
})

test('all images of a dataset: each a step of its own', async () => {
  await using setup = await withProposals()
  const { core, first, second } = setup
  core.proposals.save(second.id, YOLO, [aDetection('dog')], () => {})
  expect(await setup.settle('accept', ALL)).toEqual({ images: 2, proposals: 3 })
  await core.editing.undo(second.id, newId())
  expect(core.edits.annotations(second.id).annotations).toEqual([])
  expect(core.edits.annotations(first.id).annotations).toHaveLength(2)
})

describe('proposals go nowhere while they are proposals', () => {
  test('not into an export', async () => {
    await using setup = await withProposals()
    using target = temporaryFolder()
    const { core, datasetId } = setup
    const exported = async (folder: string, onlyAnnotated: boolean) => {
      const job = {
        datasetId,
        imageIds: null,
        onlyAnnotated,
        format: 'coco' as const,
        folder,
        images: 'none' as const,
        options: { clampToImage: false, vocPixelOrigin: 0 as const },
      }
      for await (const step of core.formats.export(job, undefined))
        if (step.type === 'done') return step.report
      return null
    }
    const none = await exported(join(target.path, 'before'), false)
    expect(none).toMatchObject({ images: 2, annotations: 0 })
    await expect(exported(join(target.path, 'annotated'), true)).rejects.toThrow('No image has')
    await setup.settle('accept', ALL)
    expect(await exported(join(target.path, 'after'), false)).toMatchObject({ annotations: 2 })
    const after = join(target.path, 'after')
    const names = readdirSync(after, { recursive: true, encoding: 'utf8' })
    const file = names.find((name) => name.endsWith('.json')) ?? ''
    const written = JSON.parse(readFileSync(join(after, file), 'utf8'))
    expect(written.annotations[0]).toMatchObject({
      score: 0.9,
      attributes: { [FOUND_BY]: 'yolo 2' },
    })
  })

  test('not into label files in step', async () => {
    await using setup = await withProposals()
    const { core, datasetId, folder, first } = setup
    await core.setLabelFiles(datasetId, { format: 'labelme', folder: null })
    await core.labelFiles.idle()
    const file = join(folder, 'a.json')
    await setup.settle('drop', { kind: 'ids', ids: [setup.ids()[2]] })
    core.proposals.save(first.id, YOLO, [aDetection('car', 0.8)], () => {})
    await core.labelFiles.idle()
    expect(existsSync(file)).toBe(false)
    await setup.settle('accept', ALL)
    await core.labelFiles.idle()
    expect(JSON.parse(readFileSync(file, 'utf8')).shapes).toHaveLength(1)
  })

  test('not to the service, and neither does dropping them', async () => {
    await using service = await seededEmulator()
    await using cloud = await cloudCore(service.emulator)
    const { core, datasetId, list, push } = cloud
    const [image] = list()
    await core.look(image.id)
    const before = onService(service.emulator, 'street scenes', image.path)
    core.proposals.save(image.id, YOLO, [aDetection('car', 0.9, 1), aDetection('dog')], () => {})
    const [car, dog] = core.proposals.list(image.id)
    const settle = (action: 'accept' | 'drop', id: string) =>
      core.proposals.settle({
        datasetId,
        imageIds: [image.id],
        action,
        which: { kind: 'ids', ids: [id] },
        commitId: newId(),
      })
    await settle('drop', dog.id)
    await core.editing.undo(image.id, newId())
    expect(core.outbox.list(null)).toEqual([])
    await push()
    expect(onService(service.emulator, 'street scenes', image.path)).toEqual(before)
    await settle('accept', car.id)
    await push()
    const after = onService(service.emulator, 'street scenes', image.path)
    expect(after).toHaveLength(before.length + 1)
    expect(after).toContainEqual({ id: car.id, name: 'car' })
  })
})
