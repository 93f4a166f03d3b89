import { createHash } from 'node:crypto'
import {
  BULK_SAVE_LIMIT,
  type Client,
  ForbiddenError,
  NotFoundError,
  ValidationError,
} from '#core/api/client.ts'
import { toWireAnnotation } from '#core/api/wire-annotation.ts'
import type { EditStore } from '#core/cache/edit-store.ts'
import type { Outbox, OutboxRow } from '#core/cache/outbox.ts'
import type { RemoteRepository } from '#core/cache/remote-repository.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import { counted } from '#shared/model/counted.ts'
import type { LabelSync } from './label-sync.ts'
import { isPassing, toServiceError } from './service-error.ts'

/** Labels read at a time before they are saved. */
const READ_PARALLEL = 8

interface Deps {
  edits: EditStore
  remotes: RemoteRepository
  outbox: Outbox
  labels: LabelSync
  /** Something that a person must know. */
  notice: (imageId: string, message: string) => void
  announceImage: (imageId: string) => void
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

/** Tells the service of changed labels: read, merge, save in batches. */
export class PushLabels {
  readonly #deps: Deps

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /**
   * Pushes what waits in a dataset. What is refused is marked and does not hold up the others. Throws
   * when nothing gets through at the moment; all that is not acknowledged waits.
   */
  async push(client: Client, datasetId: string, signal: AbortSignal): Promise<void> {
    const tried = new Set<number>()
    for (;;) {
      // What was edited again while it was pushed waits for its own turn.
      const rows = this.#deps.outbox
        .waiting(datasetId, 'annotations')
        .filter(({ id }) => !tried.has(id))
        .slice(0, BULK_SAVE_LIMIT)
      if (rows.length === 0) return
      for (const { id } of rows) tried.add(id)
      const saves = await this.#prepare(client, rows, signal)
      if (saves.length > 0) await this.#save(client, saves, signal)
    }
  }

  /** Reads what the service has now and merges it; what is left to be saved. */
  async #prepare(client: Client, rows: OutboxRow[], signal: AbortSignal): Promise<Save[]> {
    const saves: Save[] = []
    const queue = rows.values()
    const work = async () => {
      for (const row of queue) {
        const save = await this.#prepareOne(client, row, signal)
        if (save) saves.push(save)
      }
    }
    await Promise.all(Array.from({ length: READ_PARALLEL }, work))
    return saves
  }

  async #prepareOne(client: Client, row: OutboxRow, signal: AbortSignal): Promise<Save | null> {
    const { remotes, labels, edits, outbox } = this.#deps
    const { imageId } = row
    const facts = imageId === null ? null : remotes.find(imageId)
    if (imageId === null || !facts) return null
    let theirs: Annotation[]
    try {
      theirs = await client.annotations.readById(facts.remoteId, { signal })
    } catch (error) {
      if (isPassing(error)) throw error
      this.#refuse(row, error)
      return null
    }
    if (labels.takeIn(imageId, theirs) !== 'waiting') return null
    // From here to the save nothing may come between: what is sent and the version it is of belong together.
    const now = outbox.find(imageId, 'annotations')
    if (!now) return null
    const { annotations } = edits.annotations(imageId)
    return {
      row: now,
      imageId,
      remoteId: facts.remoteId,
      annotations,
      readCount: theirs.length,
    }
  }

  async #save(client: Client, saves: Save[], signal: AbortSignal): Promise<void> {
    const { labels, outbox } = this.#deps
    let answer: Awaited<ReturnType<Client['annotations']['saveMany']>>
    try {
      answer = await client.annotations.saveMany(
        saves.map(({ remoteId, annotations }) => ({
          imageId: remoteId,
          annotations: annotations.map(toWireAnnotation),
        })),
        { signal, idempotencyKey: batchKey(saves) },
      )
    } catch (error) {
      if (isPassing(error) || signal.aborted) throw error
      // One of them spoils the whole batch: each by itself tells which.
      const isAmong = error instanceof ValidationError || error instanceof NotFoundError
      if (saves.length > 1 && isAmong)
        for (const save of saves) await this.#save(client, [save], signal)
      else for (const { row } of saves) this.#refuse(row, error)
      return
    }
    const byRemote = new Map(saves.map((save) => [save.remoteId, save]))
    for (const { image_id, previous_count } of answer.saved) {
      const save = byRemote.get(image_id)
      if (!save) continue
      byRemote.delete(image_id)
      labels.told(save.imageId, save.annotations, save.row)
      outbox.log(
        save.row.datasetId,
        save.imageId,
        `${counted(save.annotations.length, 'annotation')} saved`,
      )
      if (previous_count !== save.readCount) this.#overwritten(save, previous_count)
    }
    for (const { image_id, error } of answer.failed) {
      const save = byRemote.get(image_id)
      if (!save) continue
      byRemote.delete(image_id)
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
        ? `${message} The edit stays on this machine. Use a key with the role of a member, or ask for one.`
        : message
    this.#refuseWith(row, words, requestId)
  }

  #refuseWith(row: OutboxRow, problem: string, requestId: string | null): void {
    this.#deps.outbox.setState(row.id, 'failed', problem, requestId)
    if (row.imageId !== null) this.#deps.announceImage(row.imageId)
  }
}
