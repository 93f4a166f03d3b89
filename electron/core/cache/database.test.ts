import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { toUserError } from '#core/user-error.ts'
import { EMPTY_CHANGE_SET } from '#shared/model/change-set.ts'
import {
  aBox,
  coreWithImages,
  draw,
  openCore,
  temporaryFolder,
  testPorts,
} from '#tests/helpers/core.ts'
import { DATABASE_FILE, openLibrary } from './database.ts'
import { DatasetRepository } from './dataset-repository.ts'
import { library } from './migrations/0001-library.ts'
import { MIGRATIONS } from './migrations/migrations.ts'
import { Outbox } from './outbox.ts'

describe('an unusable data folder gives an error with the reason and what to do', () => {
  test('a database from a newer version is left untouched', () => {
    using folder = temporaryFolder()
    const file = join(folder.path, DATABASE_FILE)
    const db = new Database(file)
    db.pragma('user_version = 999')
    db.close()
    expect(() => openLibrary(folder.path)).toThrow(
      /newer Pictograph Desktop.*999.*Nothing was changed/,
    )
    expect(new Database(file).pragma('user_version', { simple: true })).toBe(999)
  })

  test('two copies of the app', () => {
    using folder = temporaryFolder()
    using _first = openLibrary(folder.path)
    expect(() => openLibrary(folder.path)).toThrow(/Another Pictograph Desktop is using/)
  })

  test('closing a copy releases its lock', () => {
    using folder = temporaryFolder()
    openLibrary(folder.path)[Symbol.dispose]()
    expect(() => openLibrary(folder.path)[Symbol.dispose]()).not.toThrow()
  })

  test('a file that is not a database', () => {
    using folder = temporaryFolder()
    writeFileSync(
      join(folder.path, DATABASE_FILE),
      'not a database, but long enough to be looked at as one',
    )
    expect(() => openLibrary(folder.path)).toThrow(/damaged/)
  })

  test('a database that another program has locked', () => {
    using folder = temporaryFolder()
    openLibrary(folder.path)[Symbol.dispose]()
    const other = new Database(join(folder.path, DATABASE_FILE))
    other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    expect(() => openLibrary(folder.path)).toThrow(/locked by another program/)
    other.close()
  })
})

test('a database of the first version is upgraded with its data', () => {
  using folder = temporaryFolder()
  const file = join(folder.path, DATABASE_FILE)
  const old = new Database(file)
  old.exec(library)
  old.pragma('user_version = 1')
  old.exec(`INSERT INTO dataset VALUES ('d', 'd', 'folder', '/d', '[]', NULL, 0, 0)`)
  for (const id of ['a', 'b'])
    old.exec(`INSERT INTO image (id, dataset_id, path, sort_key, file_size_bytes, modified_at_ms)
      VALUES ('${id}', 'd', '${id}.png', '${id}', 1, 1)`)
  const draft = { tool: 'polygon', data: { points: [{ x: 1, y: 2 }] } }
  old
    .prepare('INSERT INTO image_state VALUES (?, ?, ?), (?, NULL, ?)')
    .run('a', JSON.stringify(draft), '{}', 'b', '{}')
  old.close()
  using opened = openLibrary(folder.path)
  const rows = opened.db
    .prepare<[], { drafts: string | null }>('SELECT drafts FROM image_state ORDER BY image_id')
    .all()
  expect(rows.map(({ drafts }) => drafts && JSON.parse(drafts))).toEqual([
    { polygon: { points: [{ x: 1, y: 2 }] } },
    null,
  ])
})

