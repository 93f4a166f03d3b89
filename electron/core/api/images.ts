import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { z } from 'zod'
import { splitSchema } from '#shared/model/dataset.ts'
import { NotFoundError, ValidationError } from './errors.ts'
import { type CallOptions, type Http, newIdempotencyKey, type Query, segment } from './http.ts'
import { imageById, imageOfDataset, imageRoute, imageTarget, isUuid } from './image-address.ts'
import { ImageBatches } from './image-batches.ts'
import { refuseUnknown, wireFields } from './options.ts'
import { allItems, hasMore, type Listing, pageSchema, type Range } from './paging.ts'
import { readBody, saveBody } from './save-file.ts'
import { data, type RemoteImage, remoteImageSchema } from './schemas.ts'
import { putFile } from './storage.ts'
import { confirmedBy, number, requiredName, rows, text } from './tolerant.ts'

/** Accepted file types by lower-case extension. Others are refused before any request. */
export const CONTENT_TYPES: Readonly<Record<string, string>> = {
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
  bmp: 'image/bmp',
  webp: 'image/webp',
  tif: 'image/tiff',
  tiff: 'image/tiff',
  heic: 'image/heic',
  heif: 'image/heif',
}

/** Throws a ValidationError for types that the service does not accept. */
export function contentTypeOf(filename: string): string {
  const type = CONTENT_TYPES[filename.slice(filename.lastIndexOf('.') + 1).toLowerCase()]
  if (type) return type
  const message = `“${filename}” is not an image that the service takes (${Object.keys(CONTENT_TYPES).join(', ')})`
  throw new ValidationError(message, { route: 'upload' }, [{ field: 'filename', message }])
}

/** A new image. `directoryPath` is `/` or `/a/b`. */
export interface NewImage {
  filename: string
  directoryPath?: string
  contentType?: string
}

/** `width`, `height`: pixels after EXIF rotation, null if unknown. */
export interface Registration extends NewImage {
  fileSize: number
  width: number | null
  height: number | null
}

export interface UploadOptions extends Partial<NewImage> {
  /** Same as `directoryPath`; the name in the old README of the Python client. */
  folderPath?: string
  /** Pixels after EXIF rotation. */
  size?: { width: number | null; height: number | null }
  signal?: AbortSignal
  onProgress?: (bytes: number) => void
}

const UPLOAD_OPTIONS = [
  'filename',
  'directoryPath',
  'folderPath',
  'contentType',
  'size',
  'signal',
  'onProgress',
] as const

/** The service's limit for one bulk call. */
export const BULK_UPLOAD_LIMIT = 500
/** Maximum number of images per batch call: stages, copies, archiving. */
export const BATCH_IMAGES_LIMIT = 10_000

const wireName = ({ filename, directoryPath = '/', contentType }: NewImage) => ({
  filename,
  directory_path: directoryPath,
  content_type: contentType ?? contentTypeOf(filename),
})

const wireRegistration = ({ fileSize, width, height, ...image }: Registration) => ({
  ...wireName(image),
  file_size: fileSize,
  width,
  height,
})

const uploadUrlSchema = z.object({
  filename: requiredName,
  directory_path: text,
  upload_url: z.string(),
})

const bulkRegisteredSchema = z.object({
  succeeded: rows(remoteImageSchema),
  failed: rows(
    z.object({
      filename: requiredName,
      directory_path: text,
      error: requiredName.catch('refused'),
    }),
  ),
})

export interface ListFilter {
  /** `/` or `/a/b`: only this directory. */
  directoryPath?: string
  status?: string
  split?: string
  includeArchived?: boolean
  minConfidenceBelow?: number
  filename?: string
}

/** The filters under the service's names. */
const FILTERS = {
  directoryPath: 'directory_path',
  status: 'status',
  split: 'split',
  includeArchived: 'include_archived',
  minConfidenceBelow: 'min_confidence_lt',
  filename: 'filename',
}

export type ListOptions = ListFilter & Range & { signal?: AbortSignal }

/** Several images with one name are archived, except one. */
const SAME_NAME = 20

/** `image` is `directory/…/filename` in the dataset, or the image's UUID. All methods throw a PictographError. */
export class Images extends ImageBatches {
  /** Newest first. */
  list(dataset: string, options: ListOptions = {}): Listing<RemoteImage> {
    const { signal, limit, offset, ...filter } = options
    const query = wireFields('images.list', filter, FILTERS) as Query
    return allItems(
      (limit, offset) =>
        this.http.json(pageSchema(remoteImageSchema), 'GET', '/images/', {
          ...(signal && { signal }),
          query: { dataset, ...query, limit, offset },
        }),
      { limit, offset },
    )
  }

