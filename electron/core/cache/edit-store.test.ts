import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Annotation } from '#shared/model/annotation.ts'
import { EMPTY_CHANGE_SET } from '#shared/model/change-set.ts'
import { aBox, temporaryFolder } from '#tests/helpers/core.ts'
import { openDatabase } from './database.ts'
import { DatasetRepository } from './dataset-repository.ts'
import { EditStore } from './edit-store.ts'
import { ImageRepository } from './image-repository.ts'

function open(file = ':memory:') {
  const db = openDatabase(file)
  const datasets = new DatasetRepository(db)
  const images = new ImageRepository(db)
  const edits = new EditStore(db, datasets)
  return { db, datasets, images, edits, [Symbol.dispose]: () => db.close() }
}

function withImages(file?: string) {
  const store = open(file)
  const classes = [{ name: 'car', color: '#e69f00' }]
  const { id: datasetId } = store.datasets.create({
    name: 'd',
    kind: 'folder',
    root: '/d',
    classes,
  })
  const [a, b] = store.images.upsertFiles(datasetId, [
    { path: 'a.jpg', fileSizeBytes: 1, modifiedAtMs: 1 },
    { path: 'b.jpg', fileSizeBytes: 1, modifiedAtMs: 1 },
  ])
  let n = 0
  const commit = (imageId: string, changes: Parameters<EditStore['commit']>[0]['changes']) =>
    store.edits.commit({
      commitId: `c${n++}`,
      imageId,
      changes,
      label: 'edit',
      origin: 'user',
    })
  const draw = (imageId: string, annotation: Annotation = aBox()) => {
    commit(imageId, { ...EMPTY_CHANGE_SET, created: [annotation] })
    return annotation
  }
  const list = (imageId: string) => store.edits.annotations(imageId).annotations
  return { ...store, datasetId, a: a.id, b: b.id, commit, draw, list }
}

describe('a commit', () => {
  test('with the same id a second time changes nothing', () => {
    using store = withImages()
    const commit = {
      commitId: 'x',
      imageId: store.a,
      changes: { ...EMPTY_CHANGE_SET, created: [aBox()] },
      label: '',
      origin: 'user' as const,
    }
    const first = store.edits.commit(commit)
    const again = store.edits.commit(commit)
    expect(again.effects[0].revision).toBe(first.effects[0].revision)
    expect(store.list(store.a)).toHaveLength(1)
  })

  test('based on an older state is rebased: concurrent changes stay, and deleted annotations stay deleted', () => {
    using store = withImages()
    const [kept, gone] = [store.draw(store.a), store.draw(store.a)]
    store.commit(store.a, { ...EMPTY_CHANGE_SET, deleted: [gone] })
    const renamed = { ...kept, className: 'bus' }
    store.commit(store.a, { ...EMPTY_CHANGE_SET, updated: [{ before: kept, after: renamed }] })
    // Based on the state before both.
    const moved = (annotation: Annotation) => ({
      before: annotation,
      after: { ...annotation, attributes: { seen: 'yes' } },
    })
    const { effects } = store.commit(store.a, {
      ...EMPTY_CHANGE_SET,
      updated: [moved(kept), moved(gone)],
    })
    expect(store.list(store.a)).toEqual([{ ...renamed, attributes: { seen: 'yes' } }])
    expect(effects[0].changes.updated.map(({ before }) => before)).toEqual([renamed])
  })

  test('with a missing class adds the class', () => {
    using store = withImages()
    store.draw(store.a, aBox('bus'))
    expect(store.datasets.get(store.datasetId).classes.map(({ name }) => name)).toEqual([
      'car',
      'bus',
    ])
  })
})

