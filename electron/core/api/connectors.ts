import { z } from 'zod'
import { type CallOptions, type Http, segment } from './http.ts'
import { jobFailure, polled } from './job-end.ts'
import { wireFields } from './options.ts'
import { data } from './schemas.ts'
import { anyId, count, number, renamed, requiredId, requiredName, rows, text } from './tolerant.ts'

/** The other services whose datasets can be imported. */
export type Provider = 'v7' | 'roboflow'

const sourceSchema = z.object({
  id: requiredId,
  name: requiredName,
  slug: requiredName,
  image_count: count,
  /** Only of Roboflow. */
  version: number,
})
export type SourceDataset = z.infer<typeof sourceSchema>

const validationSchema = z.object({
  valid: z.boolean(),
  workspace: text,
  datasets: rows(sourceSchema),
  /** Why the key is not valid. */
  error: text,
})

const limitsSchema = z.object({
  allowed: z.boolean(),
  current_images: number,
  image_limit: number,
  images_after_import: number,
  current_storage_bytes: number,
  storage_limit_bytes: number,
  storage_after_import_bytes: number,
  /** `images`, `storage` or `both`; null if the import fits. */
  exceeded: text,
})

const progressSchema = renamed(
  { name: ['project_name'], dataset_id: ['project_id'] },
  z.object({ name: text, dataset_id: anyId, status: text, imported: count, failed: count }),
)
const importSchema = renamed(
  { import_id: ['job'] },
  z.object({
    import_id: requiredId,
    /** `started`, `processing`, `completed`, `error` or `cancelled` */
    status: z.string(),
    /** 0 to 100. */
    progress: number,
    total_images: count,
    imported_images: count,
    failed_images: count,
    current_dataset: text,
    datasets: rows(progressSchema),
  }),
)
export type ConnectorImport = z.infer<typeof importSchema>

const isRunning = ({ status }: ConnectorImport) => status === 'started' || status === 'processing'

/** The service reads what it needs to import a dataset from its row. */
const SOURCE = {
  id: 'id',
  name: 'name',
  slug: 'slug',
  image_count: 'image_count',
  version: 'version',
}

/** Imports from other annotation services with a key of theirs. All methods throw a PictographError. */
export class Connectors {
  readonly #http: Http

  constructor(http: Http) {
    this.#http = http
  }

  /** The datasets that a key of the other service reaches. A wrong key is not an error: `valid` is false. */
  async validate(provider: Provider, apiKey: string, call: CallOptions = {}) {
    const body = { provider, api_key: apiKey }
    const path = '/connectors/validate'
    return (await this.#http.json(data(validationSchema), 'POST', path, { ...call, body })).data
  }

  /** Whether the plan has room for an import. */
  async checkLimits(
    { totalImages, estimatedSizeBytes }: { totalImages: number; estimatedSizeBytes: number },
    call: CallOptions = {},
  ) {
    const body = { total_images: totalImages, estimated_size_bytes: estimatedSizeBytes }
    const path = '/connectors/check-limits'
    return (await this.#http.json(data(limitsSchema), 'POST', path, { ...call, body })).data
  }

  /** Starts an import of `datasets`, rows of `validate`; `imported` waits for it. Returns its id. */
  async import(
    provider: Provider,
    apiKey: string,
    datasets: readonly (Pick<SourceDataset, 'id' | 'name' | 'slug'> & Partial<SourceDataset>)[],
    call: CallOptions = {},
  ): Promise<string> {
    const sources = datasets.map(({ version, ...row }) =>
      wireFields('connectors.import', { ...row, version: version ?? undefined }, SOURCE),
    )
    const body = { provider, api_key: apiKey, datasets: sources }
    const path = '/connectors/import/start'
    return (await this.#http.json(data(importSchema), 'POST', path, { ...call, body })).data
      .import_id
  }

  async importState(importId: string, call: CallOptions = {}): Promise<ConnectorImport> {
    const path = `/connectors/import/status/${segment(importId)}`
    return (await this.#http.json(data(importSchema), 'GET', path, call)).data
  }

  /** Images that are already here stay. */
  async cancel(importId: string, call: CallOptions = {}): Promise<void> {
    const path = `/connectors/import/cancel/${segment(importId)}`
    await this.#http.json(z.unknown(), 'POST', path, call)
  }

  /** Resolves when the import is complete. Rejects if it failed or was cancelled. */
  async imported(importId: string, call: CallOptions = {}): Promise<ConnectorImport> {
    const state = await polled(
      this.#http,
      () => this.importState(importId, call),
      (one) => !isRunning(one),
      call,
    )
    if (state.status === 'completed') return state
    const route = `GET /connectors/import/status/${importId}`
    throw jobFailure('The import', { route, status: state.status, reason: null })
  }
}
