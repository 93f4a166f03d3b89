import { z } from 'zod'
import { splitSchema, stageSchema } from '#shared/model/dataset.ts'
import type { Db } from './database.ts'
import { storedAs, storedItems } from './stored-json.ts'

/** What is set on images; absent facts stay. */
export const factChangeSchema = z.object({
  stage: stageSchema.optional(),
  split: splitSchema.nullable().optional(),
  tags: z.array(z.string()).optional(),
  addTags: z.array(z.string()).optional(),
  removeTags: z.array(z.string()).optional(),
})
export type FactChange = z.infer<typeof factChangeSchema>

/** Few enough that edits can run between two parts. */
const PART_IMAGES = 250

export interface FactEdit {
  id: string
  datasetId: string
  change: FactChange
  /** All of its images. */
  images: number
}

/** Changes of stage, split or tags that many images are waiting for. */
export class FactEditRepository {
  readonly #db: Db

  constructor(db: Db) {
    this.#db = db
  }

  /** Adds images to an edit, which begins with its first ones. */
  add(edit: Omit<FactEdit, 'images'>, imageIds: readonly string[]): void {
    const insert = this.#db.prepare(
      'INSERT INTO fact_edit_part (edit_id, images, size) VALUES (?, ?, ?)',
    )
    this.#db.transaction(() => {
      this.#db
        .prepare(
          `INSERT INTO fact_edit (id, dataset_id, change, images) VALUES (?, ?, ?, ?)
           ON CONFLICT (id) DO UPDATE SET images = images + excluded.images`,
        )
        .run(edit.id, edit.datasetId, JSON.stringify(edit.change), imageIds.length)
      for (let start = 0; start < imageIds.length; start += PART_IMAGES) {
        const part = imageIds.slice(start, start + PART_IMAGES)
        insert.run(edit.id, JSON.stringify(part), part.length)
      }
    })()
  }

  setReady(id: string): void {
    this.#db.prepare('UPDATE fact_edit SET is_ready = 1 WHERE id = ?').run(id)
  }

  /** Edits whose images are all known, oldest first. */
  ready(): FactEdit[] {
    return this.#db
      .prepare<[], { id: string; dataset_id: string; change: string; images: number }>(
        'SELECT * FROM fact_edit WHERE is_ready ORDER BY rowid',
      )
      .all()
      .map(({ id, dataset_id: datasetId, change, images }) => ({
        id,
        datasetId,
        images,
        change: storedAs(change, factChangeSchema, {}),
      }))
  }

  /** The next images of an edit; null: all are done. */
  nextPart(id: string): { seq: number; imageIds: string[] } | null {
    const row = this.#db
      .prepare<[string], { seq: number; images: string }>(
        'SELECT seq, images FROM fact_edit_part WHERE edit_id = ? ORDER BY seq LIMIT 1',
      )
      .get(id)
    return row ? { seq: row.seq, imageIds: storedItems(row.images, z.string()) } : null
  }

  /** Number of images that an edit has not changed yet. */
  left(id: string): number {
    const row = this.#db
      .prepare<[string], { n: number }>(
        'SELECT coalesce(sum(size), 0) AS n FROM fact_edit_part WHERE edit_id = ?',
      )
      .get(id)
    return row?.n ?? 0
  }

  /** Call it in the transaction that changes the images. */
  removePart(seq: number): void {
    this.#db.prepare('DELETE FROM fact_edit_part WHERE seq = ?').run(seq)
  }

  /** It is done, or cancelled. */
  remove(id: string): void {
    this.#db.prepare('DELETE FROM fact_edit WHERE id = ?').run(id)
  }

  /** Forgets edits whose window ended before it had named all images. */
  removeUnready(): void {
    this.#db.prepare('DELETE FROM fact_edit WHERE NOT is_ready').run()
  }
}
