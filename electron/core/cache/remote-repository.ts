import { z } from 'zod'
import type { Annotation } from '#shared/model/annotation.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import type { DatasetImage } from '#shared/model/dataset.ts'
import { mendClasses } from '#shared/model/mend-classes.ts'
import { type Conflict, conflictSchema } from '#shared/model/sync.ts'
import type { Db } from './database.ts'
import { ListedImages } from './listed-images.ts'
import { storedItems, storedJson, storedList } from './stored-json.ts'

/** What is known of an image on the service. */
export interface RemoteImageFacts {
  imageId: string
  datasetId: string
  remoteId: string
  /** The annotations as the service last had them; null if never pulled. */
  base: Annotation[] | null
  /** The save whose answer is missing, with its idempotency key; null if none. */
  sent: { annotations: Annotation[]; key: string } | null
  readAtMs: number
  serverCount: number
  baseCount: number | null
  stage: DatasetImage['stage']
  split: DatasetImage['split']
  tags: string[]
  thumbnailUrl: string | null
  isCached: boolean
  conflicts: Conflict[]
}

interface Row {
  image_id: string
  dataset_id: string
  remote_id: string
  base: string | null
  sent: string | null
  sent_key: string | null
  read_at_ms: number
  server_count: number
  base_count: number | null
  stage: DatasetImage['stage']
  split: DatasetImage['split']
  tags: string
  thumbnail_url: string | null
  cached_bytes: number | null
  conflicts: string | null
}

function fromRow(row: Row): RemoteImageFacts {
  const sent = storedList<Annotation>(row.sent)
  return {
    imageId: row.image_id,
    datasetId: row.dataset_id,
    remoteId: row.remote_id,
    base: storedList(row.base),
    sent: sent === null || row.sent_key === null ? null : { annotations: sent, key: row.sent_key },
    readAtMs: row.read_at_ms,
    serverCount: row.server_count,
    baseCount: row.base_count,
    stage: row.stage,
    split: row.split,
    tags: storedItems(row.tags, z.string()),
    thumbnailUrl: row.thumbnail_url,
    isCached: row.cached_bytes !== null,
    conflicts: storedItems(row.conflicts, conflictSchema),
  }
}

/** The last known state of datasets, images and labels on the service, and which files are cached. */
export class RemoteRepository {
  readonly #db: Db
  readonly listed: ListedImages

  constructor(db: Db) {
    this.#db = db
    this.listed = new ListedImages(db, this)
  }

  /** The local id of a remote dataset; null if it was never opened here. */
  datasetId(accountId: string, remoteId: string): string | null {
    const row = this.#db
      .prepare<[string, string], { dataset_id: string }>(
        'SELECT dataset_id FROM remote_dataset WHERE account_id = ? AND remote_id = ?',
      )
      .get(accountId, remoteId)
    return row?.dataset_id ?? null
  }

  datasetsOf(accountId: string): string[] {
    return this.#db
      .prepare<[string], { dataset_id: string }>(
        'SELECT dataset_id FROM remote_dataset WHERE account_id = ?',
      )
      .all(accountId)
      .map(({ dataset_id }) => dataset_id)
  }

  link(datasetId: string, accountId: string, remoteId: string): void {
    this.#db
      .prepare('INSERT INTO remote_dataset (dataset_id, account_id, remote_id) VALUES (?, ?, ?)')
      .run(datasetId, accountId, remoteId)
  }

  setState(datasetId: string, { isArchived, isCold }: { isArchived: boolean; isCold: boolean }) {
    this.#db
      .prepare('UPDATE remote_dataset SET is_archived = ?, is_cold = ? WHERE dataset_id = ?')
      .run(isArchived ? 1 : 0, isCold ? 1 : 0, datasetId)
  }

  /** When the images were last listed completely, in milliseconds since 1970; null if never. */
  listedAtMs(datasetId: string): number | null {
    const row = this.#db
      .prepare<[string], { listed_at_ms: number | null }>(
        'SELECT listed_at_ms FROM remote_dataset WHERE dataset_id = ?',
      )
      .get(datasetId)
    return row?.listed_at_ms ?? null
  }

  setListed(datasetId: string, atMs: number): void {
    this.#db
      .prepare('UPDATE remote_dataset SET listed_at_ms = ? WHERE dataset_id = ?')
      .run(atMs, datasetId)
  }

  classBase(datasetId: string): AnnotationClass[] {
    const row = this.#db
      .prepare<[string], { class_base: string }>(
        'SELECT class_base FROM remote_dataset WHERE dataset_id = ?',
      )
      .get(datasetId)
    return mendClasses(storedJson(row?.class_base))
  }

  setClassBase(datasetId: string, classes: readonly AnnotationClass[]): void {
    this.#db
      .prepare('UPDATE remote_dataset SET class_base = ? WHERE dataset_id = ?')
      .run(JSON.stringify(classes), datasetId)
  }

  find(imageId: string): RemoteImageFacts | null {
    const row = this.#db
      .prepare<[string], Row>('SELECT * FROM remote_image WHERE image_id = ?')
      .get(imageId)
    return row ? fromRow(row) : null
  }

  /** The local id of a remote image; null if it is not here. */
  imageId(datasetId: string, remoteId: string): string | null {
    const row = this.#db
      .prepare<[string, string], { image_id: string }>(
        'SELECT image_id FROM remote_image WHERE dataset_id = ? AND remote_id = ?',
      )
      .get(datasetId, remoteId)
    return row?.image_id ?? null
  }

