import type { Bulk } from './bulk-edits.ts'
import { movedTo, touchedClass } from './class-edit.ts'
import type { Db } from './database.ts'
import { Outbox } from './outbox.ts'

/**
 * Edits a class on many images at once with a few statements, however many images there are. Damaged rows stay
 * unchanged. Callers wrap it in a transaction.
 */
export class ClassSweep {
  readonly #db: Db
  readonly #outbox: Outbox

  constructor(db: Db) {
    this.#db = db
    this.#outbox = new Outbox(db)
  }

  /** Renames, merges or deletes the class on the images, and logs it for each. */
  make({ datasetId, seq, commitId, label, edit }: Bulk, imageIds: readonly string[]): void {
    const from = edit && touchedClass(edit)
    if (!edit || from === null || imageIds.length === 0) return
    const to = movedTo(edit)
    const of = { ids: JSON.stringify(imageIds), from }
    const logged =
      to === null
        ? `json_object('created', json('[]'), 'updated', json('[]'), 'deleted', json_group_array(json(data)))`
        : `json_object('renamed', json_object('from', $from, 'to', $to, 'ids', json_group_array(annotation.id)))`
    this.#db
      .prepare(
        `INSERT INTO edit_log (commit_id, dataset_id, image_id, parent, label, origin, changes, state, revision, at_ms)
         SELECT $commitId || '/' || image_id, $datasetId, image_id, $seq, $label, 'user', ${logged}, 'done', revision + 1, $atMs
         FROM annotation JOIN image ON image.id = image_id
         WHERE class_name = $from AND image_id IN (SELECT value FROM json_each($ids)) AND json_valid(data)
         GROUP BY image_id`,
      )
      .run({ ...of, to, commitId, datasetId, seq, label, atMs: Date.now() })
    if (to === null) this.#delete(of)
    else this.#rename(of, to)
    this.#touch(imageIds)
  }

  /**
   * Undoes or redoes the renames that the log has after `after` up to `last`, except on the images in `except`.
   * Annotations that got another class since keep it.
   */
  turn({ seq, isBack }: Bulk, after: number, last: number, except: readonly string[]): void {
    const part = { seq, after, last, except: JSON.stringify(except) }
    const parts = `FROM edit_log WHERE parent = $seq AND seq > $after AND seq <= $last
      AND image_id NOT IN (SELECT value FROM json_each($except))`
    const [was, is] = isBack ? ['to', 'from'] : ['from', 'to']
    this.#db
      .prepare(
        `WITH part AS MATERIALIZED (
           SELECT image_id, changes ->> '$.renamed.${was}' AS was, changes ->> '$.renamed.${is}' AS name, changes ${parts}),
         one AS MATERIALIZED (
           SELECT image_id, json_each.value AS id, was, name FROM part, json_each(changes, '$.renamed.ids'))
         UPDATE annotation SET class_name = one.name, data = json_set(data, '$.className', one.name)
         FROM one WHERE annotation.image_id = one.image_id AND annotation.id = one.id
           AND class_name = one.was AND json_valid(data)`,
      )
      .run(part)
    const images = this.#db
      .prepare<unknown[], { image_id: string }>(`SELECT DISTINCT image_id ${parts}`)
      .all(part)
    this.#touch(images.map(({ image_id }) => image_id))
  }

  #rename(of: { ids: string; from: string }, to: string): void {
    this.#db
      .prepare(
        `UPDATE annotation SET class_name = $to, data = json_set(data, '$.className', $to)
         WHERE class_name = $from AND image_id IN (SELECT value FROM json_each($ids)) AND json_valid(data)`,
      )
      .run({ ...of, to })
  }

  #delete(of: { ids: string; from: string }): void {
    this.#db
      .prepare(
        `WITH gone AS MATERIALIZED (
           SELECT image_id, count(*) AS n FROM annotation
           WHERE class_name = $from AND image_id IN (SELECT value FROM json_each($ids)) AND json_valid(data)
           GROUP BY image_id)
         UPDATE image SET annotation_count = annotation_count - gone.n FROM gone WHERE image.id = gone.image_id`,
      )
      .run(of)
    this.#db
      .prepare(
        `DELETE FROM annotation
         WHERE class_name = $from AND image_id IN (SELECT value FROM json_each($ids)) AND json_valid(data)`,
      )
      .run(of)
  }

  /** Creates a new revision, and queues the push. */
  #touch(imageIds: readonly string[]): void {
    const ids = JSON.stringify(imageIds)
    this.#db
      .prepare(
        'UPDATE image SET revision = revision + 1 WHERE id IN (SELECT value FROM json_each(?))',
      )
      .run(ids)
    this.#outbox.queueImages(imageIds, 'annotations')
  }
}
