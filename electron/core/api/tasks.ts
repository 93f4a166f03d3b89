import { z } from 'zod'
import { type CallOptions, type Http, segment } from './http.ts'
import { allItems, type Listing, pageSchema, type Range } from './paging.ts'
import { data } from './schemas.ts'
import { anyId, number, requiredId, rows, text, time } from './tolerant.ts'

/** The service's maximum page size. */
const PAGE_LIMIT = 100

const taskSchema = z.object({
  id: requiredId,
  dataset_id: anyId,
  dataset: z.unknown().optional(),
  title: text,
  /** `annotate` or `review` */
  kind: text,
  /** `open` or `done` */
  status: text,
  created_at: time,
  image_count: number,
  assignee_count: number,
})
export type RemoteTask = z.infer<typeof taskSchema>

const contributionsSchema = z.object({
  task_id: anyId,
  contributors: rows(z.looseObject({})),
  total_images: number,
  images_complete: number,
  total_active_seconds: number,
})

/** Tasks assigned to people. All methods throw a PictographError. */
export class Tasks {
  readonly #http: Http

  constructor(http: Http) {
    this.#http = http
  }

  list(options: CallOptions & Range = {}): Listing<RemoteTask> {
    const { limit, offset, ...call } = options
    return allItems(
      (limit, offset) =>
        this.#http.json(pageSchema(taskSchema), 'GET', '/tasks', {
          ...call,
          query: { limit, offset },
        }),
      { limit, offset },
      PAGE_LIMIT,
    )
  }

  /** Each person's share of a task. */
  async contributions(id: string, call: CallOptions = {}) {
    const path = `/tasks/${segment(id)}/contributions`
    return (await this.#http.json(data(contributionsSchema), 'GET', path, call)).data
  }
}
