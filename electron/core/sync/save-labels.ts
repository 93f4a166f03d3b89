import { createHash } from 'node:crypto'
import { type Client, ForbiddenError, NotFoundError, ValidationError } from '#core/api/client.ts'
import { toWireAnnotation } from '#core/api/wire-annotation.ts'
import type { DatasetRepository } from '#core/cache/dataset-repository.ts'
import type { EditStore } from '#core/cache/edit-store.ts'
import type { ImageRepository } from '#core/cache/image-repository.ts'
import type { Outbox, OutboxRow } from '#core/cache/outbox.ts'
import type { RemoteImageFacts, RemoteRepository } from '#core/cache/remote-repository.ts'
import { isGeneral, isRefusal, toServiceError } from '#core/service-error.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import type { LabelSync } from './label-sync.ts'
import type { SyncLimits } from './sync-limits.ts'

const READ_PARALLEL = 8

interface Deps {
  limits: SyncLimits
  datasets: DatasetRepository
  images: ImageRepository
  edits: EditStore
  remotes: RemoteRepository
  outbox: Outbox
  labels: LabelSync
  /** Something that a person must know. */
  notice: (imageId: string, message: string) => void
  announceImage: (imageId: string) => void
}

interface Round {
  signal: AbortSignal
  /** The images' locks, to be let go of after the save. */
  releases: (() => void)[]
  /** Faults of single images that may pass. */
  postponed: unknown[]
}

interface Save {
  row: OutboxRow
  imageId: string
  remoteId: string
  annotations: Annotation[]
  /** How many the service had when they were read. */
  readCount: number
}

/**
 * One key for a batch, the same after a crash as long as the batch is: two tries of it are one save. A row's
 * own key changes with each edit, so another content never goes under an old key.
 */
function batchKey(saves: readonly Save[]): string {
  const keys = saves.map(({ row }) => row.idempotencyKey).join(' ')
  return createHash('sha256').update(keys).digest('hex').slice(0, 32)
}

/**
 * The one way in which labels get to the service: drawn, imported, changed in bulk, or uploaded beside their images.
 * The service has no precondition on a save, and a save replaces all labels of an image. So each image is read,
 * merged with what was last known to be there, and saved right afterwards, in batches; its answer is noted per image.
 */
