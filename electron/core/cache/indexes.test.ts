import { basename, join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, expect, test, vi } from 'vitest'
import { cloudCore, edit, seededEmulator } from '#tests/helpers/cloud.ts'
import { aBox, coreWithImages, draw, temporaryFolder } from '#tests/helpers/core.ts'
import { DATABASE_FILE, type Db, openDatabase } from './database.ts'

/** Tables that grow with the work; only a report may scan one, never an interactive step. */
const LARGE = ['image', 'annotation', 'edit_log', 'remote_image', 'outbox', 'transfer_item']

function scansOf(db: Db, sql: string): string[] {
  const bound = sql.replaceAll(/\?|\$[a-z]\w*/gi, "'x'")
  return db
    .prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${bound}`)
    .all()
    .map(({ detail }) => detail)
    .filter((detail) => /^SCAN /.test(detail))
}

test('every foreign key has an index, so that removing a row is fast', () => {
  using folder = temporaryFolder()
  const db = openDatabase(join(folder.path, 'x.sqlite'))
  const keys = db
    .prepare<[], { child: string; column: string; parent: string }>(
      `SELECT m.name AS child, k."from" AS "column", k."table" AS parent
       FROM sqlite_schema AS m, pragma_foreign_key_list(m.name) AS k WHERE m.type = 'table'`,
    )
    .all()
  expect(keys.length).toBeGreaterThan(10)
  const bare = keys.flatMap(({ child, column }) =>
    scansOf(db, `SELECT 1 FROM "${child}" WHERE "${column}" = ?`).map(() => `${child}.${column}`),
  )
  expect(bare).toEqual([])
})

afterEach(() => vi.restoreAllMocks())

test('no query of interactive work scans a large table', async () => {
  using folder = temporaryFolder()
  const prepare = vi.spyOn(Database.prototype, 'prepare')
  {
    await using local = await coreWithImages(['a.png', 'b.png'])
    const [first] = local.list()
    draw(local.core, first.id)
    await local.core.editing.open(first.id)
    await local.core.editing.undo(first.id, 'undo')
    await local.core.editing.redo(first.id, 'redo')
    local.core.editing.history(first.id)
    local.core.facts.make([first.id], { stage: 'review', addTags: ['x'] })
    await local.core.library.list()
    await local.core.openDataset(local.datasetId)
    await local.core.library.settled(local.datasetId)
  }
  {
    await using service = await seededEmulator()
    await using cloud = await cloudCore(service.emulator)
    const [first] = cloud.list()
    await cloud.core.look(first.id)
    edit(cloud.core, first.id, { created: [aBox()] })
    cloud.core.images.patch([first.id], { stage: 'review' })
    await cloud.push()
    await cloud.core.cache.file(first.id)
    await cloud.core.cache.shrink()
  }
  const isOurs = (db: unknown) => basename((db as Database.Database).name) === DATABASE_FILE
  const asked = new Set(
    prepare.mock.calls.flatMap(([sql], call) => (isOurs(prepare.mock.contexts[call]) ? sql : [])),
  )
  prepare.mockRestore()
  expect(asked.size).toBeGreaterThan(40)
  const db = openDatabase(join(folder.path, 'x.sqlite'))
  const slow = [...asked].filter((sql) => {
    if (!/^\s*(SELECT|UPDATE|DELETE|INSERT|WITH)/i.test(sql)) return false
    return scansOf(db, sql).some((detail) =>
      LARGE.some((table) => new RegExp(`^SCAN ${table}(?! USING)\\b`).test(detail)),
    )
  })
  expect(slow).toEqual([])
})
