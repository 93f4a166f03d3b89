import { newId } from '#shared/model/annotation.ts'
import type { DatasetImage } from '#shared/model/dataset.ts'
import { naturalKey } from '#shared/model/natural-order.ts'
import type { Db } from './database.ts'
import type { RemoteRepository } from './remote-repository.ts'
import { storedTexts } from './stored-json.ts'

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

/** The local name of an image whose name another one has. */
const aliasOf = (path: string, remoteId: string) => `${path} (${remoteId})`

/** Takes in the image lists of the service. */
export class ListedImages {
  readonly #db: Db
  readonly #remotes: Pick<RemoteRepository, 'imageId'>

  constructor(db: Db, remotes: Pick<RemoteRepository, 'imageId'>) {
    this.#db = db
    this.#remotes = remotes
  }

  /**
   * Stores a page of the service's list. Stage, split and tags stay local if they have unpushed changes, or were
   * pushed after the list was requested (`askedAtMs`). Returns the local ids of new or changed images.
   */
  upsert(
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
        const id = row?.id ?? this.#remotes.imageId(datasetId, image.remoteId)
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
          ? JSON.stringify(mergeTags(storedTexts(own.base), storedTexts(own.mine), image.tags))
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
    const alias = aliasOf(path, this.#remoteId(taken.id) ?? taken.id)
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

  #remoteId(imageId: string): string | null {
    const row = this.#db
      .prepare<[string], { remote_id: string }>(
        'SELECT remote_id FROM remote_image WHERE image_id = ?',
      )
      .get(imageId)
    return row?.remote_id ?? null
  }
}