export class SaveLabels {
  readonly #deps: Deps

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /**
   * Pushes what waits in a dataset. What is refused is marked and does not hold up the others. Throws
   * when something does not get through at the moment; all that is not acknowledged waits.
   */
  async push(client: Client, datasetId: string, signal: AbortSignal): Promise<void> {
    const { outbox, limits } = this.#deps
    const tried = new Set<number>()
    const postponed: unknown[] = []
    await this.#saveUnlabelled(client, datasetId, { signal, tried, postponed })
    for (;;) {
      // What was edited again while it was pushed waits for its own turn.
      const rows = outbox
        .waiting(datasetId, 'annotations', limits.readBatch + tried.size)
        .filter(({ id }) => !tried.has(id))
        .slice(0, limits.readBatch)
      if (rows.length === 0) break
      for (const { id } of rows) tried.add(id)
      await this.#held(signal, postponed, async (round) => {
        const saves = await this.#prepare(client, rows, round)
        if (saves.length > 0) await this.#save(client, saves, signal)
      })
    }
    if (postponed.length > 0) throw postponed[0]
  }

  /** Images that `work` takes the locks of stay locked until it ends. */
  async #held(
    signal: AbortSignal,
    postponed: unknown[],
    work: (round: Round) => Promise<void>,
  ): Promise<void> {
    const releases: (() => void)[] = []
    try {
      await work({ signal, releases, postponed })
    } finally {
      for (const release of releases) release()
    }
  }

  /**
   * Images that have no labels on the service yet, as after an upload: one page of the list of images says so of
   * many, where reading each would use up the hour. Each page is saved before the next is read. All others,
   * and all where the list fails, are read one by one afterwards.
   */
  async #saveUnlabelled(
    client: Client,
    datasetId: string,
    { signal, tried, postponed }: Omit<Round, 'releases'> & { tried: Set<number> },
  ): Promise<void> {
    const { outbox, remotes, datasets, images, limits } = this.#deps
    const { remote } = datasets.get(datasetId)
    const waiting = outbox.waiting(datasetId, 'annotations').length
    const pages = Math.ceil(images.count(datasetId).found / limits.saveBatch)
    if (!remote || waiting < limits.listFrom || waiting <= pages) return
    for (let offset = 0; ; ) {
      const page = await this.#page(client, remote.remoteId, offset, signal)
      if (!page) return
      const unlabelled = page.images.flatMap(({ id, annotation_count: count }) =>
        count === 0 ? (remotes.imageId(datasetId, id) ?? []) : [],
      )
      await this.#held(signal, postponed, async ({ releases }) => {
        const queued = unlabelled.filter(
          (imageId) => outbox.find(imageId, 'annotations')?.state === 'waiting',
        )
        for (const imageId of queued) releases.push(await this.#deps.labels.locks.take(imageId))
        const saves = this.#savesOfUnlabelled(queued)
        for (const { row } of saves) tried.add(row.id)
        if (saves.length > 0) await this.#save(client, saves, signal)
      })
      offset += page.images.length
      if (!page.hasMore || page.images.length === 0) return
    }
  }

  /** Of the service's list of images; null: it fails at the moment. Throws what every other call would meet too. */
  async #page(client: Client, dataset: string, offset: number, signal: AbortSignal) {
    try {
      return await client.images.page(dataset, {
        limit: this.#deps.limits.saveBatch,
        offset,
        signal,
      })
    } catch (error) {
      if (signal.aborted || isGeneral(error)) throw error
      return null
    }
  }

  /** Without those of which more is known than that they had no labels: these are read by themselves. */
  #savesOfUnlabelled(imageIds: readonly string[]): Save[] {
    const { remotes, edits } = this.#deps
    return edits.together(() =>
      imageIds.flatMap((imageId): Save[] => {
        const facts = remotes.find(imageId)
        if (!facts || facts.sent || facts.conflicts.length > 0 || facts.base?.length) return []
        if (facts.base === null) remotes.setBase(imageId, [], [])
        const save = this.#saveOf(imageId)
        return save ? [save] : []
      }),
    )
  }

  /** Reads what the service has now and merges it; what is left to be saved. Each image is held until then. */
  async #prepare(client: Client, rows: OutboxRow[], round: Round): Promise<Save[]> {
    const saves: Save[] = []
    const queue = rows.values()
    const work = async () => {
      for (const { imageId } of queue) {
        if (imageId === null) continue
        round.releases.push(await this.#deps.labels.locks.take(imageId))
        const save = await this.#prepareOne(client, imageId, round)
        if (save) saves.push(save)
      }
    }
    const results = await Promise.allSettled(Array.from({ length: READ_PARALLEL }, work))
    const failed = results.find(({ status }) => status === 'rejected')
    if (failed?.status === 'rejected') throw failed.reason
    return saves
  }

  async #prepareOne(
    client: Client,
    imageId: string,
    { signal, postponed }: Round,
  ): Promise<Save | null> {
    const { remotes, labels, outbox } = this.#deps
    const facts = remotes.find(imageId)
    const row = outbox.find(imageId, 'annotations')
    if (!facts || row?.state !== 'waiting') return null
    try {
      const read = () => client.annotations.readById(facts.remoteId, { signal })
      if (labels.takeIn(imageId, await read()) !== 'waiting') return null
      const again = remotes.find(imageId)
      if (again?.sent) {
        await this.#askAgain(client, again, signal)
        if (labels.takeIn(imageId, await read()) !== 'waiting') return null
      }
      return this.#saveOf(imageId)
    } catch (error) {
      if (signal.aborted || isGeneral(error)) throw error
      // One image that the service fails on does not hold up the others.
      if (isRefusal(error)) this.#refuse(row, error)
      else postponed.push(error)
      return null
    }
  }

  /** What is to be saved of an image, and the version that it is of: taken in one go, with no edit in between. */
  #saveOf(imageId: string): Save | null {
    const { outbox, remotes, edits } = this.#deps
    const row = outbox.find(imageId, 'annotations')
    const facts = remotes.find(imageId)
    if (row?.state !== 'waiting' || !facts?.base) return null
    const { annotations } = edits.annotations(imageId)
    const { remoteId, base } = facts
    return { row, imageId, remoteId, annotations, readCount: base.length }
  }

  /**
   * A telling whose answer did not come, under its key once more: it is answered from memory when it had
   * arrived, and happens now when it had not. Nobody else has changed the image since.
   */
  async #askAgain(
    client: Client,
    { imageId, remoteId, sent }: RemoteImageFacts,
    signal: AbortSignal,
  ): Promise<void> {
    if (!sent) return
    const { annotations, key } = sent
    try {
      const { saved } = await client.annotations.saveMany(
        [{ imageId: remoteId, annotations: annotations.map(toWireAnnotation) }],
        { signal, idempotencyKey: key },
      )
      const isSaved = saved.some(({ image_id }) => image_id === remoteId)
      const known = this.#deps.remotes.find(imageId)
      this.#deps.remotes.setBase(
        imageId,
        isSaved ? annotations : (known?.base ?? []),
        known?.conflicts ?? [],
      )
    } catch (error) {
      if (!isRefusal(error) || signal.aborted) throw error
      // Refused as it was: it did not happen, and what there is now is told the usual way.
      const known = this.#deps.remotes.find(imageId)
      this.#deps.remotes.setBase(imageId, known?.base ?? [], known?.conflicts ?? [])
    }
  }

  async #save(client: Client, saves: Save[], signal: AbortSignal): Promise<void> {
    const { labels, remotes } = this.#deps
    const key = batchKey(saves)
    remotes.setSent(saves, key)
    let answer: Awaited<ReturnType<Client['annotations']['saveMany']>>
    try {
      answer = await client.annotations.saveMany(
        saves.map(({ remoteId, annotations }) => ({
          imageId: remoteId,
          annotations: annotations.map(toWireAnnotation),
        })),
        // No second try after a wait: what was read would be old by then.
        { signal, idempotencyKey: key, retries: 0 },
      )
    } catch (error) {
      if (!isRefusal(error) || signal.aborted) throw error
      remotes.forgetSent(saves.map(({ imageId }) => imageId))
      // One of them spoils the whole batch: each by itself tells which.
      const isAmong = error instanceof ValidationError || error instanceof NotFoundError
      if (saves.length > 1 && isAmong)
        for (const save of saves) await this.#save(client, [save], signal)
      else for (const { row } of saves) this.#refuse(row, error)
      return
    }
    const byRemote = new Map(saves.map((save) => [save.remoteId, save]))
    const saved = answer.saved.flatMap(({ image_id, previous_count }) => {
      const save = byRemote.get(image_id)
      byRemote.delete(image_id)
      return save ? [{ ...save, previousCount: previous_count }] : []
    })
    labels.told(saved)
    for (const save of saved)
      if (save.previousCount !== save.readCount) this.#overwritten(save, save.previousCount)
    for (const { image_id, error } of answer.failed) {
      const save = byRemote.get(image_id)
      if (!save) continue
      byRemote.delete(image_id)
      remotes.forgetSent([save.imageId])
      this.#refuseWith(save.row, `The service refused it: ${error}`, null)
    }
  }

  /** Somebody saved between our reading and our saving: the service has no way to prevent it, but it can be told. */
  #overwritten({ imageId, row, readCount }: Save, previousCount: number): void {
    const message = `Somebody saved at the same moment: the service had ${previousCount} annotations instead of ${readCount}. Look at the image again together.`
    this.#deps.outbox.log(row.datasetId, imageId, message)
    this.#deps.notice(imageId, message)
  }

  #refuse(row: OutboxRow, error: unknown): void {
    const { message, requestId } = toServiceError(error)
    const words =
      error instanceof ForbiddenError
        ? `${message.replace(/[.\s]*$/, '')}. The edit stays on this machine. Use a key with the role of a member, or ask for one.`
        : message
    this.#refuseWith(row, words, requestId)
  }

  #refuseWith(row: OutboxRow, problem: string, requestId: string | null): void {
    this.#deps.outbox.setState(row.id, 'failed', problem, requestId)
    if (row.imageId !== null) this.#deps.announceImage(row.imageId)
  }
}