  /** One page of the current list. `limit`: at most 1000. The next page starts `received` rows later. */
  async page(
    dataset: string,
    { limit, offset, ...call }: CallOptions & { limit: number; offset: number },
  ): Promise<{ images: RemoteImage[]; received: number; hasMore: boolean }> {
    const query = { dataset, limit, offset }
    const page = await this.http.json(pageSchema(remoteImageSchema), 'GET', '/images/', {
      ...call,
      query,
    })
    return {
      images: page.items,
      received: page.received,
      hasMore: hasMore(page, { limit, offset }),
    }
  }

  /** By UUID in the whole organisation: check `dataset_id`. */
  metadata(id: string, call: CallOptions = {}): Promise<RemoteImage> {
    return imageById(this.http, id, call)
  }

  /**
   * The record of one image; `image` is its path in the dataset, or its UUID, for which the dataset may be left out.
   * A bare file name is looked up at the top level first, then everywhere. An archived image is found if no other has
   * its path. Throws a NotFoundError, or a ValidationError for a name that several directories have.
   */
  async get(image: string, call?: CallOptions): Promise<RemoteImage>
  async get(dataset: string, image: string, call?: CallOptions): Promise<RemoteImage>
  async get(
    first: string,
    second: string | CallOptions = {},
    third: CallOptions = {},
  ): Promise<RemoteImage> {
    const { dataset, image } = imageTarget(first, second)
    const call = typeof second === 'string' ? third : second
    if (dataset === null) return imageById(this.http, image, call)
    if (isUuid(image)) return imageOfDataset(this.http, dataset, image, call)
    const parts = image.split('/').filter((part) => part !== '')
    const filename = parts.at(-1) ?? ''
    const directoryPath = `/${parts.slice(0, -1).join('/')}`
    const [found] = await this.#named(dataset, filename, directoryPath, call)
    if (found) return found
    const elsewhere = image.includes('/')
      ? []
      : await this.#named(dataset, filename, undefined, call)
    if (elsewhere.length === 1) return elsewhere[0]
    if (elsewhere.length === 0) {
      const context = { route: 'GET /images/', status: 404 }
      throw new NotFoundError(`The dataset “${dataset}” has no image “${image}”`, context)
    }
    const places = [...new Set(elsewhere.map((item) => item.directory_path ?? '/'))].join(', ')
    const message = `“${image}” is in more than one directory (${places}): pass its path`
    throw new ValidationError(message, { route: 'images.get' }, [{ field: 'image', message }])
  }

