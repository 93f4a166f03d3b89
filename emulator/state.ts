import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { conflict, notFound } from './problems.ts'
import type { StoredAnnotation, StoredClass } from './schemas.ts'

export interface StoredDataset {
  id: string
  name: string
  description: string | null
  readme: string | null
  annotation_types: string[]
  classes: StoredClass[]
  is_archived: boolean
  archived_at: string | null
  storage_class: 'standard' | 'coldline'
  created_at: string
  updated_at: string
}

export interface StoredImage {
  id: string
  dataset_id: string
  directory_path: string
  filename: string
  status: string
  split: string | null
  tags: string[]
  file_size: number
  width: number | null
  height: number | null
  content_type: string
  is_archived: boolean
  /** Where its bytes are: a stored object, or `made:` and a number for one that is drawn when asked for. */
  object: string
  created_at: string
}

/** All that the emulated service knows: rows in SQLite, bytes in files beside it. */
export class State {
  readonly objectsDir: string
  readonly #db: Database.Database

  constructor(dataDir: string) {
    this.objectsDir = join(dataDir, 'objects')
    mkdirSync(this.objectsDir, { recursive: true })
    this.#db = new Database(join(dataDir, 'service.sqlite'))
    // A copy for tests: speed before safety.
    this.#db.pragma('journal_mode = WAL')
    this.#db.pragma('synchronous = OFF')
    this.#db.exec(`
      CREATE TABLE IF NOT EXISTS dataset (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, data TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS image (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, dataset_id TEXT NOT NULL,
        directory_path TEXT NOT NULL, filename TEXT NOT NULL, data TEXT NOT NULL,
        annotations TEXT NOT NULL DEFAULT '[]', annotation_count INTEGER NOT NULL DEFAULT 0,
        UNIQUE (dataset_id, directory_path, filename));
      CREATE TABLE IF NOT EXISTS answer (key TEXT PRIMARY KEY, status INTEGER NOT NULL, body TEXT NOT NULL, at_ms INTEGER NOT NULL);
    `)
  }

  close(): void {
    this.#db.close()
  }

  transaction<T>(work: () => T): T {
    return this.#db.transaction(work)()
  }

  datasets(): StoredDataset[] {
    return this.#db
      .prepare<[], { data: string }>('SELECT data FROM dataset ORDER BY name')
      .all()
      .map(({ data }) => JSON.parse(data))
  }

  /** By name (case-sensitive) or id. Throws a 404. */
  dataset(nameOrId: string): StoredDataset {
    const row = this.#db
      .prepare<[string, string], { data: string }>(
        'SELECT data FROM dataset WHERE name = ? OR id = ?',
      )
      .get(nameOrId, nameOrId)
    if (!row) throw notFound(`Dataset '${nameOrId}'`)
    return JSON.parse(row.data)
  }

  putDataset(dataset: StoredDataset): void {
    const taken = this.#db
      .prepare<[string, string], unknown>('SELECT 1 FROM dataset WHERE name = ? AND id <> ?')
      .get(dataset.name, dataset.id)
    if (taken) throw conflict(`A dataset named '${dataset.name}' already exists`)
    this.#db
      .prepare(
        `INSERT INTO dataset (id, name, data) VALUES (?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, data = excluded.data`,
      )
      .run(dataset.id, dataset.name, JSON.stringify(dataset))
  }

  /** Answers how many images went with it. */
  deleteDataset(id: string): number {
    const { changes } = this.#db.prepare('DELETE FROM image WHERE dataset_id = ?').run(id)
    this.#db.prepare('DELETE FROM dataset WHERE id = ?').run(id)
    return changes
  }

  counts(datasetId: string): { images: number; complete: number; archived: number; bytes: number } {
    const row = this.#db
      .prepare<[string], { images: number; complete: number; archived: number; bytes: number }>(
        `SELECT count(*) FILTER (WHERE NOT data ->> 'is_archived') AS images,
           count(*) FILTER (WHERE data ->> 'status' = 'complete') AS complete,
           count(*) FILTER (WHERE data ->> 'is_archived') AS archived,
           coalesce(sum(data ->> 'file_size'), 0) AS bytes
         FROM image WHERE dataset_id = ?`,
      )
      .get(datasetId)
    return row ?? { images: 0, complete: 0, archived: 0, bytes: 0 }
  }

  /** Newest first. */
  images(datasetId: string): (StoredImage & { annotation_count: number })[] {
    return this.#db
      .prepare<[string], { data: string; annotation_count: number }>(
        'SELECT data, annotation_count FROM image WHERE dataset_id = ? ORDER BY seq DESC',
      )
      .all(datasetId)
      .map(({ data, annotation_count }) => ({ ...JSON.parse(data), annotation_count }))
  }

  imageById(id: string): StoredImage {
    const row = this.#db
      .prepare<[string], { data: string }>('SELECT data FROM image WHERE id = ?')
      .get(id)
    if (!row) throw notFound('Image')
    return JSON.parse(row.data)
  }

  /** `path`: directory and file name below the dataset. */
  imageAt(dataset: StoredDataset, path: string): StoredImage {
    const slash = path.lastIndexOf('/')
    const directory = slash < 0 ? '/' : `/${path.slice(0, slash)}`
    const row = this.#db
      .prepare<[string, string, string], { data: string }>(
        'SELECT data FROM image WHERE dataset_id = ? AND directory_path = ? AND filename = ?',
      )
      .get(dataset.id, directory, path.slice(slash + 1))
    if (!row) throw notFound(`Image '${path}'`)
    return JSON.parse(row.data)
  }

  addImage(image: StoredImage): void {
    const { id, dataset_id, directory_path, filename } = image
    try {
      this.#db
        .prepare(
          'INSERT INTO image (id, dataset_id, directory_path, filename, data) VALUES (?, ?, ?, ?, ?)',
        )
        .run(id, dataset_id, directory_path, filename, JSON.stringify(image))
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'SQLITE_CONSTRAINT_UNIQUE')
        throw conflict(`An image named '${filename}' already exists in ${directory_path}`)
      throw error
    }
  }

  updateImage(image: StoredImage): void {
    this.#db.prepare('UPDATE image SET data = ? WHERE id = ?').run(JSON.stringify(image), image.id)
  }

  /** To another place or name; those are columns of their own. */
  moveImage(image: StoredImage): void {
    this.#db
      .prepare('UPDATE image SET data = ?, directory_path = ?, filename = ? WHERE id = ?')
      .run(JSON.stringify(image), image.directory_path, image.filename, image.id)
  }

  deleteImage(id: string): void {
    this.#db.prepare('DELETE FROM image WHERE id = ?').run(id)
  }

  annotations(imageId: string): StoredAnnotation[] {
    const row = this.#db
      .prepare<[string], { annotations: string }>('SELECT annotations FROM image WHERE id = ?')
      .get(imageId)
    return row ? JSON.parse(row.annotations) : []
  }

  setAnnotations(imageId: string, annotations: readonly StoredAnnotation[]): void {
    this.#db
      .prepare('UPDATE image SET annotations = ?, annotation_count = ? WHERE id = ?')
      .run(JSON.stringify(annotations), annotations.length, imageId)
  }

  /** The first answer to an idempotency key, for a day. */
  answerOf(key: string, nowMs: number): { status: number; body: string } | undefined {
    return this.#db
      .prepare<[string, number], { status: number; body: string }>(
        'SELECT status, body FROM answer WHERE key = ? AND at_ms > ?',
      )
      .get(key, nowMs - 86_400_000)
  }

  keepAnswer(key: string, status: number, body: string, nowMs: number): void {
    this.#db
      .prepare('INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?)')
      .run(key, status, body, nowMs)
  }
}

export const newId = () => randomUUID()
export const etagOf = (bytes: Buffer) =>
  `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"`