  /** Local ids of remote images, by service id. */
  imageIds(datasetId: string): Map<string, string> {
    const rows = this.#db
      .prepare<[string], { remote_id: string; image_id: string }>(
        'SELECT remote_id, image_id FROM remote_image WHERE dataset_id = ?',
      )
      .all(datasetId)
    return new Map(rows.map(({ remote_id, image_id }) => [remote_id, image_id]))
  }

  /** Stores the service's labels of an image. Call it in the transaction that merges them into the working copy. */
  setBase(imageId: string, base: readonly Annotation[], conflicts: readonly Conflict[]): void {
    this.#db
      .prepare(
        `UPDATE remote_image SET base = ?, sent = NULL, base_count = ?, server_count = ?, read_at_ms = ?,
           conflicts = ? WHERE image_id = ?`,
      )
      .run(
        JSON.stringify(base),
        base.length,
        base.length,
        Date.now(),
        conflicts.length > 0 ? JSON.stringify(conflicts) : null,
        imageId,
      )
    // Until now this was the service's value plus local changes.
    this.#db
      .prepare(
        `UPDATE image SET annotation_count = (SELECT count(*) FROM annotation WHERE image_id = image.id)
         WHERE id = ?`,
      )
      .run(imageId)
  }

  /** Stores labels before they are pushed, so that a later pull recognises them if the answer is lost. */
  setSent(
    sent: readonly { imageId: string; annotations: readonly Annotation[] }[],
    key: string,
  ): void {
    const update = this.#db.prepare(
      'UPDATE remote_image SET sent = ?, sent_key = ? WHERE image_id = ?',
    )
    this.#db.transaction(() => {
      for (const { imageId, annotations } of sent)
        update.run(JSON.stringify(annotations), key, imageId)
    })()
  }

  /** The save was refused, so it did not happen. */
  forgetSent(imageIds: readonly string[]): void {
    const update = this.#db.prepare(
      'UPDATE remote_image SET sent = NULL, sent_key = NULL WHERE image_id = ?',
    )
    this.#db.transaction(() => {
      for (const imageId of imageIds) update.run(imageId)
    })()
  }

  /** The service's labels while it is unknown whether a save arrived. */
  setBaseWhileSending(imageId: string, base: readonly Annotation[]): void {
    this.#db
      .prepare('UPDATE remote_image SET base = ?, read_at_ms = ? WHERE image_id = ?')
      .run(JSON.stringify(base), Date.now(), imageId)
  }

  setConflicts(imageId: string, conflicts: readonly Conflict[]): void {
    this.#db
      .prepare('UPDATE remote_image SET conflicts = ? WHERE image_id = ?')
      .run(conflicts.length > 0 ? JSON.stringify(conflicts) : null, imageId)
  }

  /** Stores the stage, split or tags that the service now has. */
  setServerField(imageId: string, field: 'stage' | 'split' | 'tags', value: string | null): void {
    this.#db
      .prepare(`UPDATE remote_image SET ${field} = ?, told_at_ms = ? WHERE image_id = ?`)
      .run(value, Date.now(), imageId)
  }

  /** Stores the conflicts that a commit resolved, so that undo can reopen them. */
  keepDecision(commitId: string, imageId: string, conflicts: readonly Conflict[]): void {
    this.#db
      .prepare('INSERT OR REPLACE INTO decision (commit_id, image_id, conflicts) VALUES (?, ?, ?)')
      .run(commitId, imageId, JSON.stringify(conflicts))
  }

  decision(commitId: string): { imageId: string; conflicts: Conflict[] } | null {
    const row = this.#db
      .prepare<[string], { image_id: string; conflicts: string }>(
        'SELECT image_id, conflicts FROM decision WHERE commit_id = ?',
      )
      .get(commitId)
    return row
      ? {
          imageId: row.image_id,
          conflicts: storedItems(row.conflicts, conflictSchema),
        }
      : null
  }

  /**
   * Applies a class rename or deletion to the merge base and the unanswered saves of the next `count` images after
   * `after`, as the service did. `last`: the last image looked at; null: there were no more.
   */
  changeBaseClass(
    datasetId: string,
    { from, to, after, count }: { from: string; to: string | null; after: string; count: number },
  ): { changed: string[]; last: string | null } {
    const mentions = (column: string) =>
      `EXISTS (SELECT 1 FROM json_each(${column}) WHERE value ->> 'className' = $from)`
    const rows = this.#db
      .prepare<unknown[], { id: string; base: string | null; sent: string | null; has: number }>(
        `SELECT image_id AS id, base, sent, ${mentions('base')} OR ${mentions('sent')} AS has
         FROM remote_image WHERE dataset_id = $datasetId AND image_id > $after ORDER BY image_id LIMIT $count`,
      )
      .all({ datasetId, from, after, count })
    const update = this.#db.prepare(
      'UPDATE remote_image SET base = ?, sent = ?, base_count = ?, server_count = ? WHERE image_id = ?',
    )
    const edited = (json: string | null): Annotation[] | null =>
      json === null
        ? null
        : (storedList<Annotation>(json) ?? []).flatMap((annotation) => {
            if (annotation.className !== from) return [annotation]
            return to === null ? [] : [{ ...annotation, className: to }]
          })
    const changed = rows.filter(({ has }) => has === 1)
    for (const { id, base, sent } of changed) {
      const [next, told] = [edited(base), edited(sent)]
      const size = next?.length ?? 0
      update.run(next && JSON.stringify(next), told && JSON.stringify(told), size, size, id)
    }
    return { changed: changed.map(({ id }) => id), last: rows.at(-1)?.id ?? null }
  }
}
