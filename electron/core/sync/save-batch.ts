import { createHash } from 'node:crypto'
import {
  type Client,
  ForbiddenError,
  NotFoundError,
  PictographError,
  ValidationError,
  type WireAnnotation,
} from '#core/api/client.ts'
import { toWireAnnotation } from '#core/api/wire-annotation.ts'
import type { Outbox, OutboxRow } from '#core/cache/outbox.ts'
import type { RemoteImageFacts, RemoteRepository } from '#core/cache/remote-repository.ts'
import { isRefusal, toServiceError } from '#core/service-error.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import type { LabelSync } from './label-sync.ts'

/** A gateway refuses the whole batch for its size. */
const TOO_LARGE = 413

export interface SaveBatchDeps {
  remotes: RemoteRepository
  outbox: Outbox
  labels: LabelSync
  /** Reports something that the user must know. */
  notice: (imageId: string, message: string) => void
  announceImage: (imageId: string) => void
}

/** Labels of an image that were pulled and merged, to be saved at once. */
export interface Save {
  row: OutboxRow
  imageId: string
  remoteId: string
  annotations: Annotation[]
  /**
   * Annotations on the service that this app cannot read. They are sent back unchanged, because a save replaces all.
   */
  unreadable: readonly WireAnnotation[]
  /** Number of annotations on the service when they were pulled. */
  readCount: number
}

/**
 * The idempotency key of a batch. It stays the same after a crash as long as the batch does, so two tries are one
 * save. A row's own key changes with each edit, so different content never reuses a key.
 */
function batchKey(saves: readonly Save[]): string {
  const keys = saves.map(({ row }) => row.idempotencyKey).join(' ')
  return createHash('sha256').update(keys).digest('hex').slice(0, 32)
}

/** Saves freshly merged labels, and stores the service's answer per image. */
export class SaveBatch {
  readonly #deps: SaveBatchDeps

  constructor(deps: SaveBatchDeps) {
    this.#deps = deps
  }

  /**
   * Repeats a save whose answer was lost, with the same key: the service repeats its answer if the save had arrived,
   * and saves now if it had not. Only for images that nobody else has changed since.
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
      // The save was refused, so it did not happen; the current labels are pushed the usual way.
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
        // No retries: after a wait, the merged labels would be out of date.
        { signal, idempotencyKey: key, retries: 0 },
      )
    } catch (error) {
      if (!isRefusal(error) || signal.aborted) throw error
      remotes.forgetSent(saves.map(({ imageId }) => imageId))
      // One bad image makes the whole batch fail; saving each image alone finds it.
      const isAmong =
        error instanceof ValidationError ||
        error instanceof NotFoundError ||
        (error instanceof PictographError && error.status === TOO_LARGE)
      if (saves.length > 1 && isAmong)
        for (const save of saves) await this.save(client, [save], signal)
      else for (const { row } of saves) this.refuse(row, error)
      return
    }
    const byRemote = new Map(saves.map((save) => [save.remoteId, save]))
    const saved = answer.saved.flatMap(({ image_id, previous_count }) => {
      const save = byRemote.get(image_id)
      byRemote.delete(image_id)
      return save ? [{ ...save, previousCount: previous_count ?? save.readCount }] : []
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
    // What it was sent stays known, so the next pull finds out whether it was saved.
    for (const { row } of byRemote.values())
      this.#refuseWith(row, 'The service did not say whether it saved this. Try again.', null)
  }

  /** Somebody else saved between our read and our save. The service cannot prevent that, so report it to the user. */
  #overwritten({ imageId, row, readCount }: Save, previousCount: number): void {
    const message = `Somebody saved at the same moment: the service had ${previousCount} annotations instead of ${readCount}. Look at the image again together.`
    this.#deps.outbox.log(row.datasetId, imageId, message)
    this.#deps.notice(imageId, message)
  }

  /** Marks a row that the service refused, for the user to check. */
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