  /** Images with a name; archived ones come last. */
  async #named(
    dataset: string,
    filename: string,
    directoryPath: string | undefined,
    call: CallOptions,
  ): Promise<RemoteImage[]> {
    const page = await this.http.json(pageSchema(remoteImageSchema), 'GET', '/images/', {
      ...call,
      query: {
        dataset,
        directory_path: directoryPath,
        filename,
        include_archived: true,
        limit: SAME_NAME,
        offset: 0,
      },
    })
    const named = page.items.filter((item) => item.filename === filename)
    const there = named.filter((item) => !item.is_archived)
    return there.length > 0 ? there : named
  }

  /** The original file as a stream. `image`: its path in the dataset, or its UUID. */
  async bytes(dataset: string, image: string, call: CallOptions = {}): ReturnType<Http['bytes']> {
    return this.http.bytes(`/images/${await imageRoute(this.http, { dataset, image }, call)}`, call)
  }

  /** The original file as a stream, by the image's UUID. */
  bytesById(imageId: string, call: CallOptions = {}): ReturnType<Http['bytes']> {
    return this.http.bytes(`/images/${segment(imageId)}`, call)
  }

  /** The bytes of an image URL from the service, with the key, from our own host. */
  bytesAt(address: string, call: CallOptions = {}): ReturnType<Http['bytes']> {
    return this.http.bytes(this.http.ownPath(address), call)
  }

  /** A ZIP of the image, its annotations and a manifest. */
  async bundle(dataset: string, image: string, call: CallOptions = {}) {
    const route = await imageRoute(this.http, { dataset, image }, call)
    return this.http.bytes(`/images/${route}/data-bundle`, call)
  }

  /** The original file. With `file` it is written there, under a temporary name until it is complete. */
  async download(
    dataset: string,
    image: string,
    options: CallOptions & { file: string },
  ): Promise<null>
  async download(
    dataset: string,
    image: string,
    options?: CallOptions & { file?: undefined },
  ): Promise<Buffer>
  async download(
    dataset: string,
    image: string,
    { file, ...call }: CallOptions & { file?: string } = {},
  ): Promise<Buffer | null> {
    const path = `/images/${await imageRoute(this.http, { dataset, image }, call)}`
    const route = `GET ${path}`
    return this.http.receive(path, call, async (received) => {
      if (file === undefined) return readBody(received, route, call)
      await saveBody(received, file, route, call)
      return null
    })
  }

  async uploadUrl(dataset: string, image: NewImage, call: CallOptions = {}) {
    const body = { dataset, ...wireName(image) }
    const path = '/images/upload-url'
    return (await this.http.json(data(uploadUrlSchema), 'POST', path, { ...call, body })).data
  }

  async register(
    dataset: string,
    image: Registration,
    call: CallOptions = {},
  ): Promise<RemoteImage> {
    const body = { dataset, ...wireRegistration(image) }
    const path = '/images/register'
    return (await this.http.json(data(remoteImageSchema), 'POST', path, { ...call, body })).data
  }

  /**
   * At most `BULK_UPLOAD_LIMIT`. Addresses come in the requested order, so one unreadable row fails the whole call:
   * otherwise we would guess which address belongs to which image.
   */
  async bulkUploadUrl(dataset: string, images: readonly NewImage[], call: CallOptions = {}) {
    const body = { dataset, images: images.map(wireName) }
    const schema = data(
      z.object({ upload_urls: z.array(uploadUrlSchema), expires_in_minutes: number }),
    )
    return (await this.http.json(schema, 'POST', '/images/bulk-upload-url', { ...call, body })).data
  }

  async bulkRegister(dataset: string, images: readonly Registration[], call: CallOptions = {}) {
    const body = { dataset, images: images.map(wireRegistration) }
    const path = '/images/bulk-register'
    return (await this.http.json(data(bulkRegisteredSchema), 'POST', path, { ...call, body })).data
  }

  /**
   * Uploads a local file in three steps, never held in memory. `filename` defaults to its own name, `directoryPath`
   * to the top level of the dataset. `onProgress`: bytes sent.
   */
  async upload(dataset: string, file: string, options: UploadOptions = {}): Promise<RemoteImage> {
    refuseUnknown('images.upload', options, UPLOAD_OPTIONS)
    const {
      onProgress,
      signal,
      size = { width: null, height: null },
      folderPath,
      ...given
    } = options
    const place = folderPath === undefined ? {} : { directoryPath: folderPath }
    const image = { filename: basename(file), ...place, ...given }
    const call = { ...(signal && { signal }) }
    const contentType = image.contentType ?? contentTypeOf(image.filename)
    const { size: fileSize } = await stat(file)
    const { upload_url } = await this.uploadUrl(dataset, image, call)
    const transfer = { ...call, ...(onProgress && { onProgress }) }
    await putFile(this.http.dispatcher, upload_url, file, contentType, transfer)
    // One key for all tries, so that a lost answer does not register the image twice.
    return this.register(
      dataset,
      { ...image, fileSize, ...size },
      { ...call, idempotencyKey: newIdempotencyKey() },
    )
  }

  /** Archives the image; `permanent` deletes it. An image's UUID needs no dataset. */
  async delete(image: string, options?: CallOptions & { permanent?: boolean }): Promise<void>
  async delete(
    dataset: string,
    image: string,
    options?: CallOptions & { permanent?: boolean },
  ): Promise<void>
  async delete(
    first: string,
    second: string | (CallOptions & { permanent?: boolean }) = {},
    third: CallOptions & { permanent?: boolean } = {},
  ): Promise<void> {
    const target = imageTarget(first, second)
    const { permanent, ...call } = typeof second === 'string' ? third : second
    const route = `/images/${await imageRoute(this.http, target, call)}`
    await this.http.json(z.unknown(), 'DELETE', route, { ...call, query: { permanent } })
  }

  async review(
    dataset: string,
    image: string,
    action: 'approve' | 'request_changes',
    { note, ...call }: CallOptions & { note?: string } = {},
  ) {
    const route = `/images/${await imageRoute(this.http, { dataset, image }, call)}/review`
    const body = { action, ...(note !== undefined && { note }) }
    const schema = data(z.object({ status: text, review_note: text }))
    return (await this.http.json(schema, 'POST', route, { ...call, body })).data
  }

  async setSplit(
    dataset: string,
    image: string,
    split: z.infer<typeof splitSchema> | null,
    call: CallOptions = {},
  ) {
    const route = `/images/${await imageRoute(this.http, { dataset, image }, call)}/split`
    const answer = z.object({ split: splitSchema.nullish().catch(null) })
    const schema = data(confirmedBy(['split', 'id'], answer))
    return (await this.http.json(schema, 'POST', route, { ...call, body: { split } })).data.split
  }
}
