import { z } from 'zod'
import { type Annotation, newId } from '#shared/model/annotation.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import type { DatasetImage } from '#shared/model/dataset.ts'
import { mendClasses } from '#shared/model/mend-classes.ts'
import { naturalKey } from '#shared/model/natural-order.ts'
import { type Conflict, conflictSchema } from '#shared/model/sync.ts'
import type { Db } from './database.ts'
import { storedItems, storedJson, storedList } from './stored-json.ts'

/** An image of a service listing, in the app's terms. */
export interface ListedImage {
  remoteId: string
  /** Directory and name in the dataset. Untrusted: never a path on this disk. */
  path: string
  sizeBytes: number
  createdAtMs: number
  width: number | null
  height: number | null
  stage: DatasetImage['stage']
  split: DatasetImage['split']
  tags: string[]
  annotationCount: number
  thumbnailUrl: string | null
}

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

/** An image as it is here, with the service's last values. */
interface ListedRow {
  path: string
  sizeBytes: number
  width: number | null
  height: number | null
  missing: number
  stage: string
  split: string | null
  tags: string
  count: number
  createdAtMs: number
  thumbnailUrl: string | null
  serverCount: number
  remotePath: string
  serverStage: string
  serverSplit: string | null
  serverTags: string
  toldAtMs: number
  isUnread: number
}

const LISTED_COLUMNS = `path, file_size_bytes AS sizeBytes, image.width, image.height, missing, image.stage,
  image.split, image.tags, annotation_count AS count, modified_at_ms AS createdAtMs,
  thumbnail_url AS thumbnailUrl, server_count AS serverCount, remote_path AS remotePath,
  remote_image.stage AS serverStage, remote_image.split AS serverSplit, remote_image.tags AS serverTags,
  told_at_ms AS toldAtMs, base IS NULL AS isUnread`

/**
 * True if the service's values are unchanged and all of them are here, which holds for most of a large list. Ignores
 * local changes, because the list would not change them.
 */
function isAsListed(row: ListedRow, image: ListedImage, tags: string): boolean {
  return (
    row.remotePath === image.path &&
    row.path === image.path &&
    row.missing === 0 &&
    row.sizeBytes === image.sizeBytes &&
    row.createdAtMs === image.createdAtMs &&
    (image.width === null || row.width === image.width) &&
    (image.height === null || row.height === image.height) &&
    row.serverStage === image.stage &&
    row.stage === image.stage &&
    row.serverSplit === image.split &&
    row.split === image.split &&
    row.serverTags === tags &&
    row.tags === tags &&
    row.serverCount === image.annotationCount &&
    (row.isUnread === 0 || row.count === image.annotationCount) &&
    row.thumbnailUrl === image.thumbnailUrl
  )
}

/** Pure: local tags, plus the remote additions and minus the remote removals since `base`. */
export function mergeTags(
  base: readonly string[],
  mine: readonly string[],
  theirs: readonly string[],
): string[] {
  const kept = mine.filter((tag) => !base.includes(tag) || theirs.includes(tag))
  return [...kept, ...theirs.filter((tag) => !base.includes(tag) && !kept.includes(tag))]
}

const tagsOf = (text: string) => storedItems(text, z.string())

/** The local name of an image whose name another one has. */
const aliasOf = (path: string, remoteId: string) => `${path} (${remoteId})`

/** The last known state of datasets, images and labels on the service, and which files are cached. */
export class RemoteRepository {
  readonly #db: Db

