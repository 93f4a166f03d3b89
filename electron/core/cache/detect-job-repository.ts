import { newId } from '#shared/model/annotation.ts'
import type { DetectJob } from '#shared/model/detect-job.ts'
import type { Db } from './database.ts'

export interface StoredDetectJob {
  id: string
  datasetId: string
  modelId: string
  model: string
  version: string
  state: DetectJob['state']
  problem: string | null
}

interface Row {
  id: string
  dataset_id: string
  model_id: string
  model: string
  version: string
  state: DetectJob['state']
  problem: string | null
}

const fromRow = (row: Row): StoredDetectJob => ({
  id: row.id,
  datasetId: row.dataset_id,
  modelId: row.model_id,
  model: row.model,
  version: row.version,
  state: row.state,
  problem: row.problem,
})

export interface DetectCounts {
  total: number
  done: number
  failed: number
  /** Objects. */
  found: number
}

/** Work of asking a model about images, an item for each, so that it goes on where it was. */
export class DetectJobRepository {
  readonly #db: Db

  constructor(db: Db) {
    this.#db = db
  }

  /** `imageIds`: null: all images of the dataset that are there, in their order. */
  create(
    job: Pick<StoredDetectJob, 'datasetId' | 'modelId' | 'model' | 'version'>,
    imageIds: readonly string[] | null,
  ): StoredDetectJob {
    const id = newId()
    this.#db
      .transaction(() => {
        this.#db
          .prepare(
            `INSERT INTO detect_job (id, dataset_id, model_id, model, version, state, created_at_ms)
             VALUES (?, ?, ?, ?, ?, 'running', ?)`,
          )
          .run(id, job.datasetId, job.modelId, job.model, job.version, Date.now())
        if (imageIds === null)
          this.#db
            .prepare(
              `INSERT INTO detect_item (job_id, seq, image_id, state)
               SELECT ?, row_number() OVER (ORDER BY sort_key), id, 'waiting' FROM image
               WHERE dataset_id = ? AND missing = 0`,
            )
            .run(id, job.datasetId)
        else
          this.#db
            .prepare(
              `INSERT INTO detect_item (job_id, seq, image_id, state)
               SELECT ?, asked.key, image.id, 'waiting'
               FROM json_each(?) AS asked JOIN image ON image.id = asked.value
               WHERE dataset_id = ?`,
            )
            .run(id, JSON.stringify(imageIds), job.datasetId)
      })
      .immediate()
    return this.get(id) as StoredDetectJob
  }

  get(id: string): StoredDetectJob | null {
    const row = this.#db.prepare<[string], Row>('SELECT * FROM detect_job WHERE id = ?').get(id)
    return row ? fromRow(row) : null
  }

  /** The newest first. */
  list(): StoredDetectJob[] {
    return this.#db
      .prepare<[], Row>('SELECT * FROM detect_job ORDER BY created_at_ms DESC, rowid DESC')
      .all()
      .map(fromRow)
  }

  setState(id: string, state: DetectJob['state'], problem: string | null = null): void {
    this.#db
      .prepare('UPDATE detect_job SET state = ?, problem = ? WHERE id = ?')
      .run(state, problem, id)
  }

  remove(id: string): void {
    this.#db.prepare('DELETE FROM detect_job WHERE id = ?').run(id)
  }

  counts(id: string): DetectCounts {
    const row = this.#db
      .prepare<[string], DetectCounts>(
        `SELECT count(*) AS total, count(*) FILTER (WHERE state = 'done') AS done,
           count(*) FILTER (WHERE state = 'failed') AS failed, coalesce(sum(found), 0) AS found
         FROM detect_item WHERE job_id = ?`,
      )
      .get(id)
    return row ?? { total: 0, done: 0, failed: 0, found: 0 }
  }

  /** The next images, in order. */
  waiting(id: string, limit: number): { seq: number; imageId: string }[] {
    return this.#db
      .prepare<[string, number], { seq: number; imageId: string }>(
        `SELECT seq, image_id AS imageId FROM detect_item
         WHERE job_id = ? AND state = 'waiting' ORDER BY seq LIMIT ?`,
      )
      .all(id, limit)
  }

  finish(id: string, seq: number, found: number): void {
    this.#db
      .prepare(
        `UPDATE detect_item SET state = 'done', found = ?, problem = NULL WHERE job_id = ? AND seq = ?`,
      )
      .run(found, id, seq)
  }

  fail(id: string, seq: number, problem: string): void {
    this.#db
      .prepare(`UPDATE detect_item SET state = 'failed', problem = ? WHERE job_id = ? AND seq = ?`)
      .run(problem, id, seq)
  }

  /** Images that failed are to be tried again. */
  retryFailed(id: string): void {
    this.#db
      .prepare(`UPDATE detect_item SET state = 'waiting' WHERE job_id = ? AND state = 'failed'`)
      .run(id)
  }

  failures(id: string, limit: number): { imageId: string; path: string; problem: string }[] {
    return this.#db
      .prepare<[string, number], { imageId: string; path: string; problem: string }>(
        `SELECT image_id AS imageId, path, coalesce(detect_item.problem, '') AS problem
         FROM detect_item JOIN image ON image.id = image_id
         WHERE job_id = ? AND state = 'failed' ORDER BY seq LIMIT ?`,
      )
      .all(id, limit)
  }
}
