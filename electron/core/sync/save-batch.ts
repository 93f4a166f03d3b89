import { createHash } from 'node:crypto'
import {
  type Client,
  ForbiddenError,
  NotFoundError,
  ValidationError,
  type WireAnnotation,
} from '#core/api/client.ts'
import { toWireAnnotation } from '#core/api/wire-annotation.ts'
import type { Outbox, OutboxRow } from '#core/cache/outbox.ts'
import type { RemoteImageFacts, RemoteRepository } from '#core/cache/remote-repository.ts'
import { isRefusal, toServiceError } from '#core/service-error.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import type { LabelSync } from './label-sync.ts'

export interface SaveBatchDeps {
  remotes: RemoteRepository
  outbox: Outbox
  labels: LabelSync
  /** Something that a person must know. */
  notice: (imageId: string, message: string) => void
  announceImage: (imageId: string) => void
}

/** Labels of an image that were read and merged, to be saved right away. */
export interface Save {
  row: OutboxRow
  imageId: string
  remoteId: string
  annotations: Annotation[]
  /** What the service has besides and this app cannot read: sent back as it is, as a save replaces all. */
  unreadable: readonly WireAnnotation[]
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

/** Saves labels that were just read and merged, and notes per image what the service answered. */
export class SaveBatch {
  readonly #deps: SaveBatchDeps

  constructor(deps: SaveBatchDeps) {
    this.#deps = deps
  }

  /**
   * A telling whose answer did not come, under its key once more: it is answered from memory when it had
   * arrived, and happens now when it had not. Nobody else has changed the image since.
   */
  async askAgain(
    client: Client,
    { imageId, remoteId, sent }: RemoteImageFacts,
    unreadable: readonly WireAnnotation[],
    signal: AbortSignal,
  ): Promise<void> {
    if (!sent) return
    const { annotations, key } = sent
    try {
      const { saved } = await client.annotations.saveMany(
        [{ imageId: remoteId, annotations: annotations.map(toWireAnnotation), unreadable }],
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

  async save(client: Client, saves: readonly Save[], signal: AbortSignal): Promise<void> {
    const { labels, remotes } = this.#deps
    const key = batchKey(saves)
    remotes.setSent(saves, key)
    let answer: Awaited<ReturnType<Client['annotations']['saveMany']>>
    try {
      answer = await client.annotations.saveMany(
        saves.map(({ remoteId, annotations, unreadable }) => ({
          imageId: remoteId,
          annotations: annotations.map(toWireAnnotation),
          unreadable,
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
        for (const save of saves) await this.save(client, [save], signal)
      else for (const { row } of saves) this.refuse(row, error)
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

  /** Marks what the service refused, for somebody to look at. */
  refuse(row: OutboxRow, error: unknown): void {
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
