import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { makeFolderSync } from '#core/make-folder.ts'
import { makePrivateFileSync, PRIVATE_FOLDER } from '#core/private-files.ts'
import { codeOf, toUserError, UserError } from '#core/user-error.ts'
import { MIGRATIONS } from './migrations/migrations.ts'
import { DAMAGE_MARK, problemsOf, restoreLibrary } from './restore.ts'

type Driver = Database.Database

/** A connection. It prepares each statement once: for small ones that costs as much as running them. */
export class Db {
  readonly #driver: Driver
  readonly #statements = new Map<string, Database.Statement>()

  constructor(driver: Driver) {
    this.#driver = driver
  }

  readonly prepare = ((sql: string) => {
    const statement = this.#statements.get(sql) ?? this.#driver.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }) as Driver['prepare']

  readonly transaction = ((work: () => unknown) =>
    this.#driver.transaction(work)) as Driver['transaction']

  /** Runs SQL of several statements, which nothing is read from. */
  exec(sql: string): void {
    this.#driver.exec(sql)
  }

  pragma(source: string, options?: Database.PragmaOptions): unknown {
    return this.#driver.pragma(source, options)
  }

  /** Copies all pages to another file, with room for others between; `pages`: how many at a time, 0 waits. */
  async backup(file: string, pages: () => number): Promise<void> {
    await this.#driver.backup(file, { progress: pages })
  }

  close(): void {
    this.#driver.close()
  }
}

export const DATABASE_FILE = 'library.sqlite'

/** How long a statement waits for another connection, in milliseconds. */
const BUSY_TIMEOUT_MS = 2_000

function migrate(db: Db, file: string): void {
  const version = Number(db.pragma('user_version', { simple: true }))
  if (version > MIGRATIONS.length)
    throw new UserError(
      'database_newer',
      `${file} was written by a newer Pictograph Desktop (database version ${version}, this one knows ${MIGRATIONS.length}). Update the app, or set PICTOGRAPH_DATA_DIR to another folder. Nothing was changed.`,
    )
  db.transaction(() => {
    for (const sql of MIGRATIONS.slice(version)) db.exec(sql)
    db.pragma(`user_version = ${MIGRATIONS.length}`)
  }).immediate()
}

/** Opens a database file, and creates or upgrades it if needed. Throws a UserError. */
export function openDatabase(file: string): Db {
  let db: Db | null = null
  try {
    // SQLite would make it world-readable. Its journal inherits the mode.
    if (file !== ':memory:') makePrivateFileSync(file)
    db = new Db(new Database(file, { timeout: BUSY_TIMEOUT_MS }))
    // FULL: an acknowledged edit survives power loss, not only a crash of the app.
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = FULL')
    db.pragma('foreign_keys = ON')
    migrate(db, file)
    return db
  } catch (error) {
    db?.close()
    throw toUserError(error, file)
  }
}

/**
 * Runs a transaction whose work is repeated after a power loss, so it does not wait for the disk. The next
 * acknowledged edit makes it durable.
 */
export function inRepeatableTransaction<T>(db: Db, work: () => T): T {
  db.pragma('synchronous = NORMAL')
  try {
    return db.transaction(work).immediate()
  } finally {
    db.pragma('synchronous = FULL')
  }
}

/**
 * Locks the data folder for the lifetime of this process. It uses SQLite's lock on a separate file, because the
 * system releases that however the process dies. Throws a UserError if another copy of the app holds it.
 */
function lockFolder(dataDir: string): Disposable {
  const file = join(dataDir, 'lock.sqlite')
  makePrivateFileSync(file)
  const lock = new Database(file, { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    if (codeOf(error) === 'SQLITE_BUSY')
      throw new UserError(
        'folder_in_use',
        `Another Pictograph Desktop is using ${dataDir}. Use that one, close it, or set PICTOGRAPH_DATA_DIR to another folder.`,
      )
    throw error
  }
  return { [Symbol.dispose]: () => lock.close() }
}

/** Up to here a library is read through at each start, bytes: it takes less than a fifth of a second. */
const CHECKED_AT_START = 64e6

/** Opens the library, or what can be restored of a damaged one. `restored`: what the person is to know. */
function openWhole(dataDir: string): { db: Db; restored: string | null } {
  const file = join(dataDir, DATABASE_FILE)
  let problem: unknown = null
  try {
    const db = openDatabase(file)
    const isMarked = existsSync(join(dataDir, DAMAGE_MARK))
    const isSmall = statSync(file).size <= CHECKED_AT_START
    const problems = isMarked ? ['marked'] : isSmall ? problemsOf(db, 'whole') : []
    if (problems.length === 0) return { db, restored: null }
    db.close()
    problem = Object.assign(new Error(problems[0]), { code: 'SQLITE_CORRUPT' })
  } catch (error) {
    if (!(error instanceof UserError && error.reason === 'corrupt')) throw error
    problem = error
  }
  const restored = restoreLibrary(dataDir, file, openDatabase)
  // Without a copy it is told, and nothing is changed.
  if (restored === null) throw problem
  return { db: openDatabase(file), restored }
}

/** The library of a data folder, locked against other copies of the app. */
export function openLibrary(dataDir: string): { db: Db; restored: string | null } & Disposable {
  try {
    makeFolderSync(dataDir, PRIVATE_FOLDER)
    const lock = lockFolder(dataDir)
    try {
      const { db, restored } = openWhole(dataDir)
      return {
        db,
        restored,
        [Symbol.dispose]: () => {
          db.close()
          lock[Symbol.dispose]()
        },
      }
    } catch (error) {
      lock[Symbol.dispose]()
      throw error
    }
  } catch (error) {
    throw toUserError(error, dataDir)
  }
}
