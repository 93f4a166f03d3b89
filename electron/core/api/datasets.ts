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
import { requireSameId } from './image-address.ts'
import { Images, type ListOptions } from './images.ts'
import { polled } from './job-end.ts'
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

/** Optional fields of a new dataset, under the service's names. */
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

/** `dataset` is always its name (case-sensitive) or its UUID. All methods throw a PictographError. */
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
      /** At most 10,000; default 1000. */
      imagesLimit?: number
      imagesOffset?: number
    } = {},
  ): Promise<RemoteDataset> {
    const query = includeImages
      ? { include_images: true, images_limit: imagesLimit, images_offset: imagesOffset }
      : {}
    const path = `/datasets/${segment(dataset)}`
    const answer = await this.#http.json(data(remoteDatasetSchema), 'GET', path, { ...call, query })
    requireSameId(dataset, answer.data.id, `GET ${path}`)
    return answer.data
  }

  /** Newest first; the same as `images.list`. */
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
   * `classes` alone replaces the whole list. With `classesBase`, the list as it was read, the service applies the
   * difference between the two to its current list, so other people's additions stay.
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
    const answer = await this.#http.json(data(remoteDatasetSchema), 'PATCH', path, {
      ...call,
      body,
    })
    requireSameId(dataset, answer.data.id, `PATCH ${path}`)
    return answer.data
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

  /** At most 10,000 items, without further pages; the paged image list has the rest. */
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
   * Groups of images that look the same to the service's model. Slow: for a large dataset only a sample is compared.
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

  /** The storage class of the images, and the price of restoring them. */
  async storage(dataset: string, call: CallOptions = {}): Promise<DatasetStorage> {
    const path = `/datasets/${segment(dataset)}/storage`
    return (await this.#http.json(data(storageSchema), 'GET', path, call)).data
  }

  /**
   * Moves the dataset to cold storage, free of charge: browsing and annotations still work, image files are
   * unavailable.
   */
  freeze(dataset: string, call: CallOptions = {}) {
    return this.#moveStorage(dataset, 'freeze', call)
  }

  /**
   * Restores from cold storage for the price that `storage` reports. Throws a PaymentRequiredError if the balance is
   * too low.
   */
  restore(dataset: string, call: CallOptions = {}) {
    return this.#moveStorage(dataset, 'restore', call)
  }

  /** Resolves when freezing or restoring has ended. */
  async storageSettled(dataset: string, call: CallOptions = {}): Promise<DatasetStorage> {
    return polled(
      this.#http,
      () => this.storage(dataset, call),
      ({ storage_state }) => storage_state === 'idle',
      call,
    )
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

/** Timeout for calls that take minutes, in milliseconds. */
const SLOW_MS = 300_000

/** Exactly this many items mean that there are more. */
export const DOWNLOAD_LISTING_LIMIT = 10_000
