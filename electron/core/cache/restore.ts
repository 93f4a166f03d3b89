import { copyFileSync, existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { ChangeSet } from '#shared/model/change-set.ts'
import { counted } from '#shared/model/counted.ts'
import { AnnotationRows } from './annotation-rows.ts'
import type { Db } from './database.ts'

/** The copy that the background check found to be whole. */
export const BACKUP_FILE = 'library.backup.sqlite'
/** Says that the background check found damage: the next start restores. */
export const DAMAGE_MARK = 'library.damaged'

/** SQLite's files of one database. */
const SUFFIXES = ['', '-wal', '-shm']
/** Images that are named one by one. */
const NAMED = 5

/** A connection that is only read from: the app's, or one to a copy or a damaged file. */
type Source = Pick<Database.Database, 'prepare'> & { pragma(source: string): unknown }

type Row = Record<string, string | number | null>

/** Damage that shows while a database is read through once; empty: none. Takes about a second for 500 MB. */
export function problemsOf(db: Source, depth: 'quick' | 'whole'): string[] {
  try {
    const pragma = depth === 'quick' ? 'quick_check(5)' : 'integrity_check(5)'
    const lines = db.pragma(pragma) as Record<string, string>[]
    return lines.map((line) => String(Object.values(line)[0])).filter((line) => line !== 'ok')
  } catch (error) {
    return [String(error)]
  }
}

/**
 * Puts the last whole copy in the place of a damaged library, and into it whatever newer labels can be read from the
 * damaged one: the labels of an image if they are complete, else its edits from the log. The damaged file is kept. Answers
 * what happened in words; null: there is no copy.
 */
export function restoreLibrary(
  dataDir: string,
  file: string,
  open: (file: string) => Db,
): string | null {
  const backup = join(dataDir, BACKUP_FILE)
  if (!existsSync(backup)) return null
  const taken = statSync(backup).mtime
  const damaged = join(dataDir, `library.damaged-${Date.now()}.sqlite`)
  for (const suffix of SUFFIXES)
    if (existsSync(file + suffix)) renameSync(file + suffix, damaged + suffix)
  copyFileSync(backup, file)
  const db = open(file)
  try {
    const { saved, behind } = salvage(db, damaged)
    rmSync(join(dataDir, DAMAGE_MARK), { force: true })
    const stillBehind =
      behind.length === 0
        ? ''
        : ` Some images may lack their last edits: ${behind.slice(0, NAMED).join(', ')}${behind.length > NAMED ? ' …' : ''}.`
    return `The library was damaged and has been restored from the copy of ${taken.toLocaleString()}. Newer labels of ${counted(saved, 'image')} were saved from the damaged file.${stillBehind} The damaged file is kept as ${damaged}.`
  } finally {
    db.close()
  }
}

function salvage(db: Db, damagedFile: string): { saved: number; behind: string[] } {
  const result = { saved: 0, behind: [] as string[] }
  let from: Database.Database | null = null
  try {
    from = new Database(damagedFile)
    const old = from
    db.pragma('foreign_keys = OFF')
    db.transaction(() => {
      const before = new Map(
        db
          .prepare<[], { id: string; revision: number }>('SELECT id, revision FROM image')
          .all()
          .map(({ id, revision }) => [id, revision]),
      )
      for (const table of tablesOf(db)) if (table !== 'annotation') copyNewRows(old, db, table)
      const unread = new Set(before.keys())
      for (const image of rowsOf(old, 'image')) {
        unread.delete(String(image.id))
        const known = before.get(String(image.id)) ?? -1
        if (Number(image.revision) <= known) continue
        if (takeImage(old, db, image)) result.saved++
        else {
          if (known >= 0) replay(old, db, String(image.id), known)
          result.behind.push(String(image.path))
        }
      }
      if (unread.size > 0) result.behind.push(`${unread.size} that could not be read at all`)
      // What refers to a row that could not be read.
      const violations = db.pragma('foreign_key_check') as { table: string; rowid: number | null }[]
      for (const { table, rowid } of violations)
        if (rowid !== null) db.prepare(`DELETE FROM "${table}" WHERE rowid = ?`).run(rowid)
    }).immediate()
  } catch {
    // What cannot be opened or read at all has nothing to give: the copy stands by itself.
    result.behind.push('everything since then')
  } finally {
    from?.close()
  }
  return result
}

function tablesOf(db: Db): string[] {
  return db
    .prepare<[], { name: string }>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    )
    .all()
    .map(({ name }) => name)
}

/** Rows as far as they can be read. */
function* rowsOf(db: Source, table: string): Generator<Row> {
  try {
    // The table itself: an index may be damaged alone.
    yield* db.prepare<[], Row>(`SELECT * FROM "${table}" NOT INDEXED`).all()
  } catch {
    yield* rowsOneByOne(db, table)
  }
}

function* rowsOneByOne(db: Source, table: string): Generator<Row> {
  try {
    yield* db.prepare<[], Row>(`SELECT * FROM "${table}"`).iterate()
  } catch {
    // The rest is behind the damage.
  }
}

function copyNewRows(from: Source, to: Db, table: string): void {
  for (const row of rowsOf(from, table)) {
    const names = Object.keys(row)
    const columns = names.map((name) => `"${name}"`).join(', ')
    const values = names.map(() => '?').join(', ')
    try {
      to.prepare(`INSERT OR IGNORE INTO "${table}" (${columns}) VALUES (${values})`).run(
        ...Object.values(row),
      )
    } catch {
      // A row that no longer fits its table is part of the damage.
    }
  }
}

/** The labels of an image as they are in the damaged library, if all of them are there. */
function takeImage(from: Source, to: Db, image: Row): boolean {
  try {
    const rows = from
      .prepare<[string], Row>('SELECT * FROM annotation NOT INDEXED WHERE image_id = ?')
      .all(String(image.id))
    if (rows.length !== image.annotation_count) return false
    for (const { data } of rows) JSON.parse(String(data))
    to.prepare('DELETE FROM annotation WHERE image_id = ?').run(image.id)
    const insert = to.prepare(
      'INSERT INTO annotation (image_id, id, position, class_name, data) VALUES (?, ?, ?, ?, ?)',
    )
    for (const row of rows) insert.run(row.image_id, row.id, row.position, row.class_name, row.data)
    to.prepare(
      'UPDATE image SET revision = ?, annotation_count = ?, stage = ?, split = ?, tags = ? WHERE id = ?',
    ).run(image.revision, rows.length, image.stage, image.split, image.tags, image.id)
    return true
  } catch {
    return false
  }
}

/** The edits of an image since the copy, as far as the log tells them. */
function replay(from: Source, to: Db, imageId: string, revision: number): void {
  const rows = new AnnotationRows(to)
  try {
    const entries = from
      .prepare<[string, number], { changes: string }>(
        `SELECT changes FROM edit_log NOT INDEXED
         WHERE image_id = ? AND revision > ? AND state = 'done' ORDER BY seq`,
      )
      .all(imageId, revision)
    for (const { changes } of entries) {
      const changeSet = JSON.parse(changes) as ChangeSet
      to.transaction(() => {
        rows.write(imageId, rows.touch(imageId, changeSet), changeSet)
      })()
    }
  } catch {
    // The image is told as one that may lack its last edits.
  }
}
