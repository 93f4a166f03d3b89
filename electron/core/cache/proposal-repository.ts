import type { Detection } from '#shared/assist/detect-result.ts'
import { newId } from '#shared/model/annotation.ts'
import {
  type ModelChoice,
  modelChoiceSchema,
  type Proposal,
  proposalDataSchema,
} from '#shared/model/proposal.ts'
import type { Db } from './database.ts'
import { storedAs } from './stored-json.ts'

/** Open proposals of an image: how many, and how sure the surest is, 0..1. */
export interface OpenCount {
  imageId: string
  open: number
  best: number
}

interface Row {
  id: string
  class_name: string
  confidence: number
  model: string
  version: string
  data: string
}

/** Not accepted and not dropped, or the edit that did so was undone. */
const OPEN = `(closed_by IS NULL OR NOT EXISTS
  (SELECT 1 FROM edit_log WHERE commit_id = closed_by AND state = 'done'))`

/** What models found. Callers wrap writes that belong together in a transaction of their own. */
export class ProposalRepository {
  readonly #db: Db

  constructor(db: Db) {
    this.#db = db
  }

  /** Those that are open, the surest first. */
  open(imageId: string): Proposal[] {
    return this.#db
      .prepare<[string], Row>(
        `SELECT id, class_name, confidence, model, version, data FROM proposal
         WHERE image_id = ? AND ${OPEN} ORDER BY confidence DESC, rowid`,
      )
      .all(imageId)
      .flatMap((row) => {
        const data = storedAs(row.data, proposalDataSchema.nullable(), null)
        if (!data) return []
        const { id, class_name: className, confidence, model, version } = row
        return [{ ...data, id, className, confidence, model, version }]
      })
  }

  /** In place of what the same model found there before and nobody decided on. */
  replace(
    imageId: string,
    { model, version }: { model: string; version: string },
    detections: readonly Detection[],
  ): void {
    this.#db
      .prepare(`DELETE FROM proposal WHERE image_id = ? AND model = ? AND ${OPEN}`)
      .run(imageId, model)
    const insert = this.#db.prepare(
      `INSERT INTO proposal (id, image_id, class_name, confidence, model, version, data)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    )
    for (const { className, confidence, shape, keypoints } of detections)
      insert.run(
        newId(),
        imageId,
        className,
        confidence,
        model,
        version,
        JSON.stringify({ shape, keypoints }),
      )
    this.recount([imageId])
  }

  /** An edit accepted or dropped them. */
  close(ids: readonly string[], commitId: string): void {
    this.#db
      .prepare('UPDATE proposal SET closed_by = ? WHERE id IN (SELECT value FROM json_each(?))')
      .run(commitId, JSON.stringify(ids))
  }

  /** Counts anew what is open on images that have proposals at all. Answers their counts. */
  recount(imageIds: readonly string[]): OpenCount[] {
    const ids = JSON.stringify(imageIds)
    this.#db
      .prepare(
        `INSERT INTO proposal_count (image_id, dataset_id, open, best)
         SELECT image.id, dataset_id, count(*) FILTER (WHERE ${OPEN}),
           coalesce(max(confidence) FILTER (WHERE ${OPEN}), 0)
         FROM json_each(?) AS asked JOIN image ON image.id = asked.value
           JOIN proposal ON proposal.image_id = image.id
         GROUP BY image.id
         ON CONFLICT (image_id) DO UPDATE SET open = excluded.open, best = excluded.best`,
      )
      .run(ids)
    // Without any row of its own there was nothing to count.
    this.#db
      .prepare(
        `UPDATE proposal_count SET open = 0, best = 0
         WHERE image_id IN (SELECT value FROM json_each(?))
           AND NOT EXISTS (SELECT 1 FROM proposal WHERE proposal.image_id = proposal_count.image_id)`,
      )
      .run(ids)
    return this.#db
      .prepare<[string], OpenCount>(
        `SELECT image_id AS imageId, open, best FROM proposal_count
         WHERE image_id IN (SELECT value FROM json_each(?))`,
      )
      .all(ids)
  }

  /** Images of a dataset with open proposals. */
  counts(datasetId: string): OpenCount[] {
    return this.#db
      .prepare<[string], OpenCount>(
        `SELECT image_id AS imageId, open, best FROM proposal_count
         WHERE dataset_id = ? AND open > 0`,
      )
      .all(datasetId)
  }

  /** What was chosen for the models that were used in a dataset, by the model's name. */
  choices(datasetId: string): Record<string, ModelChoice> {
    const rows = this.#db
      .prepare<[string], { model: string; choice: string }>(
        'SELECT model, choice FROM model_choice WHERE dataset_id = ?',
      )
      .all(datasetId)
    return Object.fromEntries(
      rows.flatMap(({ model, choice }) => {
        const known = storedAs(choice, modelChoiceSchema.nullable(), null)
        return known ? [[model, known]] : []
      }),
    )
  }

  setChoice(datasetId: string, model: string, choice: ModelChoice): void {
    this.#db
      .prepare(
        `INSERT INTO model_choice (dataset_id, model, choice) VALUES (?, ?, ?)
         ON CONFLICT (dataset_id, model) DO UPDATE SET choice = excluded.choice`,
      )
      .run(datasetId, model, JSON.stringify(choice))
  }
}
