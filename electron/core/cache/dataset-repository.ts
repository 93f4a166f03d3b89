import { UserError } from '#core/user-error.ts'
import { newId } from '#shared/model/annotation.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import { type Dataset, type LabelFiles, labelFilesSchema } from '#shared/model/dataset.ts'
import { mendClasses } from '#shared/model/mend-classes.ts'
import { applyClassOps, type ClassOp } from './class-ops.ts'
import type { Db } from './database.ts'
import { type EditRef, Outbox } from './outbox.ts'
import { storedAs, storedJson } from './stored-json.ts'

interface Row {
  id: string
  name: string
  kind: Dataset['kind']
  root: string
  classes: string
  label_files: string | null
  assist_account_id: string | null
  last_opened_at_ms: number
  account_id: string | null
  organization: string
  remote_id: string
  is_archived: number
  is_cold: number
}

/** A dataset as stored; the library checks whether its folder exists. */
export type StoredDataset = Omit<
  Dataset,
  'missing' | 'imageCount' | 'annotatedCount' | 'remote'
> & {
  remote: Pick<
    RemoteDataset,
    'accountId' | 'organization' | 'remoteId' | 'isArchived' | 'isCold'
  > | null
}
type RemoteDataset = NonNullable<Dataset['remote']>

/** The `kind` of a removed dataset whose rows must still be deleted. */
export const REMOVED = 'removed'

const SELECT = `SELECT dataset.id, name, kind, root, classes, label_files, assist_account_id, last_opened_at_ms,
  account_id, organization, remote_id, is_archived, is_cold
  FROM dataset LEFT JOIN remote_dataset ON dataset_id = dataset.id LEFT JOIN account ON account.id = account_id`

function gone(): UserError {
  return new UserError(
    'dataset_gone',
    'This dataset is no longer in the library. Open its folder again.',
  )
}

/** Parsed class lists by dataset: each edit asks for the classes several times, and they seldom change. */
class ParsedClasses {
  readonly #known = new Map<string, { text: string; classes: AnnotationClass[] }>()

  of(id: string, text: string): AnnotationClass[] {
    const known = this.#known.get(id)
    if (known?.text === text) return known.classes
    const classes = mendClasses(storedJson(text))
    this.#known.set(id, { text, classes })
    return classes
  }
}

function fromRow(row: Row, parsed: ParsedClasses): StoredDataset {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    root: row.root,
    classes: parsed.of(row.id, row.classes),
    labelFiles: storedAs(row.label_files, labelFilesSchema, null),
    assistAccountId: row.assist_account_id,
    lastOpenedAtMs: row.last_opened_at_ms,
    remote:
      row.account_id === null
        ? null
        : {
            accountId: row.account_id,
            organization: row.organization,
            remoteId: row.remote_id,
            isArchived: row.is_archived === 1,
            isCold: row.is_cold === 1,
          },
  }
}

export class DatasetRepository {
  readonly #db: Db
  readonly #parsed = new ParsedClasses()

  constructor(db: Db) {
    this.#db = db
  }

  /** Runs several writes in one transaction. */
  together<T>(work: () => T): T {
    return this.#db.transaction(work).immediate()
  }

