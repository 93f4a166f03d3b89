import { createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { splitSchema } from '#shared/model/dataset.ts'
import { ValidationError } from './errors.ts'
import { type CallOptions, type Http, imagePath, newIdempotencyKey, segment } from './http.ts'
import { allItems, pageSchema } from './paging.ts'
import { batchResultSchema, data, type RemoteImage, remoteImageSchema } from './schemas.ts'
import { putFile } from './storage.ts'

/** What the service takes, by lower-case extension. Anything else is refused before any request. */
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

/** Throws a ValidationError for what the service does not take. */
export function contentTypeOf(filename: string): string {
  const type = CONTENT_TYPES[filename.slice(filename.lastIndexOf('.') + 1).toLowerCase()]
  if (type) return type
  const message = `“${filename}” is not an image that the service takes (${Object.keys(CONTENT_TYPES).join(', ')})`
  throw new ValidationError(message, { route: 'upload' }, [{ field: 'filename', message }])
}

/** An image that is to come. `directoryPath` is `/` or `/a/b`. */
export interface NewImage {
  filename: string
  directoryPath?: string
  contentType?: string
}

/** `width`, `height`: pixels after EXIF rotation, null when unknown. */
export interface Registration extends NewImage {
  fileSize: number
  width: number | null
  height: number | null
}

/** The service's limit of one bulk call. */
export const BULK_UPLOAD_LIMIT = 500

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
  filename: z.string(),
  directory_path: z.string().nullish(),
  upload_url: z.string(),
})

const bulkRegisteredSchema = z.object({
  succeeded: z.array(remoteImageSchema),
  failed: z.array(
    z.object({ filename: z.string(), directory_path: z.string().nullish(), error: z.string() }),
  ),
})

export interface ListFilter {
  directoryPath?: string
  status?: string
  split?: string
  includeArchived?: boolean
  minConfidenceBelow?: number
  filename?: string
}

/** `path` is `directory/…/filename` inside the dataset. All methods throw a PictographError. */
export class Images {
  readonly #http: Http

  constructor(http: Http) {
    this.#http = http
  }

