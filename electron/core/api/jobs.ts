import { z } from 'zod'
import { NotFoundError } from './errors.ts'
import { API_PREFIX, type CallOptions, type Http, segment } from './http.ts'
import { allItems, type Listing, pageSchema, type Range } from './paging.ts'
import { data } from './schemas.ts'
import { anyId, number, requiredId, text, time } from './tolerant.ts'

/** The service's maximum page size. */
const PAGE_LIMIT = 100

const jobSchema = z.object({
  id: requiredId,
  type: text,
  /** `queued`, `running`, `completed`, `failed` or `cancelled` */
  status: z.string(),
  progress: number,
  name: text,
  dataset_id: anyId,
  error: text,
  /** The route that cancels it; null if it cannot be cancelled. */
  cancel_path: text,
  detail: z.record(z.string(), z.unknown()).nullish().catch(null),
  created_at: time,
  completed_at: time,
})
export type RemoteJob = z.infer<typeof jobSchema>

/** Background jobs of the service: exports, batches, imports. All methods throw a PictographError. */
export class Jobs {
  readonly #http: Http

  constructor(http: Http) {
    this.#http = http
  }

  /** `status`: `active`, `finished`, `all`, or a job's own status. */
  list(options: CallOptions & Range & { status?: string; type?: string } = {}): Listing<RemoteJob> {
    const { status, type, limit, offset, ...call } = options
    return allItems(
      (limit, offset) =>
        this.#http.json(pageSchema(jobSchema), 'GET', '/jobs', {
          ...call,
          query: { limit, offset, status, type },
        }),
      { limit, offset },
      PAGE_LIMIT,
    )
  }

  async get(id: string, call: CallOptions = {}): Promise<RemoteJob> {
    return (await this.#http.json(data(jobSchema), 'GET', `/jobs/${segment(id)}`, call)).data
  }

  /** Throws a NotFoundError if the job cannot be cancelled. */
  async cancel(id: string, call: CallOptions = {}): Promise<void> {
    const { cancel_path } = await this.get(id, call)
    if (!cancel_path)
      throw new NotFoundError(`The job ${id} cannot be cancelled`, { route: `POST /jobs/${id}` })
    const isBelow = cancel_path.startsWith('/') && !cancel_path.startsWith(`${API_PREFIX}/`)
    const path = isBelow ? cancel_path : this.#http.ownPath(cancel_path)
    await this.#http.json(z.unknown(), 'POST', path, call)
  }
}
