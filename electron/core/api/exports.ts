import { z } from 'zod'
import { type CallOptions, type Http, segment } from './http.ts'
import { isUuid } from './image-address.ts'
import { polled } from './job-end.ts'
import { wireFields } from './options.ts'
import { allItems, type Listing, pageSchema, type Range } from './paging.ts'
import { saveStorage } from './save-file.ts'
import { data, exportSchema, type RemoteExport } from './schemas.ts'

export interface NewExport {
  /** At most 100 characters, and unique in the dataset. */
  name: string
  /** `pictograph`, `darwin`, `coco`, `yolo`, `yolo_obb`, `yolo_pose`, `dota`, `pascal_voc`, `cvat`, `datumaro`, `labelme`, `csv` */
  format: string
  includeImages?: boolean
  /** Only annotations of these classes. */
  classes?: readonly string[]
  /** Only images of this stage; default: all. */
  status?: string
  /** Directories `train/`, `valid/` and `test/`. */
  organizeBySplit?: boolean
}

const NAMES = {
  name: 'name',
  format: 'format',
  includeImages: 'include_images',
  classes: 'class_filter',
  status: 'status_filter',
  organizeBySplit: 'organize_by_split',
}

/** An export's name needs its dataset; its UUID does not. */
const addressed = (name: string, dataset: string) => ({
  path: `/exports/${segment(name)}`,
  query: isUuid(name) ? {} : { dataset },
})

/** Exports of datasets. `name` is an export's name in its dataset, or its UUID. All methods throw a PictographError. */
export class Exports {
  readonly #http: Http

  constructor(http: Http) {
    this.#http = http
  }

  list(
    options: CallOptions & Range & { dataset?: string; status?: string } = {},
  ): Listing<RemoteExport> {
    const { dataset, status, limit, offset, ...call } = options
    return allItems(
      (limit, offset) =>
        this.#http.json(pageSchema(exportSchema), 'GET', '/exports/', {
          ...call,
          query: { limit, offset, dataset_name: dataset, status },
        }),
      { limit, offset },
    )
  }

  async create(dataset: string, options: NewExport, call: CallOptions = {}): Promise<RemoteExport> {
    const body = { dataset_name: dataset, ...wireFields('exports.create', options, NAMES) }
    return (await this.#http.json(data(exportSchema), 'POST', '/exports/', { ...call, body })).data
  }

  async get(name: string, dataset: string, call: CallOptions = {}): Promise<RemoteExport> {
    const { path, query } = addressed(name, dataset)
    return (await this.#http.json(data(exportSchema), 'GET', path, { ...call, query })).data
  }

  /** Resolves when the export has completed or failed. */
  async finished(name: string, dataset: string, call: CallOptions = {}): Promise<RemoteExport> {
    return polled(
      this.#http,
      () => this.get(name, dataset, call),
      ({ status }) => status === 'completed' || status === 'failed',
      call,
    )
  }

  /** A signed storage address of the ZIP. */
  async downloadUrl(name: string, dataset: string, call: CallOptions = {}): Promise<string> {
    const { path, query } = addressed(name, dataset)
    const schema = data(z.object({ download_url: z.string() }))
    const answer = await this.#http.json(schema, 'GET', `${path}/download`, { ...call, query })
    return answer.data.download_url
  }

  /** Downloads the ZIP of a completed export, under a temporary name until it is complete. */
  async download(
    name: string,
    dataset: string,
    file: string,
    call: CallOptions = {},
  ): Promise<void> {
    await saveStorage(this.#http, await this.downloadUrl(name, dataset, call), file, call)
  }

  async delete(name: string, dataset: string, call: CallOptions = {}): Promise<void> {
    const { path, query } = addressed(name, dataset)
    await this.#http.json(z.unknown(), 'DELETE', path, { ...call, query })
  }
}