  /** Newest first. */
  list(
    dataset: string,
    { signal, limit, ...filter }: ListFilter & { signal?: AbortSignal; limit?: number } = {},
  ): AsyncGenerator<RemoteImage> {
    const query = {
      dataset,
      directory_path: filter.directoryPath,
      status: filter.status,
      split: filter.split,
      include_archived: filter.includeArchived,
      min_confidence_lt: filter.minConfidenceBelow,
      filename: filter.filename,
    }
    return allItems(
      (pageLimit, offset) =>
        this.#http.json(pageSchema(remoteImageSchema), 'GET', '/images/', {
          ...(signal && { signal }),
          query: { ...query, limit: pageLimit, offset },
        }),
      limit,
    )
  }

  /** One page of the list, as it is now. `limit`: at most 1000. */
  async page(
    dataset: string,
    { limit, offset, ...call }: CallOptions & { limit: number; offset: number },
  ): Promise<{ images: RemoteImage[]; hasMore: boolean }> {
    const query = { dataset, limit, offset }
    const { data: images, pagination } = await this.#http.json(
      pageSchema(remoteImageSchema),
      'GET',
      '/images/',
      { ...call, query },
    )
    return { images, hasMore: pagination ? pagination.has_more : images.length >= limit }
  }

  /** By UUID, from the whole organisation: check `dataset_id`. */
  async metadata(id: string, call: CallOptions = {}): Promise<RemoteImage> {
    const path = `/images/${segment(id)}/metadata`
    return (await this.#http.json(data(remoteImageSchema), 'GET', path, call)).data
  }

  /** The original file's bytes, as they come. */
  bytes(dataset: string, path: string, call: CallOptions = {}): ReturnType<Http['bytes']> {
    return this.#http.bytes(`/images/${segment(dataset)}/${imagePath(path)}`, call)
  }

  /** The original file's bytes, by the image's UUID. */
  bytesById(imageId: string, call: CallOptions = {}): ReturnType<Http['bytes']> {
    return this.#http.bytes(`/images/${segment(imageId)}`, call)
  }

  /** The bytes of an image that the service gave a URL for, with the key, from our own host. */
  bytesAt(address: string, call: CallOptions = {}): ReturnType<Http['bytes']> {
    return this.#http.bytes(this.#http.ownPath(address), call)
  }

  /** A ZIP of the image, its annotations and a manifest. */
  bundle(dataset: string, path: string, call: CallOptions = {}) {
    return this.#http.bytes(`/images/${segment(dataset)}/${imagePath(path)}/data-bundle`, call)
  }

  /** Writes the original file's bytes to a file. */
  async get(dataset: string, path: string, file: string, call: CallOptions = {}): Promise<void> {
    const { body } = await this.bytes(dataset, path, call)
    await pipeline(body, createWriteStream(file), { ...(call.signal && { signal: call.signal }) })
  }

  async uploadUrl(dataset: string, image: NewImage, call: CallOptions = {}) {
    const body = { dataset, ...wireName(image) }
    const path = '/images/upload-url'
    return (await this.#http.json(data(uploadUrlSchema), 'POST', path, { ...call, body })).data
  }

  async register(
    dataset: string,
    image: Registration,
    call: CallOptions = {},
  ): Promise<RemoteImage> {
    const body = { dataset, ...wireRegistration(image) }
    const path = '/images/register'
    return (await this.#http.json(data(remoteImageSchema), 'POST', path, { ...call, body })).data
  }

  /** At most `BULK_UPLOAD_LIMIT`; the addresses come in the order asked for. */
  async bulkUploadUrl(dataset: string, images: readonly NewImage[], call: CallOptions = {}) {
    const body = { dataset, images: images.map(wireName) }
    const schema = data(
      z.object({ upload_urls: z.array(uploadUrlSchema), expires_in_minutes: z.number().nullish() }),
    )
    return (await this.#http.json(schema, 'POST', '/images/bulk-upload-url', { ...call, body }))
      .data
  }

  async bulkRegister(dataset: string, images: readonly Registration[], call: CallOptions = {}) {
    const body = { dataset, images: images.map(wireRegistration) }
    const path = '/images/bulk-register'
    return (await this.#http.json(data(bulkRegisteredSchema), 'POST', path, { ...call, body })).data
  }

  /** A file from disk in three steps, never held in memory. `onProgress`: bytes sent. */
  async upload(
    dataset: string,
    file: string,
    {
      onProgress,
      signal,
      size = { width: null, height: null },
      ...image
    }: NewImage & {
      size?: { width: number | null; height: number | null }
      signal?: AbortSignal
      onProgress?: (bytes: number) => void
    },
  ): Promise<RemoteImage> {
    const call = { ...(signal && { signal }) }
    const contentType = image.contentType ?? contentTypeOf(image.filename)
    const { size: fileSize } = await stat(file)
    const { upload_url } = await this.uploadUrl(dataset, image, call)
    const transfer = { ...call, ...(onProgress && { onProgress }) }
    await putFile(this.#http.dispatcher, upload_url, file, contentType, transfer)
    // One key for all tries: an answer that was lost does not register twice.
    return this.register(
      dataset,
      { ...image, fileSize, ...size },
      { ...call, idempotencyKey: newIdempotencyKey() },
    )
  }

  /** Archives; `permanent` deletes. */
  async delete(
    dataset: string,
    path: string,
    { permanent, ...call }: CallOptions & { permanent?: boolean } = {},
  ): Promise<void> {
    const route = `/images/${segment(dataset)}/${imagePath(path)}`
    await this.#http.json(z.unknown(), 'DELETE', route, { ...call, query: { permanent } })
  }

  /** Adds tags, or takes them away. Answers how many images were changed. */
  async bulkTag(
    dataset: string,
    imageIds: readonly string[],
    tags: readonly string[],
    add: boolean,
    call: CallOptions = {},
  ): Promise<number> {
    const body = { dataset, image_ids: imageIds, tags, add }
    const schema = data(z.object({ processed: z.number().int() }))
    const answer = await this.#http.json(schema, 'POST', '/images/bulk-tag', { ...call, body })
    return answer.data.processed
  }

  async review(
    dataset: string,
    path: string,
    action: 'approve' | 'request_changes',
    { note, ...call }: CallOptions & { note?: string } = {},
  ) {
    const route = `/images/${segment(dataset)}/${imagePath(path)}/review`
    const body = { action, ...(note !== undefined && { note }) }
    const schema = data(z.object({ status: z.string(), review_note: z.string().nullish() }))
    return (await this.#http.json(schema, 'POST', route, { ...call, body })).data
  }

  async setSplit(
    dataset: string,
    path: string,
    split: z.infer<typeof splitSchema> | null,
    call: CallOptions = {},
  ) {
    const route = `/images/${segment(dataset)}/${imagePath(path)}/split`
    const schema = data(z.object({ split: splitSchema.nullable() }))
    return (await this.#http.json(schema, 'POST', route, { ...call, body: { split } })).data.split
  }

  async assignSplits(
    dataset: string,
    shares: {
      train: number
      val: number
      test: number
      seed?: number
      mode?: 'random' | 'embedding'
    },
    call: CallOptions = {},
  ) {
    const { mode = 'random', seed = 42, train, val, test } = shares
    const body = { dataset, train, val, test, seed, split_mode: mode }
    const counted = z.number().int()
    const schema = data(
      z.object({ processed: counted, train: counted, val: counted, test: counted }),
    )
    return (await this.#http.json(schema, 'POST', '/images/assign-splits', { ...call, body })).data
  }

  /** Stage, display name or archived of at most 10,000 images. */
  updateMany(
    dataset: string,
    imageIds: readonly string[],
    updates: { status?: string; displayName?: string; isArchived?: boolean },
    call: CallOptions = {},
  ) {
    const { status, displayName, isArchived } = updates
    return this.#batch('PATCH', 'update', call, {
      dataset_name: dataset,
      image_ids: imageIds,
      updates: {
        ...(status !== undefined && { status }),
        ...(displayName !== undefined && { display_name: displayName }),
        ...(isArchived !== undefined && { is_archived: isArchived }),
      },
    })
  }

  moveMany(
    dataset: string,
    imageIds: readonly string[],
    directoryPath: string,
    call: CallOptions = {},
  ) {
    return this.#batch('POST', 'move', call, {
      dataset_name: dataset,
      image_ids: imageIds,
      target_directory_path: directoryPath,
    })
  }

  copyMany(
    dataset: string,
    imageIds: readonly string[],
    directoryPath: string,
    options: CallOptions & {
      duplicates?: 'rename' | 'skip' | 'overwrite'
      copyAnnotations?: boolean
    } = {},
  ) {
    const { duplicates = 'rename', copyAnnotations = true, ...call } = options
    return this.#batch('POST', 'copy', call, {
      dataset_name: dataset,
      image_ids: imageIds,
      target_directory_path: directoryPath,
      duplicate_handling: duplicates,
      copy_annotations: copyAnnotations,
    })
  }

  deleteMany(
    dataset: string,
    imageIds: readonly string[],
    { permanent = false, ...call }: CallOptions & { permanent?: boolean } = {},
  ) {
    return this.#batch('POST', 'delete', call, {
      dataset_name: dataset,
      image_ids: imageIds,
      permanent,
    })
  }

  #batch(method: 'POST' | 'PATCH', verb: string, call: CallOptions, body: Record<string, unknown>) {
    const path = `/batch/images/${verb}`
    return this.#http.json(batchResultSchema, method, path, { ...call, body })
  }
}
