import { z } from 'zod'
import {
  type DatasetStorage,
  DUPLICATE_OPTIONS,
  type DuplicateOptions,
  type Duplicates,
  duplicatesSchema,
  storageJobSchema,
  storageSchema,
} from './dataset-storage.ts'
import { type CallOptions, type Http, type Query, segment } from './http.ts'
import { Images, type ListOptions } from './images.ts'
import { wireFields } from './options.ts'
import { allItems, type Listing, pageSchema, type Range } from './paging.ts'
import {
  data,
  downloadListingSchema,
  insightsSchema,
  type RemoteClass,
  type RemoteDataset,
  type RemoteImage,
  remoteDatasetSchema,
} from './schemas.ts'

export type DownloadMode = 'full' | 'images_only' | 'annotations_only'

/** What a new dataset may have, under the service's names. */
const FIELDS = {
  name: 'name',
  readme: 'readme',
  description: 'description',
  annotationTypes: 'annotation_types',
  classes: 'classes',
}
const { name: _, ...CHANGEABLE } = {
  ...FIELDS,
  newName: 'new_name',
  classesBase: 'classes_base',
}

/** `dataset` is everywhere its name (case-sensitive) or its UUID. All methods throw a PictographError. */
export class Datasets {
  readonly #http: Http

  constructor(http: Http) {
    this.#http = http
  }

