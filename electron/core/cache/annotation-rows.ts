import { UserError } from '#core/user-error.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import type { ChangeSet } from '#shared/model/change-set.ts'
import { counted } from '#shared/model/counted.ts'
import type { Db } from './database.ts'
import { storedJson } from './stored-json.ts'

/**
 * Drawing positions of one revision: more than one edit creates. Positions counted from 1 by earlier versions of the
 * app come before them.
 */
const POSITIONS_PER_REVISION = 2 ** 20

/** Empty if the row is damaged. */
function annotationOf(data: string): Annotation[] {
  const value = storedJson(data)
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? [value as Annotation]
    : []
}

/** The annotations of images as rows. Callers wrap writes in their own transaction. */
export class AnnotationRows {
  readonly #db: Db

  constructor(db: Db) {
    this.#db = db
  }

  /**
   * In drawing order. Throws a UserError if a row is damaged, because saving or merging without it would delete it
   * for everybody.
   */
  read(imageId: string): Annotation[] {
    const { annotations, damaged } = this.readable(imageId)
    if (damaged > 0)
      throw new UserError(
        'damaged_row',
        `${counted(damaged, 'annotation')} of an image cannot be read from the library. Undo the last edits of that image, or restore the library from a backup.`,
      )
    return annotations
  }

  /** The readable annotations, and the number of damaged rows. */
  readable(imageId: string): { annotations: Annotation[]; damaged: number } {
    const rows = this.#db
      .prepare<[string], { data: string }>(
        'SELECT data FROM annotation WHERE image_id = ? ORDER BY position',
      )
      .all(imageId)
    const annotations = rows.flatMap(({ data }) => annotationOf(data))
    return { annotations, damaged: rows.length - annotations.length }
  }

  /** Only the annotations that a change set names, so that an edit costs the same on any image. */
  readNamed(imageId: string, { created, updated, deleted }: ChangeSet): Annotation[] {
    const read = this.#db.prepare<[string, string], { data: string }>(
      'SELECT data FROM annotation WHERE image_id = ? AND id = ?',
    )
    const ids = new Set(
      [...created, ...updated.map(({ after }) => after), ...deleted].map(({ id }) => id),
    )
    return [...ids].flatMap((id) => {
      const row = read.get(imageId, id)
      return row ? annotationOf(row.data) : []
    })
  }

  /** Ids of a dataset's images that use a class; those after an id, at most `limit` (-1: all). */
  imagesWithClass(datasetId: string, className: string, after = '', limit = -1): string[] {
    // In index order, so that the cost of a page does not depend on the number of images.
    return this.#db
      .prepare<[string, string, string, number], { id: string }>(
        `SELECT DISTINCT image_id AS id FROM annotation INDEXED BY annotation_class
         CROSS JOIN image ON image.id = annotation.image_id
         WHERE dataset_id = ? AND class_name = ? AND image_id > ? ORDER BY image_id LIMIT ?`,
      )
      .all(datasetId, className, after, limit)
      .map(({ id }) => id)
  }

  /**
   * Writes a change set that matches the current rows. `revision`: the image's new one; it puts new annotations behind
   * those of earlier revisions.
   */
  write(imageId: string, revision: number, changes: ChangeSet): void {
    const insert = this.#db.prepare(
      'INSERT INTO annotation (image_id, id, position, class_name, data) VALUES (?, ?, ?, ?, ?)',
    )
    const update = this.#db.prepare(
      'UPDATE annotation SET class_name = ?, data = ? WHERE image_id = ? AND id = ?',
    )
    const remove = this.#db.prepare('DELETE FROM annotation WHERE image_id = ? AND id = ?')
    for (const { id } of changes.deleted) remove.run(imageId, id)
    for (const { after } of changes.updated)
      update.run(after.className, JSON.stringify(after), imageId, after.id)
    for (const [index, annotation] of changes.created.entries()) {
      const { id, className } = annotation
      const position = revision * POSITIONS_PER_REVISION + index
      insert.run(imageId, id, position, className, JSON.stringify(annotation))
    }
  }

  /** Increments the image's revision and updates its count; returns the new revision. */
  touch(imageId: string, { created, deleted }: ChangeSet): number {
    const row = this.#db
      .prepare<[number, string], { revision: number }>(
        `UPDATE image SET revision = revision + 1, annotation_count = annotation_count + ?
         WHERE id = ? RETURNING revision`,
      )
      .get(created.length - deleted.length, imageId)
    return row?.revision ?? 0
  }
}
