import { z } from 'zod'
import { type CallOptions, type Http, segment } from './http.ts'
import { jobFailure, polled } from './job-end.ts'
import { allItems, type Listing, pageSchema, type Range } from './paging.ts'
import { data, remoteClassesSchema } from './schemas.ts'
import {
  anyId,
  count,
  flag,
  number,
  renamed,
  requiredId,
  requiredName,
  text,
  texts,
  time,
} from './tolerant.ts'

/** The service's maximum page size. */
const PAGE_LIMIT = 100

const publicDatasetSchema = z.object({
  id: requiredId,
  name: requiredName,
  slug: text,
  description: text,
  organization: z.object({ id: anyId, name: text, slug: requiredName }).nullish().catch(null),
  image_count: count,
  annotation_count: count,
  annotation_types: texts,
  /** In a list only the first few. */
  classes: remoteClassesSchema,
  class_count: count,
  /** What its images show most often. */
  top_auto_tags: texts,
  /** For example `cc-by-4.0`. */
  license_id: text,
  star_count: count,
  is_fork: flag,
  /** Not in a list. */
  readme: text,
  published_at: time,
})
export type PublicDataset = z.infer<typeof publicDatasetSchema>

const importSchema = renamed(
  { import_id: ['job'] },
  z.object({
    import_id: requiredId,
    /** `pending`, `running`, `completed`, `failed` or `cancelled` */
    status: z.string(),
    dataset_id: anyId,
    /** The copy's name: a taken name gets a suffix. */
    dataset_name: text,
    total_images: count,
    /** Images copied so far. */
    image_count: count,
    /** 0 to 100. */
    progress: number,
    error: text,
  }),
)
export type PublicImport = z.infer<typeof importSchema>

const SORTS = ['recent', 'popular', 'trending', 'alphabetical'] as const
const isRunning = ({ status }: PublicImport) => status === 'pending' || status === 'running'

/**
 * Published datasets of all organisations, named by the slug of their organisation and their own slug or name. All
 * methods throw a PictographError.
 */
export class PublicDatasets {
  readonly #http: Http

  constructor(http: Http) {
    this.#http = http
  }

  /** `search`: in name and description; `className`: with this class. */
  list(
    options: CallOptions &
      Range & { search?: string; className?: string; sort?: (typeof SORTS)[number] } = {},
  ): Listing<PublicDataset> {
    const { search, className, sort, limit, offset, ...call } = options
    return allItems(
      (limit, offset) =>
        this.#http.json(pageSchema(publicDatasetSchema), 'GET', '/public/datasets', {
          ...call,
          query: { limit, offset, search, class: className, sort },
        }),
      { limit, offset },
      PAGE_LIMIT,
    )
  }

  async get(organization: string, dataset: string, call: CallOptions = {}): Promise<PublicDataset> {
    const path = `/public/datasets/${segment(organization)}/${segment(dataset)}`
    return (await this.#http.json(data(publicDatasetSchema), 'GET', path, call)).data
  }

  /**
   * Starts to copy a public dataset into the own organisation; `imported` waits for it. `name`: of the copy. Throws a
   * PaymentRequiredError if the plan has no room.
   */
  async import(
    organization: string,
    dataset: string,
    { name, ...call }: CallOptions & { name?: string } = {},
  ): Promise<PublicImport> {
    const path = `/public/datasets/${segment(organization)}/${segment(dataset)}/import`
    const body = name === undefined ? {} : { name }
    return (await this.#http.json(data(importSchema), 'POST', path, { ...call, body })).data
  }

  async importState(importId: string, call: CallOptions = {}): Promise<PublicImport> {
    const path = `/public/imports/${segment(importId)}`
    return (await this.#http.json(data(importSchema), 'GET', path, call)).data
  }

  /** Resolves when the copy is complete. Rejects if it failed or was cancelled. */
  async imported(importId: string, call: CallOptions = {}): Promise<PublicImport> {
    const state = await polled(
      this.#http,
      () => this.importState(importId, call),
      (one) => !isRunning(one),
      call,
    )
    if (state.status === 'completed') return state
    const route = `GET /public/imports/${importId}`
    throw jobFailure('The import', { route, status: state.status, reason: state.error })
  }
}
