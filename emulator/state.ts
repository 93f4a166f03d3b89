import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Collection } from './collection.ts'
import { Directories } from './directories.ts'
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
  /** Default: idle. */
  storage_state?: 'idle' | 'freezing' | 'restoring'
  cold_since?: string | null
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
  /** Location of its bytes: a stored object, or `made:` and a number for one that is drawn on request. */
  object: string
  created_at: string
  /** What a model detected in it. */
  auto_tags?: AutoTags
  display_name?: string
}

export interface AutoTags {
  objects: string[]
  scenes: string[]
  attributes: string[]
}

/** What the service computes from an image's annotations. */
export interface Computed {
  annotation_count: number
  /** The lowest confidence of its annotations; null without any. */
  min_confidence: number | null
}

/** The state of the emulated service: rows in SQLite, bytes in files beside it. */
export class State {
  readonly objectsDir: string
  readonly directories: Directories
  readonly #db: Database.Database

  constructor(dataDir: string) {
    this.objectsDir = join(dataDir, 'objects')
    mkdirSync(this.objectsDir, { recursive: true })
    this.#db = new Database(join(dataDir, 'service.sqlite'))
    // A test service, so speed matters more than safety.
    this.#db.pragma('journal_mode = WAL')
    this.#db.pragma('synchronous = OFF')
    this.#db.exec(`
      CREATE TABLE IF NOT EXISTS dataset (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, data TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS image (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, dataset_id TEXT NOT NULL,
        directory_path TEXT NOT NULL, filename TEXT NOT NULL, data TEXT NOT NULL,
        annotations TEXT NOT NULL DEFAULT '[]', annotation_count INTEGER NOT NULL DEFAULT 0,
        min_confidence REAL,
        UNIQUE (dataset_id, directory_path, filename));
      CREATE TABLE IF NOT EXISTS answer (key TEXT PRIMARY KEY, status INTEGER NOT NULL, body TEXT NOT NULL, at_ms INTEGER NOT NULL);
    `)
    this.directories = new Directories(this.#db)
  }

  /** Rows of one kind stored as JSON, oldest first. */
  collection<T extends { id: string }>(kind: string): Collection<T> {
    return new Collection<T>(this.#db, kind)
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

  /** Returns the number of deleted images. */
  deleteDataset(id: string): number {
    const { changes } = this.#db.prepare('DELETE FROM image WHERE dataset_id = ?').run(id)
    this.#db.prepare('DELETE FROM dataset WHERE id = ?').run(id)
    this.directories.forget(id)
    return changes
  }

  counts(datasetId: string): { images: number; complete: number; archived: number; bytes: number } {
    const row = this.#db
      .prepare<[string], { images: number; complete: number; archived: number; bytes: number }>(
        `SELECT count(*) FILTER (WHERE NOT data ->> 'is_archived') AS images,
           count(*) FILTER (WHERE data ->> 'status' = 'complete' AND NOT data ->> 'is_archived') AS complete,
           count(*) FILTER (WHERE data ->> 'is_archived') AS archived,
           coalesce(sum(data ->> 'file_size') FILTER (WHERE NOT data ->> 'is_archived'), 0) AS bytes
         FROM image WHERE dataset_id = ?`,
      )
      .get(datasetId)
    return row ?? { images: 0, complete: 0, archived: 0, bytes: 0 }
  }

  /** Number of images of all datasets, archived ones too. */
  imageTotal(): number {
    const row = this.#db.prepare<[], { total: number }>('SELECT count(*) AS total FROM image').get()
    return row?.total ?? 0
  }

  /** Newest first. */
  images(datasetId: string): (StoredImage & Computed)[] {
    return this.#db
      .prepare<[string], { data: string } & Computed>(
        `SELECT data, annotation_count, min_confidence FROM image
         WHERE dataset_id = ? ORDER BY seq DESC`,
      )
      .all(datasetId)
      .map(({ data, ...computed }) => ({ ...JSON.parse(data), ...computed }))
  }

  /** The computed fields of an image. */
  computed(imageId: string): Computed {
    const row = this.#db
      .prepare<[string], Computed>(
        'SELECT annotation_count, min_confidence FROM image WHERE id = ?',
      )
      .get(imageId)
    return row ?? { annotation_count: 0, min_confidence: null }
  }

  imageById(id: string): StoredImage {
    const row = this.#db
      .prepare<[string], { data: string }>('SELECT data FROM image WHERE id = ?')
      .get(id)
    if (!row) throw notFound('Image')
    return JSON.parse(row.data)
  }

  /** `path`: directory and file name in the dataset. */
  imageAt(dataset: StoredDataset, path: string): StoredImage {
    const slash = path.lastIndexOf('/')
    const directory = slash < 0 ? '/' : `/${path.slice(0, slash)}`
    const found = this.imageIn(dataset.id, directory, path.slice(slash + 1))
    if (!found) throw notFound(`Image '${path}'`)
    return found
  }

  imageIn(datasetId: string, directory: string, filename: string): StoredImage | undefined {
    const row = this.#db
      .prepare<[string, string, string], { data: string }>(
        'SELECT data FROM image WHERE dataset_id = ? AND directory_path = ? AND filename = ?',
      )
      .get(datasetId, directory, filename)
    return row && JSON.parse(row.data)
  }

  addImage(image: StoredImage): void {
    const { id, dataset_id, directory_path, filename } = image
    try {
      this.#db
        .prepare(
          'INSERT INTO image (id, dataset_id, directory_path, filename, data) VALUES (?, ?, ?, ?, ?)',
        )
        .run(id, dataset_id, directory_path, filename, JSON.stringify(image))
      this.directories.ensure(dataset_id, directory_path, image.created_at)
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'SQLITE_CONSTRAINT_UNIQUE')
        throw conflict(`An image named '${filename}' already exists in ${directory_path}`)
      throw error
    }
  }

  updateImage(image: StoredImage): void {
    this.#db.prepare('UPDATE image SET data = ? WHERE id = ?').run(JSON.stringify(image), image.id)
  }

  /** Updates directory and name, which are separate columns. */
  moveImage(image: StoredImage): void {
    this.#db
      .prepare('UPDATE image SET data = ?, directory_path = ?, filename = ? WHERE id = ?')
      .run(JSON.stringify(image), image.directory_path, image.filename, image.id)
    this.directories.ensure(image.dataset_id, image.directory_path, image.created_at)
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
    const lowest =
      annotations.length > 0 ? Math.min(...annotations.map((item) => item.confidence)) : null
    this.#db
      .prepare(
        'UPDATE image SET annotations = ?, annotation_count = ?, min_confidence = ? WHERE id = ?',
      )
      .run(JSON.stringify(annotations), annotations.length, lowest, imageId)
  }

  /** The first answer to an idempotency key; kept for a day. */
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

/** A free name in a directory: `a.png`, else `a-<first>.png` and so on. */
export function freeName(
  state: State,
  datasetId: string,
  directory: string,
  filename: string,
  first: number,
): string {
  const dot = filename.lastIndexOf('.')
  const [stem, ending] = dot > 0 ? [filename.slice(0, dot), filename.slice(dot)] : [filename, '']
  let name = filename
  for (let number = first; state.imageIn(datasetId, directory, name); number++)
    name = `${stem}-${number}${ending}`
  return name
}

export const newId = () => randomUUID()
export const etagOf = (bytes: Buffer) =>
  `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"`