test('whether images have labels is counted, also in a library of before, and after each kind of change', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, DATABASE_FILE)
  const old = new Database(file)
  for (const sql of MIGRATIONS.slice(0, 17)) old.exec(sql)
  old.pragma('user_version = 17')
  old.exec(`INSERT INTO dataset (id, name, kind, root, classes, created_at_ms, last_opened_at_ms)
    VALUES ('d', 'd', 'folder', '/d', '[]', 0, 0)`)
  for (const [id, count] of Object.entries({ a: 0, b: 2 }))
    old.exec(`INSERT INTO image (id, dataset_id, path, sort_key, file_size_bytes, modified_at_ms, annotation_count)
      VALUES ('${id}', 'd', '${id}.png', '${id}', 1, 1, ${count})`)
  old.close()
  using opened = openLibrary(folder.path)
  const { db } = opened
  const counts = () => new DatasetRepository(db).counts('d')
  expect(counts()).toEqual({ imageCount: 2, annotatedCount: 1 })
  db.exec("UPDATE image SET annotation_count = 3 WHERE id = 'a'")
  expect(counts().annotatedCount).toBe(2)
  db.exec('UPDATE image SET annotation_count = annotation_count - 2')
  expect(counts().annotatedCount).toBe(1)
  db.exec(`INSERT INTO image (id, dataset_id, path, sort_key, file_size_bytes, modified_at_ms, annotation_count)
    VALUES ('c', 'd', 'c.png', 'c', 1, 1, 1)`)
  expect(counts()).toEqual({ imageCount: 3, annotatedCount: 2 })
})

test('rows that were refused before an upgrade are not retried with the key that was refused', () => {
  using folder = temporaryFolder()
  const old = new Database(join(folder.path, DATABASE_FILE))
  for (const sql of MIGRATIONS.slice(0, 17)) old.exec(sql)
  old.pragma('user_version = 17')
  old.pragma('foreign_keys = OFF')
  const insert =
    old.prepare(`INSERT INTO outbox (dataset_id, kind, state, idempotency_key, queued_at_ms)
    VALUES ('d', 'classes', ?, ?, 0)`)
  const [waiting, first, second] = ['a', 'b', 'c'].map((digit) => digit.repeat(32))
  old.exec(`INSERT INTO dataset (id, name, kind, root, classes, created_at_ms, last_opened_at_ms)
    VALUES ('d', 'd', 'remote', '/d', '[]', 0, 0)`)
  insert.run('waiting', waiting)
  insert.run('failed', first)
  insert.run('failed', second)
  old.close()
  using opened = openLibrary(folder.path)
  const keys = new Outbox(opened.db).list('d').map(({ idempotencyKey }) => idempotencyKey)
  expect(keys[0]).toBe(waiting)
  expect(new Set([...keys, first, second]).size).toBe(5)
  for (const key of keys) expect(key).toMatch(/^[0-9a-f]{32}$/)
})

test('on a full disk an edit is refused completely with a readable error, and works again when there is space', async () => {
  await using setup = await coreWithImages(['a.png'])
  const [image] = setup.list()
  draw(setup.core, image.id)
  await setup.core[Symbol.asyncDispose]()
  using library = openLibrary(setup.dataDir)
  library.db.pragma(`max_page_count = ${Number(library.db.pragma('page_count', { simple: true }))}`)
  const { EditStore } = await import('./edit-store.ts')
  const edits = new EditStore(library.db, new DatasetRepository(library.db))
  const created = Array.from({ length: 2000 }, () => aBox())
  const commit = {
    commitId: 'big',
    imageId: image.id,
    changes: { ...EMPTY_CHANGE_SET, created },
    label: '',
    origin: 'user' as const,
  }
  let message = ''
  try {
    edits.commit(commit)
  } catch (error) {
    message = toUserError(error).message
  }
  expect(message).toBe('The disk is full. Free some space')
  expect(edits.annotations(image.id)).toMatchObject({ revision: 1, annotations: [{}] })
  library.db.pragma('max_page_count = 100000')
  expect(edits.commit(commit).effects[0].revision).toBe(2)
})

test('edits survive a restart', async () => {
  await using setup = await coreWithImages(['a.png'])
  const [image] = setup.list()
  const annotation = draw(setup.core, image.id)
  await setup.core[Symbol.asyncDispose]()
  const again = openCore(testPorts(setup.dataDir))
  expect(again.edits.annotations(image.id).annotations).toEqual([annotation])
  await again[Symbol.asyncDispose]()
})
