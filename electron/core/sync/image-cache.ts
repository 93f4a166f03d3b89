import { open, rm, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { touchFile } from '#core/aged-files.ts'
import type { Client } from '#core/api/client.ts'
import { pour, receiveStorage, type StorageSink } from '#core/api/storage.ts'
import type { CachedFileRepository } from '#core/cache/cached-file-repository.ts'
import type { DatasetRepository } from '#core/cache/dataset-repository.ts'
import { imageFile } from '#core/cache/image-file.ts'
import type { ImageRepository } from '#core/cache/image-repository.ts'
import type { RemoteRepository } from '#core/cache/remote-repository.ts'
import type { EventBus } from '#core/event-bus.ts'
import { makeFolder } from '#core/make-folder.ts'
import type { Facts } from '#core/media/probe.ts'
import { PRIVATE_FOLDER } from '#core/private-files.ts'
import { isBroken, toServiceError } from '#core/service-error.ts'
import { BrokenFileError } from '#core/threads/wire-error.ts'
import { type FetchRequest, fetchFile } from '#core/transfer/fetch-file.ts'
import { decodes } from '#core/transfer/whole-image.ts'
import { UserError } from '#core/user-error.ts'
import type { DatasetImage } from '#shared/model/dataset.ts'
import type { Accounts } from './accounts.ts'

/** Number of images to prefetch after the current one. */
const AHEAD = 4
/** Prefetches run at most this many at a time, so that they do not slow down the image the user waits for. */
const AHEAD_PARALLEL = 2
/** A download that breaks off is retried this often. */
const ATTEMPTS = 3
/** Number of files to examine between two size checks while the cache shrinks. */
const EVICT_BATCH = 200
/** Number of files that are deleted between two writes to the library. */
const DROP_BATCH = 500
/** A cache above its limit shrinks to this share of the limit. */
const ROOM = 0.95

interface Deps {
  accounts: Accounts
  datasets: DatasetRepository
  images: ImageRepository
  remotes: RemoteRepository
  files: CachedFileRepository
  events: EventBus
  /** Reads an image file's size in pixels. */
  probe: (file: string) => Promise<Facts>
  /** Absolute path; used to measure free space. */
  dataDir: string
  /** Maximum bytes of cached files; read at each fetch. */
  limitBytes: () => number
  /** Reports a background failure. */
  trouble: (error: unknown) => void
}

/** A thumbnail usually has about ten thousand bytes; refuse anything larger than this. */
const MOST_THUMBNAIL_BYTES = 20_000_000

/** Ensures that the file's bytes are on disk before it counts as cached. */
async function flush(file: string): Promise<void> {
  await using handle = await open(file, 'r+')
  await handle.sync()
}

/** Cached files of remote images: fetched on demand, prefetched, and evicted by age. */
export class ImageCache {
  readonly #deps: Deps
  readonly #fetching = new Map<string, Promise<string>>()
  readonly #thumbnails = new Map<string, Promise<string>>()
  readonly #abort = new AbortController()
  #ahead: string[] = []
  #aheadRunning = 0
  #shrinking: Promise<void> | null = null
  /** Upper bound of the cached bytes; files that were deleted outside the app still count. null: never counted. */
  #atMostBytes: number | null = null
  #checkAtBytes = 0

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** Returns the image's file, and fetches it if it is not cached. Throws a UserError. */
  async file(imageId: string): Promise<string> {
    const { images, datasets, files } = this.#deps
    const image = images.get(imageId)
    const file = imageFile(datasets.get(image.datasetId), image)
    if (!image.remote) return file
    if (image.remote.isCached) {
      if (await stat(file).catch(() => null)) {
        files.touch(imageId)
        return file
      }
      // The file was deleted outside the app.
      files.setCached(imageId, null)
    }
    return this.#once(imageId, () => this.#fetch(image, file))
  }

  /** The service's thumbnail of an image; null if it has none. Throws a UserError if the fetch fails. */
  async thumbnail(imageId: string): Promise<string | null> {
    const facts = this.#deps.remotes.find(imageId)
    if (!facts?.thumbnailUrl) return null
    // Stored in the dataset's folder, so that it is removed with the dataset.
    const target = join(this.#deps.datasets.get(facts.datasetId).root, 'thumbnails', imageId)
    if (await touchFile(target)) return target
    const running = this.#thumbnails.get(imageId)
    if (running) return running
    const { thumbnailUrl, datasetId } = facts
    const work = this.#aside(datasetId, async (client) => {
      // Storage is another host than the service, so the key is not sent.
      const { dispatcher } = client.http
      const { signal } = this.#abort
      await this.#receive(target, { expectedBytes: 0, maxBytes: MOST_THUMBNAIL_BYTES }, (sink) =>
        receiveStorage(dispatcher, thumbnailUrl, { signal }, sink),
      )
      return target
    })
      .catch((error: unknown) => {
        throw toServiceError(error)
      })
      .finally(() => this.#thumbnails.delete(imageId))
    this.#thumbnails.set(imageId, work)
    return work
  }

  /** Renditions of an image lie beside it, so that they are removed with its dataset. */
  renditionsOf(imageId: string): { folder: string } {
    const { images, datasets } = this.#deps
    return { folder: join(datasets.get(images.get(imageId).datasetId).root, 'renditions') }
  }

  /** Prefetches the images that are likely to be opened next; a new call replaces the previous one. */
  fetchAhead(imageIds: readonly string[]): void {
    this.#ahead = imageIds.slice(0, AHEAD)
    while (this.#aheadRunning < AHEAD_PARALLEL && this.#ahead.length > 0) void this.#runAhead()
  }

  /** Deletes the cached files of images. */
  async drop(imageIds: readonly string[]): Promise<void> {
    const { images, datasets, files, events } = this.#deps
    for (let start = 0; start < imageIds.length; start += DROP_BATCH) {
      const batch = imageIds.slice(start, start + DROP_BATCH).flatMap((id) => images.find(id) ?? [])
      for (const image of batch)
        await rm(imageFile(datasets.get(image.datasetId), image), { force: true })
      files.forgetCached(batch.map(({ id }) => id))
    }
    const byDataset = Map.groupBy(
      imageIds.flatMap((id) => images.find(id) ?? []),
      ({ datasetId }) => datasetId,
    )
    for (const [datasetId, upserted] of byDataset)
      events.publish({ type: 'images', datasetId, upserted })
  }

  /** Cancels all fetches of a dataset before it is removed. */
  async leave(datasetId: string): Promise<void> {
    this.#ahead = []
    const { images } = this.#deps
    const mine = [...this.#fetching, ...this.#thumbnails].filter(
      ([id]) => images.find(id)?.datasetId === datasetId,
    )
    await Promise.allSettled(mine.map(([, work]) => work))
  }

  /** Free bytes on the disk of the cache. */
  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#deps.dataDir)
    return bavail * bsize
  }

  /** Evicts the least recently used files until the cache is below its limit, bytes. */
  async shrink(limit: number = this.#deps.limitBytes()): Promise<void> {
    const { files } = this.#deps
    let bytes = files.cacheBytes()
    // Evict a little more than needed, so that the next file does not trigger another count.
    const goal = bytes <= limit ? bytes : limit * ROOM
    while (bytes > goal) {
      const batch = files.evictable(EVICT_BATCH)
      if (batch.length === 0) break
      const going: string[] = []
      for (const { imageId, bytes: size } of batch) {
        if (bytes <= goal) break
        bytes -= size
        going.push(imageId)
      }
      await this.drop(going)
    }
    this.#atMostBytes = bytes
    // Files that must stay may take more than the limit.
    this.#checkAtBytes = Math.max(limit, bytes + limit * (1 - ROOM))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ahead = []
    this.#abort.abort()
    await Promise.allSettled([...this.#fetching.values(), ...this.#thumbnails.values()])
    await this.#shrinking
  }

  #run<T>(datasetId: string, work: (client: Client) => Promise<T>): Promise<T> {
    return this.#deps.accounts.run(this.#accountOf(datasetId), work)
  }

  #aside<T>(datasetId: string, work: (client: Client) => Promise<T>): Promise<T> {
    return this.#deps.accounts.aside(this.#accountOf(datasetId), work)
  }

  #accountOf(datasetId: string): string {
    const { remote } = this.#deps.datasets.get(datasetId)
    if (!remote) throw new UserError('not_remote', 'This dataset is not on the service.')
    return remote.accountId
  }

  #once(imageId: string, work: () => Promise<string>): Promise<string> {
    const running = this.#fetching.get(imageId)
    if (running) return running
    const started = work().finally(() => this.#fetching.delete(imageId))
    this.#fetching.set(imageId, started)
    return started
  }

  async #fetch(image: DatasetImage & { datasetId: string }, file: string): Promise<string> {
    const { remotes, files, images, events, probe } = this.#deps
    const { signal } = this.#abort
    const facts = remotes.find(image.id)
    if (!facts) throw new UserError('image_gone', 'This image is no longer in the library.')
    try {
      await this.#run(image.datasetId, (client) =>
        this.#receive(file, { expectedBytes: image.fileSizeBytes }, async (sink) =>
          pour(await client.images.bytesById(facts.remoteId, { signal }), sink),
        ),
      )
    } catch (error) {
      if (error instanceof BrokenFileError)
        throw new UserError(
          'image_incomplete',
          'The service sent this image incomplete, several times. Try again later.',
          { cause: error },
        )
      const problem = toServiceError(error)
      if (problem.reason !== 'offline') throw problem
      throw new UserError(
        'offline',
        'This image is not on this machine yet. Couldn’t reach the service. Make datasets available offline before you go offline.',
        { cause: error },
      )
    }
    const { size } = await stat(file)
    const found = await probe(file)
    files.setCached(image.id, size)
    // The file's own size in pixels is more reliable than any list.
    images.setFacts([{ id: image.id, ...found }])
    events.publish({
      type: 'images',
      datasetId: image.datasetId,
      upserted: images.getMany([image.id]),
    })
    this.#grown(size)
    return file
  }

  /**
   * Shrinks the cache if it may exceed the limit. The files are counted only then and once at first, because each
   * count reads all of them.
   */
  #grown(bytes: number): void {
    this.#atMostBytes ??= this.#deps.files.cacheBytes()
    this.#atMostBytes += bytes
    if (this.#atMostBytes <= Math.max(this.#checkAtBytes, this.#deps.limitBytes())) return
    this.#shrinking ??= this.shrink()
      .catch(this.#deps.trouble)
      .finally(() => {
        this.#shrinking = null
      })
  }

  /** Downloads a complete image to its place, or nothing. `expectedBytes` comes from a list; 0: unknown. */
  async #receive(
    target: string,
    size: Pick<FetchRequest, 'expectedBytes' | 'maxBytes'>,
    open: (sink: StorageSink) => Promise<void>,
  ): Promise<void> {
    const { signal } = this.#abort
    await makeFolder(dirname(target), PRIVATE_FOLDER)
    for (let attempt = 1; ; attempt++) {
      try {
        await fetchFile({
          target,
          isPrivate: true,
          mayHavePart: true,
          ...size,
          etag: null,
          open: (_fromByte, _etag, sink) => open(sink),
          decodes: (bytes) => decodes(target, bytes),
          onBytes: () => signal.throwIfAborted(),
          onEtag: () => {},
        })
        await flush(target)
        return
      } catch (error) {
        await rm(`${target}.part`, { force: true })
        const mayHelp = isBroken(error) || error instanceof BrokenFileError
        if (signal.aborted || attempt >= ATTEMPTS || !mayHelp) throw error
      }
    }
  }

  async #runAhead(): Promise<void> {
    this.#aheadRunning++
    try {
      for (let id = this.#ahead.shift(); id !== undefined; id = this.#ahead.shift())
        await this.file(id).catch(() => {})
    } finally {
      this.#aheadRunning--
    }
  }
}
