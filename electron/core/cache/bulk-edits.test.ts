import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import type { ClassEdit } from '#shared/contract/datasets.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import { EMPTY_CHANGE_SET } from '#shared/model/change-set.ts'
import { aBox, temporaryFolder } from '#tests/helpers/core.ts'
import { openDatabase } from './database.ts'
import { DatasetRepository } from './dataset-repository.ts'
import { EditStore } from './edit-store.ts'
import { ImageRepository } from './image-repository.ts'

const IMAGES = 9

/** Images with a car, a bus and another car each. `firstImages`: how many an edit of all images does at once. */
function library(firstImages: number, file = ':memory:') {
  const db = openDatabase(file)
  const datasets = new DatasetRepository(db)
  const images = new ImageRepository(db)
  let edits = new EditStore(db, datasets, firstImages)
  const { id: datasetId } = datasets.create({
    name: 'd',
    kind: 'folder',
    root: '/d',
    classes: ['car', 'bus'].map((name) => ({ name, color: '#e69f00' })),
  })
  const ids = images
    .upsertFiles(
      datasetId,
      Array.from({ length: IMAGES }, (_, n) => ({
        path: `${n}.jpg`,
        fileSizeBytes: 1,
        modifiedAtMs: 1,
      })),
    )
    .map(({ id }) => id)
    .sort()
  let commits = 0
  const commit = (imageId: string, changes: Partial<typeof EMPTY_CHANGE_SET>) =>
    edits.commit({
      commitId: `c${commits++}`,
      imageId,
      changes: { ...EMPTY_CHANGE_SET, ...changes },
      label: 'edit',
      origin: 'user',
    })
  const named = (n: number, k: number, name: string): Annotation => ({
    ...aBox(name, 10 * k),
    id: `${n}-${k}`,
  })
  for (const [n, id] of ids.entries())
    commit(id, { created: [named(n, 0, 'car'), named(n, 1, 'bus'), named(n, 2, 'car')] })
  return {
    db,
    ids,
    datasetId,
    commit,
    images,
    edits: () => edits,
    /** As after a crash: what is not in the database is forgotten. */
    restart: () => {
      edits = new EditStore(db, datasets, firstImages)
    },
    classes: () => datasets.get(datasetId).classes.map(({ name }) => name),
    progress: () => edits.bulkProgress(datasetId),
    go: (count: number) => edits.continueBulk(datasetId, count),
    finish: (count = 2) => {
      while (edits.continueBulk(datasetId, count)) {
        // The next ones.
      }
    },
    edit: (edit: ClassEdit) => edits.editClasses(datasetId, `e${commits++}`, edit),
    undo: (imageId: string) => edits.undo(imageId, `u${commits++}`),
    redo: (imageId: string) => edits.redo(imageId, `u${commits++}`),
    /** The class of each annotation, by image, and the counts of the images. */
    state: () => ({
      labels: ids.map((id) =>
        edits
          .annotations(id)
          .annotations.map((item) => `${item.id} ${item.className}`)
          .sort(),
      ),
      counts: ids.map((id) => images.get(id).annotationCount),
    }),
    [Symbol.dispose]: () => db.close(),
  }
}

const EDITS: ClassEdit[] = [
  { kind: 'rename', from: 'car', to: 'auto' },
  { kind: 'merge', name: 'car', into: 'bus' },
  { kind: 'delete', name: 'car' },
]

/** What the edit, its undo and its redo do when all images are done at once. */
function whole(edit: ClassEdit) {
  using store = library(Number.MAX_SAFE_INTEGER)
  store.edit(edit)
  const made = store.state()
  store.undo(store.ids[4])
  const back = store.state()
  store.redo(store.ids[4])
  return { made, back, again: store.state() }
}

test.each(EDITS)('$kind in pieces, with restarts between, does what it does at once', (edit) => {
  const expected = whole(edit)
  expect(expected.again).toEqual(expected.made)
  expect(expected.back).not.toEqual(expected.made)
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 }), (first, count) => {
      using store = library(first)
      const finish = () => {
        while (store.go(count)) store.restart()
      }
      const begun = store.edit(edit)
      expect(begun.effects).toHaveLength(first)
      expect(store.state()).not.toEqual(expected.made)
      finish()
      expect(store.state()).toEqual(expected.made)
      store.undo(store.ids[4])
      finish()
      expect(store.state()).toEqual(expected.back)
      store.redo(store.ids[4])
      finish()
      expect(store.state()).toEqual(expected.made)
    }),
    { numRuns: 12 },
  )
})

test.each(EDITS)(
  '$kind that is cancelled anywhere leaves nothing behind, and so does its undo',
  (edit) => {
    const expected = whole(edit)
    const counts = { min: 1, max: 3 }
    fc.assert(
      fc.property(
        fc.integer(counts),
        fc.integer(counts),
        fc.boolean(),
        (first, count, restarts) => {
          using store = library(first)
          const cancel = () => {
            store.go(count)
            if (restarts) store.restart()
            expect(store.edits().cancelBulk(store.datasetId, `cancel ${edit.kind}`)).not.toBeNull()
            store.finish(count)
          }
          const before = store.state()
          store.edit(edit)
          cancel()
          expect(store.state()).toEqual(before)
          expect(store.classes()).toEqual(['car', 'bus'])
          // Only a part of it was made, so there is nothing to redo; made anew it is made as a whole.
          expect(store.redo(store.ids[0])).toBeNull()
          store.edit(edit)
          store.finish(count)
          expect(store.state()).toEqual(expected.made)
        },
      ),
      { numRuns: 12 },
    )
    using store = library(1)
    store.edit(edit)
    store.finish()
    store.undo(store.ids[4])
    store.go(3)
    store.edits().cancelBulk(store.datasetId, 'cancel the undo')
    store.finish()
    expect(store.state()).toEqual(expected.made)
    expect(store.classes()).not.toContain('car')
  },
)