  constructor(db: Db) {
    this.#db = db
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

  /**
   * Stores a page of the service's list. Stage, split and tags stay local if they have unpushed changes, or were
   * pushed after the list was requested (`askedAtMs`). Returns the local ids of new or changed images.
   */
  upsertListed(
    datasetId: string,
    images: readonly ListedImage[],
    askedAtMs: number = Date.now(),
  ): string[] {
    const isWaiting = this.#db.prepare<[string, string], unknown>(
      'SELECT 1 FROM outbox WHERE image_id = ? AND kind = ?',
    )
    const insertImage = this.#db.prepare(
      `INSERT INTO image (id, dataset_id, path, sort_key, file_size_bytes, modified_at_ms, width, height,
         stage, split, tags, annotation_count) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    const insertRemote = this.#db.prepare(
      `INSERT INTO remote_image
         (image_id, dataset_id, remote_id, remote_path, server_count, stage, split, tags, thumbnail_url)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    const readImage = this.#db.prepare<[string], ListedRow>(
      `SELECT ${LISTED_COLUMNS} FROM image JOIN remote_image ON image_id = image.id WHERE image.id = ?`,
    )
    const readPage = this.#db.prepare<
      [string, string],
      ListedRow & { id: string; remoteId: string }
    >(
      `SELECT image_id AS id, remote_id AS remoteId, ${LISTED_COLUMNS}
       FROM remote_image JOIN image ON image_id = image.id
       WHERE remote_image.dataset_id = ? AND remote_id IN (SELECT value FROM json_each(?))`,
    )
    const readTags = this.#db.prepare<[string], { base: string; mine: string }>(
      `SELECT remote_image.tags AS base, image.tags AS mine FROM remote_image
       JOIN image ON image.id = image_id WHERE image_id = ?`,
    )
    const updateImage = this.#db.prepare(
      `UPDATE image SET path = ?, sort_key = ?, modified_at_ms = ?, width = coalesce(?, width),
         height = coalesce(?, height), missing = 0,
         stage = iif(?, stage, ?), split = iif(?, split, ?), tags = ?,
         -- A count is the service's word until the labels themselves are here.
         annotation_count = iif((SELECT base IS NULL FROM remote_image WHERE image_id = image.id)
           AND NOT EXISTS (SELECT 1 FROM outbox WHERE image_id = image.id AND kind = 'annotations'), ?, annotation_count),
         file_size_bytes = ?
       WHERE id = ?`,
    )
    const updateRemote = this.#db.prepare(
      `UPDATE remote_image SET remote_path = ?, server_count = ?, stage = ?, split = ?, tags = ?, thumbnail_url = ?,
         -- A file of another size is another file.
         cached_bytes = iif(? = (SELECT file_size_bytes FROM image WHERE id = ?), cached_bytes, NULL)
       WHERE image_id = ?`,
    )
    return this.#db.transaction(() => {
      const changed: string[] = []
      const ids = JSON.stringify(images.map(({ remoteId }) => remoteId))
      const rows = readPage.all(datasetId, ids)
      const known = new Map(rows.map((row) => [row.remoteId, row]))
      for (const image of images) {
        const { path, sizeBytes, width, height, stage, split, annotationCount, thumbnailUrl } =
          image
        const tags = JSON.stringify(image.tags)
        const row = known.get(image.remoteId)
        if (row && isAsListed(row, image, tags)) continue
        // The same image may be on a page twice.
        const id = row?.id ?? this.imageId(datasetId, image.remoteId)
        if (id === null) {
          const created = this.#freePath(datasetId, path, image.remoteId)
          const own = newId()
          insertImage.run(
            own,
            datasetId,
            created,
            naturalKey(created),
            sizeBytes,
            image.createdAtMs,
            width,
            height,
            stage,
            split,
            tags,
            annotationCount,
          )
          insertRemote.run(
            own,
            datasetId,
            image.remoteId,
            path,
            annotationCount,
            stage,
            split,
            tags,
            thumbnailUrl,
          )
          changed.push(own)
          continue
        }
        const before = readImage.get(id)
        if (!before || before.toldAtMs >= askedAtMs) continue
        const keeps = (kind: string) => (isWaiting.get(id, kind) ? 1 : 0)
        // Merges other people's tag changes with local ones.
        const own = keeps('tags') ? readTags.get(id) : undefined
        const shownTags = own
          ? JSON.stringify(mergeTags(tagsOf(own.base), tagsOf(own.mine), image.tags))
          : tags
        const shown = this.#freePath(datasetId, path, image.remoteId, id)
        updateRemote.run(path, annotationCount, stage, split, tags, thumbnailUrl, sizeBytes, id, id)
        updateImage.run(
          shown,
          naturalKey(shown),
          image.createdAtMs,
          width,
          height,
          keeps('stage'),
          stage,
          keeps('split'),
          split,
          shownTags,
          annotationCount,
          sizeBytes,
          id,
        )
        if (JSON.stringify(readImage.get(id)) !== JSON.stringify(before)) changed.push(id)
      }
      return changed
    })()
  }

  /**
   * Two remote images may have the same path, for example while one replaces the other; locally each needs its own.
   * The newly listed one gets the path, unless the other was listed, too.
   */
  #freePath(datasetId: string, path: string, remoteId: string, own = ''): string {
    const taken = this.#db
      .prepare<[string, string, string], { id: string; missing: number }>(
        'SELECT id, missing FROM image WHERE dataset_id = ? AND path = ? AND id <> ?',
      )
      .get(datasetId, path, own)
    if (!taken) return path
    if (taken.missing === 0) return aliasOf(path, remoteId)
    // It is no longer in the dataset, so what is left of it gives up the path.
    const alias = aliasOf(path, this.find(taken.id)?.remoteId ?? taken.id)
    this.#setPath(taken.id, alias)
    return path
  }

  #setPath(imageId: string, path: string): void {
    this.#db
      .prepare('UPDATE image SET path = ?, sort_key = ? WHERE id = ?')
      .run(path, naturalKey(path), imageId)
  }

  /**
   * After a complete listing has removed missing images, images with an alias get their own path back if it is free.
   * Returns their local ids.
   */
  takeOwnPaths(datasetId: string): string[] {
    return this.#db.transaction(() =>
      this.#db
        .prepare<[string], { image_id: string; remote_id: string; remote_path: string }>(
          `SELECT image_id, remote_id, remote_path FROM remote_image JOIN image ON image.id = image_id
           WHERE remote_image.dataset_id = ? AND missing = 0 AND remote_path <> image.path`,
        )
        .all(datasetId)
        .flatMap(({ image_id, remote_id, remote_path }) => {
          const path = this.#freePath(datasetId, remote_path, remote_id, image_id)
          if (path !== remote_path) return []
          this.#setPath(image_id, path)
          return [image_id]
        }),
    )()
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