describe('undo and redo', () => {
  test('go back to the start and forward to the end after any edits, also after a restart', () => {
    const operation = fc.oneof(
      fc.record({ kind: fc.constant('draw' as const), image: fc.boolean() }),
      fc.record({ kind: fc.constant('move' as const), image: fc.boolean(), at: fc.nat(5) }),
      fc.record({ kind: fc.constant('delete' as const), image: fc.boolean(), at: fc.nat(5) }),
      fc.record({ kind: fc.constant('rename' as const), image: fc.boolean() }),
      fc.record({ kind: fc.constant('delete-class' as const), image: fc.boolean() }),
    )
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 14 }), (operations) => {
        using folder = temporaryFolder()
        const file = join(folder.path, 'db.sqlite')
        using store = withImages(file)
        let renames = 0
        for (const step of operations) {
          const { classes } = store.datasets.get(store.datasetId)
          const list = store.list(store.a)
          const target = 'at' in step ? list[step.at % Math.max(1, list.length)] : undefined
          if (step.kind === 'draw') store.draw(store.a, aBox(classes[0]?.name ?? 'car'))
          else if (step.kind === 'move' && target) {
            const after = { ...target, shape: aBox('', 50 + renames++).shape }
            store.commit(store.a, { ...EMPTY_CHANGE_SET, updated: [{ before: target, after }] })
          } else if (step.kind === 'delete' && target)
            store.commit(store.a, { ...EMPTY_CHANGE_SET, deleted: [target] })
          else if (step.kind === 'rename' && classes[0])
            store.edits.editClasses(store.datasetId, `r${renames}`, {
              kind: 'rename',
              from: classes[0].name,
              to: `n${renames++}`,
            })
          else if (step.kind === 'delete-class' && classes[0])
            store.edits.editClasses(store.datasetId, `d${renames++}`, {
              kind: 'delete',
              name: classes[0].name,
            })
        }
        const sorted = (list: Annotation[]) => list.toSorted((x, y) => (x.id < y.id ? -1 : 1))
        const end = sorted(store.list(store.a))
        using later = open(file)
        let undone = 0
        while (later.edits.undo(store.a, `u${undone}`)) undone++
        expect(later.edits.annotations(store.a).annotations).toEqual([])
        for (let i = 0; i < undone; i++) expect(later.edits.redo(store.a, `v${i}`)).not.toBeNull()
        expect(later.edits.redo(store.a, 'none')).toBeNull()
        expect(sorted(later.edits.annotations(store.a).annotations)).toEqual(end)
      }),
      { numRuns: 60 },
    )
  })

  test('a deleted class comes back with its annotations on all images', () => {
    using store = withImages()
    const [first, second] = [store.draw(store.a), store.draw(store.b)]
    store.edits.editClasses(store.datasetId, 'e', { kind: 'delete', name: 'car' })
    expect([store.list(store.a), store.list(store.b)]).toEqual([[], []])
    store.edits.undo(store.b, 'u')
    expect(store.list(store.a)).toEqual([first])
    expect(store.list(store.b)).toEqual([second])
    expect(store.datasets.get(store.datasetId).classes).toEqual([{ name: 'car', color: '#e69f00' }])
  })

  test('a class edit cannot be undone after another image was edited', () => {
    using store = withImages()
    const box = store.draw(store.a)
    store.edits.editClasses(store.datasetId, 'e', { kind: 'rename', from: 'car', to: 'bus' })
    const [renamed] = store.list(store.a)
    const moved = { ...renamed, shape: aBox('', 77).shape }
    store.commit(store.a, { ...EMPTY_CHANGE_SET, updated: [{ before: renamed, after: moved }] })
    expect(store.edits.canUndo(store.b).undo).toBeNull()
    expect(store.edits.undo(store.b, 'u')).toBeNull()
    expect(store.list(store.a)).toEqual([moved])
    // On that image it must wait for the later edits there; then every image reaches it.
    store.edits.undo(store.a, 'u1')
    expect(store.edits.canUndo(store.b).undo).toBe('Rename class car to bus')
    store.edits.undo(store.b, 'u2')
    expect(store.list(store.a)).toEqual([box])
  })

  test('an edit of many images is undone and redone as one', () => {
    using store = withImages()
    const [one, other] = [aBox('bus'), aBox('bus')]
    const before = store.draw(store.a)
    const edits = [
      { imageId: store.a, changes: { ...EMPTY_CHANGE_SET, created: [one] } },
      { imageId: store.b, changes: { ...EMPTY_CHANGE_SET, created: [other] } },
    ]
    store.edits.commitMany(store.datasetId, 'm', 'Propagate bus', edits)
    store.edits.commitMany(store.datasetId, 'm', 'Propagate bus', edits)
    expect([store.list(store.a).length, store.list(store.b).length]).toEqual([2, 1])
    store.edits.editClasses(store.datasetId, 'c', {
      kind: 'recolor',
      name: 'bus',
      color: '#123456',
    })
    store.edits.undo(store.b, 'u1')
    store.edits.undo(store.b, 'u2')
    expect([store.list(store.a), store.list(store.b)]).toEqual([[before], []])
    store.edits.redo(store.a, 'r')
    expect([store.list(store.a), store.list(store.b)]).toEqual([[before, one], [other]])
  })

  test('renaming a joint’s class renames it in the skeletons', () => {
    using store = withImages()
    const skeleton = { nodes: [{ name: 'nose' }, { name: 'chin' }], edges: [] }
    store.edits.editClasses(store.datasetId, 'a', {
      kind: 'add',
      class: { name: 'face', color: '#00ff00', skeleton },
    })
    store.edits.editClasses(store.datasetId, 'b', {
      kind: 'add',
      class: { name: 'nose', color: '#0000ff' },
    })
    store.edits.editClasses(store.datasetId, 'r', { kind: 'rename', from: 'nose', to: 'snout' })
    const face = store.datasets.get(store.datasetId).classes.find(({ name }) => name === 'face')
    expect(face?.skeleton?.nodes.map(({ name }) => name)).toEqual(['snout', 'chin'])
  })

  test('a new edit abandons the redoable edits, but the log keeps them', () => {
    using store = withImages()
    store.draw(store.a)
    store.edits.undo(store.a, 'u')
    store.draw(store.a)
    expect(store.edits.canUndo(store.a).redo).toBeNull()
    expect(store.db.prepare('SELECT count(*) AS n FROM edit_log').get()).toEqual({ n: 2 })
  })
})