test('how much of an edit of all images is done grows from nothing to all of it', () => {
  using store = library(1)
  const shares: number[] = []
  const walk = () => {
    for (let progress = store.progress(); progress; progress = store.progress()) {
      shares.push(progress.share)
      store.go(1)
    }
  }
  store.edit({ kind: 'delete', name: 'car' })
  walk()
  store.undo(store.ids[4])
  expect(store.progress()?.label).toBe('Undo: Delete class car')
  const half = shares.length
  walk()
  for (const part of [shares.slice(0, half), shares.slice(half)]) {
    expect(part.length).toBeGreaterThan(IMAGES / 2)
    expect(part).toEqual(part.toSorted((a, b) => a - b))
    expect(part[0]).toBeGreaterThanOrEqual(0)
    expect(part.at(-1)).toBeGreaterThan(part[0])
    expect(part.at(-1)).toBeLessThanOrEqual(1)
  }
})

test('an image that is edited before its turn is done first, and what is drawn there since stays', () => {
  using store = library(1)
  const late = store.ids[7]
  store.edit({ kind: 'delete', name: 'car' })
  store.commit(late, { created: [{ ...aBox('car'), id: 'new' }] })
  expect(store.state().labels[7]).toEqual(['7-1 bus', 'new car'])
  store.finish()
  expect(store.state().labels[7]).toEqual(['7-1 bus', 'new car'])
  expect(store.state().labels[8]).toEqual(['8-1 bus'])
})

test('what was made on an image as it was before keeps the new class', () => {
  using store = library(1)
  const late = store.ids[7]
  const [before] = store.edits().annotations(late).annotations
  store.edit({ kind: 'rename', from: 'car', to: 'auto' })
  store.commit(late, { updated: [{ before, after: { ...before, confidence: 0.5 } }] })
  expect(store.edits().annotations(late).annotations[0]).toMatchObject({
    className: 'auto',
    confidence: 0.5,
  })
})

test('what is taken back is not taken back twice on an image that was edited before its turn', () => {
  using store = library(2)
  store.edit({ kind: 'delete', name: 'car' })
  store.finish()
  store.undo(store.ids[0])
  const [back] = store.edits().settleImage(store.ids[8])?.effects ?? []
  expect(back.changes.created).toHaveLength(2)
  store.commit(store.ids[8], { deleted: back.changes.created })
  store.finish()
  expect(store.state().labels[8]).toEqual(['8-1 bus'])
  expect(store.state().labels[7]).toEqual(['7-0 car', '7-1 bus', '7-2 car'])
})

test('an undo looks at the image on which it was asked for first', () => {
  using store = library(1)
  store.edit({ kind: 'rename', from: 'car', to: 'auto' })
  store.finish()
  const outcome = store.undo(store.ids[6])
  expect(outcome?.bulk).toBe('part')
  expect(store.state().labels[6]).toEqual(['6-0 car', '6-1 bus', '6-2 car'])
})

test('another edit of the classes waits for none: the first is done before it', () => {
  using store = library(1)
  store.edit({ kind: 'rename', from: 'car', to: 'auto' })
  store.edit({ kind: 'rename', from: 'auto', to: 'vehicle' })
  store.finish()
  expect(
    store
      .state()
      .labels.flat()
      .filter((label) => label.endsWith('vehicle')),
  ).toHaveLength(18)
})

test('a damaged label stays as it is and keeps no other', () => {
  using store = library(1)
  store.db.prepare(`UPDATE annotation SET data = '{' WHERE id IN ('0-0', '5-0')`).run()
  store.edit({ kind: 'rename', from: 'car', to: 'auto' })
  store.finish()
  const renamed = store.db
    .prepare<[], { n: number }>(`SELECT count(*) AS n FROM annotation WHERE class_name = 'auto'`)
    .get()
  expect(renamed?.n).toBe(16)
})

/** Statements that `work` runs. */
function statements(db: ReturnType<typeof openDatabase>, work: () => void): number {
  const prepare = vi.spyOn(db, 'prepare')
  work()
  return prepare.mock.calls.length
}

test('a piece costs as many statements with five images as with one', () => {
  const counts = [1, 5].map((count) => {
    using store = library(1)
    store.edit({ kind: 'rename', from: 'car', to: 'auto' })
    return statements(store.db, () => store.go(count))
  })
  expect(counts[0]).toBeGreaterThan(0)
  expect(counts[1]).toBe(counts[0])
})

test('a library that was closed in between goes on from its file', () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'library.sqlite')
  const store = library(2, file)
  store.edit({ kind: 'rename', from: 'car', to: 'auto' })
  store.go(2)
  store.db.close()
  const db = openDatabase(file)
  const edits = new EditStore(db, new DatasetRepository(db))
  expect(edits.bulkDatasets()).toEqual([store.datasetId])
  while (edits.continueBulk(store.datasetId, 3)) {
    // The next ones.
  }
  const left = db.prepare(`SELECT 1 FROM annotation WHERE class_name = 'car'`).all()
  expect(left).toEqual([])
  db.close()
})