  /** Most recently opened first. */
  list(): StoredDataset[] {
    return this.#db
      .prepare<[], Row>(`${SELECT} WHERE kind <> '${REMOVED}' ORDER BY last_opened_at_ms DESC`)
      .all()
      .map((row) => fromRow(row, this.#parsed))
  }

  find(id: string): StoredDataset | null {
    const row = this.#db
      .prepare<[string], Row>(`${SELECT} WHERE dataset.id = ? AND kind <> '${REMOVED}'`)
      .get(id)
    return row ? fromRow(row, this.#parsed) : null
  }

  /** Throws a UserError if it does not exist. */
  get(id: string): StoredDataset {
    const dataset = this.find(id)
    if (!dataset) throw gone()
    return dataset
  }

  /** The classes of a dataset, read alone because each edit needs them. Throws a UserError if it does not exist. */
  classes(id: string): AnnotationClass[] {
    const row = this.#db
      .prepare<[string], { classes: string }>(
        `SELECT classes FROM dataset WHERE id = ? AND kind <> '${REMOVED}'`,
      )
      .get(id)
    if (!row) throw gone()
    return this.#parsed.of(id, row.classes)
  }

  findByRoot(root: string): StoredDataset | null {
    const row = this.#db.prepare<[string], Row>(`${SELECT} WHERE root = ?`).get(root)
    return row ? fromRow(row, this.#parsed) : null
  }

  create(
    fields: Pick<Dataset, 'name' | 'kind' | 'root' | 'classes'>,
    id: string = newId(),
  ): StoredDataset {
    this.#db
      .prepare(
        `INSERT INTO dataset (id, name, kind, root, classes, created_at_ms, last_opened_at_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        id,
        fields.name,
        fields.kind,
        fields.root,
        JSON.stringify(fields.classes),
        Date.now(),
        Date.now(),
      )
    return this.get(id)
  }

  /** Number of unpushed changes, and how much of the dataset is on this disk. */
  remoteCounts(
    id: string,
  ): Pick<RemoteDataset, 'waiting' | 'failed' | 'conflicts' | 'cachedImages' | 'keptImages'> {
    const row = this.#db
      .prepare<
        [string, string],
        Pick<RemoteDataset, 'waiting' | 'failed' | 'conflicts' | 'cachedImages' | 'keptImages'>
      >(
        `SELECT * FROM (SELECT count(*) FILTER (WHERE state = 'waiting') AS waiting,
             count(*) FILTER (WHERE state = 'failed') AS failed,
             count(*) FILTER (WHERE state = 'conflict') AS conflicts
           FROM outbox WHERE dataset_id = ?),
         (SELECT count(*) FILTER (WHERE cached_bytes IS NOT NULL) AS cachedImages,
             count(*) FILTER (WHERE is_kept) AS keptImages FROM remote_image WHERE dataset_id = ?)`,
      )
      .get(id, id)
    if (!row) throw gone()
    return row
  }

  /** Number of present images, and of those with annotations. */
  counts(id: string): Pick<Dataset, 'imageCount' | 'annotatedCount'> {
    const row = this.#db
      .prepare<[string], Pick<Dataset, 'imageCount' | 'annotatedCount'>>(
        `SELECT count(*) AS imageCount, count(*) FILTER (WHERE is_labelled) AS annotatedCount
         FROM image WHERE dataset_id = ? AND missing = 0`,
      )
      .get(id)
    return row ?? { imageCount: 0, annotatedCount: 0 }
  }

  touch(id: string): void {
    this.#db.prepare('UPDATE dataset SET last_opened_at_ms = ? WHERE id = ?').run(Date.now(), id)
  }

  setName(id: string, name: string): void {
    this.#db.prepare('UPDATE dataset SET name = ? WHERE id = ?').run(name, id)
  }

  setRoot(id: string, root: string): void {
    this.#db.prepare('UPDATE dataset SET root = ? WHERE id = ?').run(root, id)
  }

  /** Stores a local class change; `ops` are pushed if the dataset is remote. */
  setClasses(
    id: string,
    classes: readonly AnnotationClass[],
    ops: readonly ClassOp[],
    of: EditRef | null = null,
  ): void {
    this.#db.transaction(() => {
      if (ops.length > 0) new Outbox(this.#db).queue(id, 'classes', ops, { of })
      this.takeClasses(id, classes)
    })()
  }

  addClasses(id: string, added: readonly AnnotationClass[]): void {
    const ops = added.map((item): ClassOp => ({ kind: 'add', class: item }))
    if (ops.length > 0) this.setClasses(id, applyClassOps(this.get(id).classes, ops), ops)
  }

  /** Stores the service's classes. */
  takeClasses(id: string, classes: readonly AnnotationClass[]): void {
    this.#db.prepare('UPDATE dataset SET classes = ? WHERE id = ?').run(JSON.stringify(classes), id)
  }

  setLabelFiles(id: string, labelFiles: LabelFiles | null): void {
    this.#db
      .prepare('UPDATE dataset SET label_files = ? WHERE id = ?')
      .run(labelFiles && JSON.stringify(labelFiles), id)
  }

  /** The account to which a folder's images may be sent for assisted labelling; null: none. */
  setAssistAccount(id: string, accountId: string | null): void {
    this.#db.prepare('UPDATE dataset SET assist_account_id = ? WHERE id = ?').run(accountId, id)
  }

  /**
   * Removes the dataset and all its labels from the library. Its folder is not touched and can be opened again at
   * once. `RemovedDatasets` deletes the rows.
   */
  remove(id: string): void {
    this.together(() => {
      this.#db.prepare('DELETE FROM remote_dataset WHERE dataset_id = ?').run(id)
      this.#db
        .prepare('UPDATE dataset SET kind = ?, root = ? WHERE id = ?')
        .run(REMOVED, `${REMOVED} ${id}`, id)
    })
  }

  /** Number of annotations by class. */
  classCounts(id: string): Map<string, number> {
    const rows = this.#db
      .prepare<[string], { class_name: string; n: number }>(
        `SELECT class_name, count(*) AS n FROM annotation
         JOIN image ON image.id = annotation.image_id WHERE dataset_id = ? GROUP BY class_name`,
      )
      .all(id)
    return new Map(rows.map(({ class_name, n }) => [class_name, n]))
  }
}