  list(options: CallOptions & Range & { archived?: boolean } = {}): Listing<RemoteDataset> {
    const { archived, limit, offset, ...call } = options
    return allItems(
      (limit, offset) =>
        this.#http.json(pageSchema(remoteDatasetSchema), 'GET', '/datasets/', {
          ...call,
          query: { limit, offset, archived },
        }),
      { limit, offset },
    )
  }

  async get(
    dataset: string,
    {
      imagesLimit,
      imagesOffset,
      includeImages = imagesLimit !== undefined,
      ...call
    }: CallOptions & {
      includeImages?: boolean
      /** At most 10,000; 1000 when left out. */
      imagesLimit?: number
      imagesOffset?: number
    } = {},
  ): Promise<RemoteDataset> {
    const query = includeImages
      ? { include_images: true, images_limit: imagesLimit, images_offset: imagesOffset }
      : {}
    const path = `/datasets/${segment(dataset)}`
    return (await this.#http.json(data(remoteDatasetSchema), 'GET', path, { ...call, query })).data
  }

  /** Newest first: the same as `images.list`. */
  listImages(dataset: string, options: ListOptions = {}): Listing<RemoteImage> {
    return new Images(this.#http).list(dataset, options)
  }

  async create(
    dataset: {
      name: string
      readme?: string
      description?: string
      annotationTypes?: readonly string[]
      classes?: readonly RemoteClass[]
    },
    call: CallOptions = {},
  ): Promise<RemoteDataset> {
    const body = wireFields('datasets.create', dataset, FIELDS)
    const answer = await this.#http.json(data(remoteDatasetSchema), 'POST', '/datasets/', {
      ...call,
      body,
    })
    return answer.data
  }

  /**
   * `classes` alone replaces the whole list. With `classesBase`, the list as it was read, the service applies what differs
   * between the two to the list that it has: what others added meanwhile stays.
   */
  async update(
    dataset: string,
    change: {
      newName?: string
      readme?: string
      description?: string
      annotationTypes?: readonly string[]
      classes?: readonly RemoteClass[]
      classesBase?: readonly RemoteClass[]
    },
    call: CallOptions = {},
  ): Promise<RemoteDataset> {
    const body = wireFields('datasets.update', change, CHANGEABLE)
    const path = `/datasets/${segment(dataset)}`
    return (await this.#http.json(data(remoteDatasetSchema), 'PATCH', path, { ...call, body })).data
  }

  async delete(dataset: string, call: CallOptions = {}): Promise<void> {
    await this.#http.json(z.unknown(), 'DELETE', `/datasets/${segment(dataset)}`, call)
  }

  archive(dataset: string, call: CallOptions = {}): Promise<RemoteDataset> {
    return this.#turn(dataset, 'archive', call)
  }

  unarchive(dataset: string, call: CallOptions = {}): Promise<RemoteDataset> {
    return this.#turn(dataset, 'unarchive', call)
  }

  async insights(dataset: string, call: CallOptions = {}): Promise<z.infer<typeof insightsSchema>> {
    const path = `/datasets/${segment(dataset)}/insights`
    return (await this.#http.json(data(insightsSchema), 'GET', path, call)).data
  }

  /** At most 10,000 items, with no way to ask for the rest: then the paged image list has them. */
  async downloadListing(
    dataset: string,
    { mode = 'full', status, ...call }: CallOptions & { mode?: DownloadMode; status?: string } = {},
  ): Promise<z.infer<typeof downloadListingSchema>> {
    const path = `/datasets/${segment(dataset)}/download`
    const query = { mode, limit: DOWNLOAD_LISTING_LIMIT, status_filter: status }
    return (await this.#http.json(data(downloadListingSchema), 'GET', path, { ...call, query }))
      .data
  }

  /**
   * Groups of images that look the same, by what the service's model sees in them. Slow: of a large dataset only a
   * sample is looked at.
   */
  async duplicates(
    dataset: string,
    options: CallOptions & DuplicateOptions = {},
  ): Promise<Duplicates> {
    const { signal, retries, idempotencyKey: _key, ...given } = options
    const query = wireFields('datasets.duplicates', given, DUPLICATE_OPTIONS) as Query
    const path = `/datasets/${segment(dataset)}/duplicates`
    const call = { ...(signal && { signal }), ...(retries !== undefined && { retries }) }
    const answer = await this.#http.json(data(duplicatesSchema), 'GET', path, {
      ...call,
      query,
      silenceMs: SLOW_MS,
    })
    return answer.data
  }

  /** Where its images lie, and what bringing them back would cost. */
  async storage(dataset: string, call: CallOptions = {}): Promise<DatasetStorage> {
    const path = `/datasets/${segment(dataset)}/storage`
    return (await this.#http.json(data(storageSchema), 'GET', path, call)).data
  }

  /** Into cold storage, free: browsing and annotations still work, the image files cannot be had. */
  freeze(dataset: string, call: CallOptions = {}) {
    return this.#moveStorage(dataset, 'freeze', call)
  }

  /** Back from cold storage, for what `storage` said. Throws a PaymentRequiredError where that is more than is left. */
  restore(dataset: string, call: CallOptions = {}) {
    return this.#moveStorage(dataset, 'restore', call)
  }

  /** Resolves when freezing or restoring has ended. */
  async storageSettled(dataset: string, call: CallOptions = {}): Promise<DatasetStorage> {
    for (let pauseMs = POLL_MS; ; pauseMs = Math.min(LONGEST_POLL_MS, pauseMs * 1.5)) {
      const state = await this.storage(dataset, call)
      if (state.storage_state === 'idle') return state
      await this.#http.clock.sleep(pauseMs, call.signal)
    }
  }

  async #moveStorage(dataset: string, verb: 'freeze' | 'restore', call: CallOptions) {
    const path = `/datasets/${segment(dataset)}/storage/${verb}`
    return (await this.#http.json(data(storageJobSchema), 'POST', path, call)).data
  }

  async #turn(dataset: string, verb: string, call: CallOptions): Promise<RemoteDataset> {
    const path = `/datasets/${segment(dataset)}/${verb}`
    return (await this.#http.json(data(remoteDatasetSchema), 'POST', path, call)).data
  }
}

/** How often a job is asked for, milliseconds. */
const POLL_MS = 2_000
const LONGEST_POLL_MS = 30_000
/** For what takes the service minutes, milliseconds. */
const SLOW_MS = 300_000

/** Exactly this many items mean that there are more. */
export const DOWNLOAD_LISTING_LIMIT = 10_000
