import type { FactChange, FactEdit, FactEditRepository } from '#core/cache/fact-edit-repository.ts'
import type { CoreEvents } from '#core/core-events.ts'
import type { EventBus } from '#core/event-bus.ts'
import type { Log } from '#core/ports.ts'
import type { Store } from '#core/store.ts'
import type { Works } from '#core/works.ts'
import { newId } from '#shared/model/annotation.ts'
import { counted } from '#shared/model/counted.ts'
import { messageOf } from '#shared/model/message-of.ts'

interface Deps {
  store: Pick<Store, 'images' | 'edits'>
  rows: FactEditRepository
  events: EventBus
  coreEvents: CoreEvents
  works: Works
  log: Log
  /** Awaited between two transactions of bulk work. */
  pause: () => Promise<void>
}

/**
 * Sets stages, splits and tags. Many images are changed part by part, in one transaction and one event each, with
 * other calls in between; after a crash the rest follows.
 */
export class FactEdits {
  readonly #deps: Deps
  readonly #stop = new AbortController()
  readonly #cancelled = new Set<string>()
  #running: Promise<void> = Promise.resolve()

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** Goes on with what an earlier run of the app left. */
  start(): void {
    this.#deps.rows.removeUnready()
    for (const edit of this.#deps.rows.ready()) this.#later(edit)
  }

  /**
   * `ids`: of one dataset, few enough for one transaction. Resolves when they are changed: at once, or after the edits
   * of the dataset that still run, so that these do not overwrite it.
   */
  async make(ids: readonly string[], change: FactChange): Promise<void> {
    const { store, rows } = this.#deps
    const { images, edits } = store
    const { datasetId } = images.get(ids[0])
    if (rows.ready().some((edit) => edit.datasetId === datasetId))
      return this.add(newId(), ids, change, true)
    edits.together(() => this.#write(ids, change))
    this.#announce(datasetId, ids)
  }

  /**
   * Adds images of one dataset to the edit `id`; with the last of them it begins. Resolves when it has ended, or at
   * once if there are more images to come.
   */
  async add(
    id: string,
    imageIds: readonly string[],
    change: FactChange,
    isLast: boolean,
  ): Promise<void> {
    const { store, rows } = this.#deps
    const { datasetId } = store.images.get(imageIds[0])
    rows.add({ id, datasetId, change }, imageIds)
    if (!isLast) return
    rows.setReady(id)
    const edit = rows.ready().find((ready) => ready.id === id)
    if (edit) await this.#later(edit)
  }

  /** Resolves when no edit is running. */
  async settled(): Promise<void> {
    await this.#running
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  /** One after another. */
  #later(edit: FactEdit): Promise<void> {
    this.#running = this.#running
      .then(() => this.#run(edit))
      .catch((error: unknown) => this.#failed(edit, error))
    return this.#running
  }

  /** Drops the rest of an edit: at the next start it would overwrite newer edits. */
  #failed({ id, change }: FactEdit, error: unknown): void {
    const { rows, events, log } = this.#deps
    log.error('an edit of many images stopped', { error: String(error) })
    try {
      rows.remove(id)
    } catch (cause) {
      // The disk may be full.
      log.error('an edit of many images could not be dropped', { error: String(cause) })
    }
    events.publish({
      type: 'notice',
      message: `${labelOf(change)} stopped: ${messageOf(error)}. Some images were not changed; try again.`,
    })
  }

  async #run({ id, datasetId, change, images: total }: FactEdit): Promise<void> {
    const { store, rows, works, events, pause } = this.#deps
    using work = works.begin({
      datasetId,
      label: labelOf(change),
      cancel: () => this.#cancelled.add(id),
    })
    for (let left = rows.left(id); !this.#stop.signal.aborted; ) {
      if (this.#cancelled.delete(id)) {
        rows.remove(id)
        const done = counted(total - left, 'image')
        events.publish({
          type: 'notice',
          message: `Cancelled after ${done} of ${total.toLocaleString('en')}. The others were not changed.`,
        })
        return
      }
      const part = rows.nextPart(id)
      if (!part) {
        rows.remove(id)
        return
      }
      store.edits.together(() => {
        this.#write(part.imageIds, change)
        rows.removePart(part.seq)
      })
      this.#announce(datasetId, part.imageIds)
      left -= part.imageIds.length
      work.tell(total === 0 ? null : (total - left) / total)
      await pause()
    }
  }

  #write(ids: readonly string[], { addTags, removeTags, ...patch }: FactChange): void {
    const { images } = this.#deps.store
    images.patch(ids, patch)
    if (addTags || removeTags) images.patchTags(ids, addTags ?? [], removeTags ?? [])
  }

  #announce(datasetId: string, ids: readonly string[]): void {
    const { store, events, coreEvents } = this.#deps
    events.publish({ type: 'images', datasetId, upserted: store.images.getMany(ids) })
    coreEvents.publish({ type: 'queued', datasetId })
  }
}

function labelOf({ addTags, removeTags, stage, split }: FactChange): string {
  if (addTags) return `Add tags: ${addTags.join(', ')}`
  if (removeTags) return `Remove tags: ${removeTags.join(', ')}`
  if (stage) return 'Set stage'
  return split === undefined ? 'Set tags' : 'Set split'
}