test('images are in natural order', () => {
  using store = withImages()
  const names = ['img10.jpg', 'img2.jpg', 'sub/1.jpg', 'IMG1.jpg', 'img02.jpg']
  store.images.upsertFiles(
    store.datasetId,
    names.map((path) => ({ path, fileSizeBytes: 1, modifiedAtMs: 1 })),
  )
  const order = store.images.list(store.datasetId).map(({ path }) => path)
  expect(order).toEqual([
    'a.jpg',
    'b.jpg',
    'IMG1.jpg',
    'img02.jpg',
    'img2.jpg',
    'img10.jpg',
    'sub/1.jpg',
  ])
})

test('the history comes in pages, and gives the number of steps to any entry', () => {
  using store = withImages()
  for (let edit = 0; edit < 7; edit++) store.draw(store.a)
  store.draw(store.b)
  const all = store.edits.history(store.a, 100)
  expect(all).toHaveLength(7)
  const page = store.edits.history(store.a, 3)
  const next = store.edits.history(store.a, 100, page[2].seq)
  expect([...page, ...next]).toEqual(all)
  expect(store.edits.stepsTo(store.a, 0)).toEqual({ back: 7, forward: 0 })
  for (let step = 0; step < 4; step++) store.edits.undo(store.a, `u${step}`)
  expect(store.edits.stepsTo(store.a, all[0].seq)).toEqual({ back: 0, forward: 4 })
  expect(store.edits.stepsTo(store.a, all[5].seq)).toEqual({ back: 1, forward: 0 })
  expect(store.edits.stepsTo(store.a, 0)).toEqual({ back: 3, forward: 0 })
})

test('an edit writes few pages, because that is most of what it costs', () => {
  using folder = temporaryFolder()
  using store = withImages(join(folder.path, 'x.sqlite'))
  const frames = () => {
    const [wal] = store.db.pragma('wal_checkpoint(NOOP)') as [{ log: number }]
    return wal.log
  }
  store.db.pragma('wal_autocheckpoint = 0')
  const draw = () => store.draw(store.a)
  for (let n = 0; n < 500; n++) draw()
  const before = frames()
  for (let n = 0; n < 500; n++) draw()
  // Each index of annotations and of the edit log adds one.
  expect((frames() - before) / 500).toBeLessThan(11)
})

test('annotations keep their drawing order behind those of earlier versions of the app', () => {
  using store = withImages()
  const old = [aBox('car', 1), aBox('car', 2)]
  for (const [index, box] of old.entries())
    store.db
      .prepare(
        "INSERT INTO annotation (image_id, id, position, class_name, data) VALUES (?, ?, ?, 'car', ?)",
      )
      .run(store.a, box.id, index + 1, JSON.stringify(box))
  const made = [aBox('car', 3), aBox('car', 4), aBox('car', 5)]
  store.commit(store.a, { ...EMPTY_CHANGE_SET, created: made.slice(0, 2) })
  store.commit(store.a, { ...EMPTY_CHANGE_SET, created: made.slice(2) })
  expect(store.edits.annotations(store.a).annotations).toEqual([...old, ...made])
})
