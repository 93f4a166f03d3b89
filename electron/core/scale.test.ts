/** What is done with all images of a dataset costs each image at 10,000 what it costs at 1,000: counted in statements and rows. */
import { expect, test, vi } from 'vitest'
import { CachedFileRepository } from '#core/cache/cached-file-repository.ts'
import { type Db, openDatabase } from '#core/cache/database.ts'
import { DatasetRepository } from '#core/cache/dataset-repository.ts'
import { EditLogPruning } from '#core/cache/edit-log-pruning.ts'
import { EditStore } from '#core/cache/edit-store.ts'
import { ImageRepository } from '#core/cache/image-repository.ts'
import { Outbox } from '#core/cache/outbox.ts'
import { RemoteRepository } from '#core/cache/remote-repository.ts'
import { RemovedDatasets } from '#core/cache/removed-datasets.ts'
import { EMPTY_CHANGE_SET } from '#shared/model/change-set.ts'
import { aBox, coreWithImages } from '#tests/helpers/core.ts'

const PAGE = 250

/** A dataset of the service with two labels on each image. */
function library(size: number) {
  const db = openDatabase(':memory:')
  const datasets = new DatasetRepository(db)
  const remotes = new RemoteRepository(db)
  db.prepare(
    `INSERT INTO account (id, base_url, organization_id, organization, created_at_ms)
     VALUES ('a', 'u', 'o', 'o', 1)`,
  ).run()
  const classes = ['car', 'bus'].map((name) => ({ name, color: '#e69f00' }))
  const { id } = datasets.create({ name: 'x', kind: 'remote', root: '/x', classes })
  remotes.link(id, 'a', 'remote-x')
  const page = (start: number) =>
    Array.from({ length: PAGE }, (_, k) => ({
      remoteId: `00000000-0000-4000-8000-${String(start + k).padStart(12, '0')}`,
      path: `cam/frame_${start + k}.jpg`,
      sizeBytes: 300_000,
      createdAtMs: 1,
      width: 1920,
      height: 1080,
      stage: 'new' as const,
      split: null,
      tags: [],
      annotationCount: 2,
      thumbnailUrl: null,
    }))
  const list = () => {
    for (let start = 0; start < size; start += PAGE) remotes.listed.upsert(id, page(start))
  }
  list()
  const insert = db.prepare(
    'INSERT INTO annotation (image_id, id, position, class_name, data) VALUES (?, ?, ?, ?, ?)',
  )
  const ids = db
    .prepare<[], { id: string }>('SELECT id FROM image ORDER BY id')
    .all()
    .map((image) => image.id)
  db.transaction(() => {
    for (const image of ids)
      for (const [k, className] of ['car', 'bus'].entries()) {
        const label = aBox(className)
        insert.run(image, label.id, k, className, JSON.stringify(label))
      }
  })()
  const edits = new EditStore(db, datasets)
  const finish = () => {
    while (edits.continueBulk(id, PAGE)) {
      // The next images.
    }
  }
  return {
    db,
    remotes,
    files: new CachedFileRepository(db),
    datasets,
    images: new ImageRepository(db),
    edits,
    outbox: new Outbox(db),
    id,
    ids,
    list,
    finish,
  }
}

type Library = ReturnType<typeof library>

