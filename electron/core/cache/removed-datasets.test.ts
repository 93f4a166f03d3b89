import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test, vi } from 'vitest'
import { newAnnotation } from '#shared/model/annotation.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { type Db, openDatabase } from './database.ts'
import { DatasetRepository } from './dataset-repository.ts'
import { EditStore } from './edit-store.ts'
import { ImageRepository } from './image-repository.ts'
import { RemovedDatasets } from './removed-datasets.ts'

function openAll(file: string) {
  const db = openDatabase(file)
  const datasets = new DatasetRepository(db)
  return {
    db,
    datasets,
    images: new ImageRepository(db),
    edits: new EditStore(db, datasets),
    removed: new RemovedDatasets(db),
  }
}

/** A dataset whose images have two annotations each, after an edit of each and one of a class on all. */
function fill(
  { datasets, images, edits }: ReturnType<typeof openAll>,
  root: string,
  count: number,
) {
  const dataset = datasets.create({
    name: root,
    kind: 'folder',
    root,
    classes: [{ name: 'car', color: '#ff0000' }],
  })
  const files = Array.from({ length: count }, (_, n) => ({
    path: `${n}.jpg`,
    fileSizeBytes: 1,
    modifiedAtMs: 1,
  }))
  for (const { id } of images.upsertFiles(dataset.id, files))
    edits.commit({
      commitId: `draw ${id}`,
      imageId: id,
      label: 'Draw',
      origin: 'user',
      changes: {
        created: [1, 2].map((x) => newAnnotation({ kind: 'keypoint', x, y: 1 }, 'car')),
        updated: [],
        deleted: [],
      },
    })
  edits.editClasses(dataset.id, `rename ${root}`, { kind: 'rename', from: 'car', to: 'auto' })
  return dataset.id
}

const TABLES = ['dataset', 'image', 'annotation', 'edit_log']
const rowsOf = (db: Db) =>
  TABLES.map(
    (table) => db.prepare<[], { n: number }>(`SELECT count(*) AS n FROM ${table}`).get()?.n ?? 0,
  )

test('a removed dataset is gone at once and deleted in pieces, also by a later run; others stay', () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'library.sqlite')
  const first = openAll(file)
  fill(first, '/kept', 5)
  const kept = rowsOf(first.db)
  const id = fill(first, '/gone', 200)
  first.datasets.remove(id)
  expect(first.datasets.find(id)).toBeNull()
  expect(first.datasets.findByRoot('/gone')).toBeNull()
  expect(first.datasets.list().map(({ root }) => root)).toEqual(['/kept'])
  expect(first.removed.step(30)).toBe(true)
  first.db.close()

  const second = openAll(file)
  // The folder can be opened anew while the old rows are still there.
  const again = second.datasets.create({ name: 'x', kind: 'folder', root: '/gone', classes: [] })
  second.datasets.remove(again.id)
  let most = 0
  for (let isMore = true; isMore; ) {
    const before = rowsOf(second.db)
    isMore = second.removed.step(30)
    const after = rowsOf(second.db)
    most = Math.max(most, ...before.map((rows, table) => rows - after[table]))
  }
  expect(rowsOf(second.db)).toEqual(kept)
  expect(most).toBeLessThanOrEqual(30)
  second.db.close()
})

test('two datasets that are removed one during the other are deleted in pieces, beside a large one that stays', () => {
  const all = openAll(':memory:')
  const { db, datasets, removed } = all
  fill(all, '/kept', 300)
  const kept = rowsOf(db)
  const gone = [fill(all, '/a', 60), fill(all, '/b', 60)]
  // The first one is removed when the images of the second are half deleted, and is deleted before the rest of these.
  datasets.remove(gone[1])
  const imagesOf = (id: string) =>
    db.prepare('SELECT count(*) FROM image WHERE dataset_id = ?').pluck().get(id)
  while (Number(imagesOf(gone[1])) > 30) removed.step(30)
  datasets.remove(gone[0])
  let most = 0
  for (let isMore = true; isMore; ) {
    const before = rowsOf(db)
    isMore = removed.step(30)
    const after = rowsOf(db)
    most = Math.max(most, ...before.map((rows, table) => rows - after[table]))
  }
  expect(rowsOf(db)).toEqual(kept)
  expect(most).toBeLessThanOrEqual(30)
  db.close()
})

test('no step sorts the rows that are left, so that its cost does not grow with their number', () => {
  using folder = temporaryFolder()
  const all = openAll(join(folder.path, 'x.sqlite'))
  const id = fill(all, '/a', 10)
  const prepare = vi.spyOn(Database.prototype, 'prepare')
  all.datasets.remove(id)
  while (all.removed.step(5)) {
    // The next rows.
  }
  const asked = [...new Set(prepare.mock.calls.map(([sql]) => sql))]
  prepare.mockRestore()
  expect(asked.length).toBeGreaterThan(5)
  const plans = asked.flatMap((sql) =>
    all.db
      .prepare<[], { detail: string }>(
        `EXPLAIN QUERY PLAN ${sql.replaceAll(/\?|\$[a-z]\w*/gi, "'x'")}`,
      )
      .all()
      .map(({ detail }) => detail),
  )
  expect(plans.filter((detail) => detail.includes('ORDER BY'))).toEqual([])
  all.db.close()
})
