import { randomUUID } from 'node:crypto'
import type Database from 'better-sqlite3'
import { InvalidRequest } from './problems.ts'

export interface StoredDirectory {
  id: string
  dataset_id: string
  /** `/a/b`; the root has no entry. */
  full_path: string
  created_at: string
}

export const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/'
export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
export const isBelow = (path: string, ancestor: string): boolean =>
  ancestor === '/' || path === ancestor || path.startsWith(`${ancestor}/`)

/** `/a/b`, whatever slashes the input has. Throws a 422 for a path that leads out of the dataset. */
export function cleanDirectory(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..'))
    throw new InvalidRequest([{ loc: ['body', 'directory_path'], msg: 'must not contain ..' }])
  return `/${parts.join('/')}`
}

/** The directories of the datasets. They stay when their last image is removed. */
export class Directories {
  readonly #db: Database.Database
  /** Known directories, because each of thousands of images asks again. */
  readonly #known = new Set<string>()

  constructor(db: Database.Database) {
    db.exec(`CREATE TABLE IF NOT EXISTS directory (
      id TEXT PRIMARY KEY, dataset_id TEXT NOT NULL, full_path TEXT NOT NULL, created_at TEXT NOT NULL,
      UNIQUE (dataset_id, full_path))`)
    this.#db = db
  }

  /** Ordered by path. */
  all(datasetId: string): StoredDirectory[] {
    return this.#db
      .prepare<[string], StoredDirectory>(
        'SELECT * FROM directory WHERE dataset_id = ? ORDER BY full_path',
      )
      .all(datasetId)
  }

  at(datasetId: string, path: string): StoredDirectory | undefined {
    return this.#db
      .prepare<[string, string], StoredDirectory>(
        'SELECT * FROM directory WHERE dataset_id = ? AND full_path = ?',
      )
      .get(datasetId, path)
  }

  /** Creates a directory and its parents if they are missing. */
  ensure(datasetId: string, path: string, createdAt: string): void {
    const key = JSON.stringify([datasetId, path])
    if (path === '/' || this.#known.has(key)) return
    this.ensure(datasetId, parentOf(path), createdAt)
    this.#db
      .prepare('INSERT OR IGNORE INTO directory VALUES (?, ?, ?, ?)')
      .run(randomUUID(), datasetId, path, createdAt)
    this.#known.add(key)
  }

  /** Renames a directory and everything below it; ids stay. The caller moves the images. */
  rename(datasetId: string, from: string, to: string): void {
    const update = this.#db.prepare('UPDATE directory SET full_path = ? WHERE id = ?')
    for (const { id, full_path } of this.all(datasetId))
      if (isBelow(full_path, from)) update.run(to + full_path.slice(from.length), id)
    this.#known.clear()
  }

  remove(datasetId: string, path: string): void {
    this.#db
      .prepare('DELETE FROM directory WHERE dataset_id = ? AND full_path = ?')
      .run(datasetId, path)
    this.#known.clear()
  }

  forget(datasetId: string): void {
    this.#db.prepare('DELETE FROM directory WHERE dataset_id = ?').run(datasetId)
    this.#known.clear()
  }
}
