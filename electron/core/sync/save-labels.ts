import type { Client, WireAnnotation } from '#core/api/client.ts'
import type { DatasetRepository } from '#core/cache/dataset-repository.ts'
import type { EditStore } from '#core/cache/edit-store.ts'
import type { ImageRepository } from '#core/cache/image-repository.ts'
import type { OutboxRow } from '#core/cache/outbox.ts'
import { isGeneral, isRefusal } from '#core/service-error.ts'
import { sameLabels } from './merge.ts'
import { type Save, SaveBatch, type SaveBatchDeps } from './save-batch.ts'
import type { SyncLimits } from './sync-limits.ts'

const READ_PARALLEL = 8
/** Number of batches in progress at a time. */
const LANES = 2

interface Deps extends SaveBatchDeps {
  limits: SyncLimits
  datasets: DatasetRepository
  images: ImageRepository
  edits: EditStore
}

interface Round {
  signal: AbortSignal
  /** Locks of the images, released after the save. */
  releases: (() => void)[]
  /** Temporary failures of single images. */
  postponed: unknown[]
}

/** State of one whole push. */
interface Tried extends Omit<Round, 'releases'> {
  /** Outbox rows already tried in this push: all up to `after`, and those in `ids`. */
  tried: { after: number; ids: Set<number> }
}

/**
 * The only way in which labels are pushed, whether drawn, imported, changed in bulk, or uploaded with their images. A
 * save has no precondition and replaces all labels of an image. So each image is pulled, merged with its last known
 * state, and saved at once, in batches; the answer is stored per image.
 */
export class SaveLabels {
  readonly #deps: Deps
  readonly #batch: SaveBatch

  constructor(deps: Deps) {
    this.#deps = deps
    this.#batch = new SaveBatch(deps)
  }

  /**
   * Pushes all waiting labels of a dataset. A refused image is marked and does not stop the others. Throws on a
   * temporary failure; everything that is not acknowledged stays queued.
   */
  async push(client: Client, datasetId: string, signal: AbortSignal): Promise<void> {
    const tried = { after: 0, ids: new Set<number>() }
    const postponed: unknown[] = []
    await this.#saveUnlabelled(client, datasetId, { signal, tried, postponed })
    // One batch is pulled while another is saved.
    const lanes = Array.from({ length: LANES }, () =>
      this.#saveBatches(client, datasetId, { signal, tried, postponed }),
    )
    const results = await Promise.allSettled(lanes)
    const failed = results.find(({ status }) => status === 'rejected')
    if (failed?.status === 'rejected') throw failed.reason
    if (postponed.length > 0) throw postponed[0]
  }

  async #saveBatches(client: Client, datasetId: string, { signal, tried, postponed }: Tried) {
    const { outbox, limits } = this.#deps
    for (;;) {
      const page = outbox.waiting(datasetId, 'annotations', {
        after: tried.after,
        limit: limits.readBatch,
      })
      const last = page.at(-1)
      if (!last) return
      // An image that is edited again during the push waits for the next round.
      tried.after = last.id
      const rows = page.filter(({ id }) => !tried.ids.has(id))
      if (rows.length === 0) continue
      await this.#held(signal, postponed, async (round) => {
        const saves = await this.#prepare(client, rows, round)
        if (saves.length > 0) await this.#batch.save(client, saves, signal)
      })
    }
  }

  /** Runs `work`; the image locks that it takes are held until it ends. */
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
   * Saves images that have no labels on the service yet, as after an upload. One page of the image list tells this
   * for many images, while pulling each one would use up the hourly limit. Each page is saved before the next is
   * read. All other images, and all images if the list fails, are pulled one by one afterwards.
   */
  async #saveUnlabelled(
    client: Client,
    datasetId: string,
    { signal, tried, postponed }: Tried,
  ): Promise<void> {
    const { outbox, remotes, datasets, images, limits } = this.#deps
    const { remote } = datasets.get(datasetId)
    const waiting = outbox.countWaiting(datasetId, 'annotations')
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
        for (const { row } of saves) tried.ids.add(row.id)
        if (saves.length > 0) await this.#batch.save(client, saves, signal)
      })
      offset += page.received
      if (!page.hasMore || page.received === 0) return
    }
  }

  /** One page of the service's image list; null on a temporary failure. Throws if every other call would fail, too. */
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

  /** Leaves out images that have labels in their known state; those must be pulled one by one. */
  #savesOfUnlabelled(imageIds: readonly string[]): Save[] {
    const { remotes, edits } = this.#deps
    return edits.together(() =>
      imageIds.flatMap((imageId): Save[] => {
        const facts = remotes.find(imageId)
        if (!facts || facts.sent || facts.conflicts.length > 0 || facts.base?.length) return []
        if (facts.base === null) remotes.setBase(imageId, [], [])
        const save = this.#saveOf(imageId, [])
        return save ? [save] : []
      }),
    )
  }

  /** Pulls and merges the labels of images, and returns what must be saved. Each image stays locked until then. */
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
      let there = await read()
      if (labels.takeIn(imageId, there.annotations) !== 'waiting') return null
      const again = remotes.find(imageId)
      if (again?.sent) {
        const fate = await this.#batch.askAgain(client, again, there.unreadable, signal)
        there = await read()
        const base = again.base ?? []
        // Whatever the answer says: if the service still has the labels from before, it did not save. Then the next
        // save gets a new key, because the service would only repeat its answer to this one.
        const isAsBefore = sameLabels(base, there.annotations)
        const isThere = fate === 'saved' && !isAsBefore
        if (fate !== 'unclear' || isAsBefore) {
          remotes.setBase(imageId, isThere ? again.sent.annotations : base, again.conflicts)
          if (!isThere) outbox.renew(imageId, 'annotations')
        }
        if (labels.takeIn(imageId, there.annotations) !== 'waiting') return null
      }
      return this.#saveOf(imageId, there.unreadable)
    } catch (error) {
      if (signal.aborted || isGeneral(error)) throw error
      // If the service fails on one image, the others still go on.
      if (isRefusal(error)) this.#batch.refuse(row, error)
      else postponed.push(error)
      return null
    }
  }

  /** Reads the labels to save and their version together, with no edit in between. */
  #saveOf(imageId: string, unreadable: readonly WireAnnotation[]): Save | null {
    const { outbox, remotes, edits } = this.#deps
    const row = outbox.find(imageId, 'annotations')
    const facts = remotes.find(imageId)
    if (row?.state !== 'waiting' || !facts?.base) return null
    const { annotations } = edits.annotations(imageId)
    const { remoteId, base } = facts
    const readCount = base.length + unreadable.length
    // An annotation that a conflict kept replaces its unreadable version.
    const own = new Set<unknown>(annotations.map(({ id }) => id))
    const others = unreadable.filter(({ id }) => !own.has(id))
    return { row, imageId, remoteId, annotations, unreadable: others, readCount }
  }
}