const OPERATIONS: Record<string, (library: Library) => void> = {
  'renaming a class': ({ edits, id, finish }) => {
    edits.editClasses(id, 'rename', { kind: 'rename', from: 'car', to: 'auto' })
    finish()
  },
  'taking that back': ({ edits, ids, finish }) => {
    edits.undo(ids[0], 'undo')
    finish()
  },
  'merging it into another': ({ edits, id, finish }) => {
    edits.editClasses(id, 'merge', { kind: 'merge', name: 'car', into: 'bus' })
    finish()
  },
  'deleting a class': ({ edits, id, finish }) => {
    edits.editClasses(id, 'delete', { kind: 'delete', name: 'bus' })
    finish()
  },
  'taking the deletion back': ({ edits, ids, finish }) => {
    edits.undo(ids[0], 'undo 2')
    finish()
  },
  'reading the list page by page': ({ images, id }) => {
    for (let after: string | null = null, isMore = true; isMore; ) {
      const page = images.page(id, after, PAGE)
      after = page.at(-1)?.path ?? null
      isMore = page.length === PAGE
    }
  },
  'listing again': ({ list }) => list(),
  'tagging all images': ({ images, ids }) => {
    for (let start = 0; start < ids.length; start += PAGE)
      images.patchTags(ids.slice(start, start + PAGE), ['night'], [])
  },
  'asking what waits': ({ outbox, id }) => {
    for (let after = 0, isMore = true; isMore; ) {
      const batch = outbox.waiting(id, 'tags', { after, limit: PAGE })
      after = batch.at(-1)?.id ?? 0
      isMore = batch.length === PAGE
    }
  },
  'making all available offline': ({ files, id, ids }) => {
    files.setKept(id, null, true)
    for (let after = '', isMore = true; isMore; ) {
      const wanted = files.wanted(id, PAGE, after)
      for (const { imageId } of wanted) {
        files.keptProgressOf(imageId)
        files.setCached(imageId, 1)
      }
      after = wanted.at(-1)?.place ?? ''
      // The last place is asked for again.
      isMore = wanted.length > 1
    }
    expect(files.keptProgress(id).total).toBe(ids.length)
  },
  'pushing the tags that wait': ({ outbox, id, ids }) => {
    let pushed = 0
    for (let after = 0, isMore = true; isMore; ) {
      const batch = outbox.waiting(id, 'tags', { after, limit: PAGE })
      for (const row of batch) if (outbox.done(row)) pushed++
      after = batch.at(-1)?.id ?? after
      isMore = batch.length === PAGE
    }
    expect(pushed).toBe(ids.length)
  },
  'following a class renamed on the service': ({ remotes, id }) => {
    for (let after: string | null = ''; after !== null; )
      after = remotes.changeBaseClass(id, { from: 'car', to: 'x', after, count: PAGE }).last
  },
  'pruning the edit log': ({ db }) => {
    const pruning = new EditLogPruning(db)
    const later = Date.now() + 30 * 24 * 3_600_000
    while (!pruning.step(PAGE, later).isOver) {
      // The next entries.
    }
  },
  'clearing the cached images': ({ files }) => {
    for (;;) {
      const batch = files.evictable(PAGE).map(({ imageId }) => imageId)
      if (batch.length === 0) return
      files.forgetCached(batch)
    }
  },
  'removing the dataset': ({ datasets, db, id }) => {
    const removed = new RemovedDatasets(db)
    datasets.remove(id)
    while (removed.step(8 * PAGE)) {
      // The next rows.
    }
  },
}

const changesOf = (db: Db) =>
  db.prepare<[], { n: number }>('SELECT total_changes() AS n').get()?.n ?? 0

/** Statements run and rows written by each operation, for each image. */
function costs(size: number): Record<string, { statements: number; rows: number }> {
  const made = library(size)
  const prepare = vi.spyOn(made.db, 'prepare')
  const result = Object.fromEntries(
    Object.entries(OPERATIONS).map(([name, operation]) => {
      const [calls, rows] = [prepare.mock.calls.length, changesOf(made.db)]
      operation(made)
      const statements = (prepare.mock.calls.length - calls) / size
      return [name, { statements, rows: (changesOf(made.db) - rows) / size }]
    }),
  )
  made.db.close()
  return result
}

test('an operation on all images costs each of 10,000 what it costs each of 1,000', {
  timeout: 60_000,
}, () => {
  const [few, many] = [costs(1_000), costs(10_000)]
  for (const name of Object.keys(OPERATIONS)) {
    expect(few[name].statements, name).toBeGreaterThan(0)
    expect(many[name].statements, name).toBeLessThanOrEqual(few[name].statements * 1.5)
    expect(many[name].rows, name).toBeLessThanOrEqual(few[name].rows * 1.5)
  }
})

test('an edit of all images is one event for the windows, however many images there are', async () => {
  await using setup = await coreWithImages(['a.png'])
  const { core, datasetId } = setup
  const images = core.images.upsertFiles(
    datasetId,
    Array.from({ length: 200 }, (_, n) => ({
      path: `${n}.jpg`,
      fileSizeBytes: 1,
      modifiedAtMs: 1,
    })),
  )
  core.images.setFacts(images.map(({ id }) => ({ id, width: 1, height: 1, problem: null })))
  for (const { id } of images)
    core.edits.commit({
      commitId: `draw ${id}`,
      imageId: id,
      changes: { ...EMPTY_CHANGE_SET, created: [aBox('car')] },
      label: 'Draw',
      origin: 'user',
    })
  const types: string[] = []
  core.events.on(({ type }) => types.push(type))
  await core.editing.editClasses(datasetId, 'e', { kind: 'rename', from: 'car', to: 'auto' })
  // What an image shows that is opened meanwhile is what it will be.
  const { annotations } = await core.editing.open(images[199].id)
  expect(annotations.map(({ className }) => className)).toEqual(['auto'])
  await core.editing.settled()
  expect(types.filter((type) => type === 'labels')).toHaveLength(1)
  expect(types).not.toContain('annotations')
  expect(types).not.toContain('images')
  expect(Object.fromEntries(core.datasets.classCounts(datasetId))).toEqual({ auto: 200 })
})
