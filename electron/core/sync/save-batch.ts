import { createHash } from 'node:crypto'
import {
  type Client,
  ForbiddenError,
  NotFoundError,
  PictographError,
  ServerError,
  ValidationError,
  type WireAnnotation,
} from '#core/api/client.ts'
import { toWireAnnotation } from '#core/api/wire-annotation.ts'
import type { Outbox, OutboxRow, RefusalDetails } from '#core/cache/outbox.ts'
import type { RemoteImageFacts, RemoteRepository } from '#core/cache/remote-repository.ts'
import { isRefusal, isUnclear, toServiceError } from '#core/service-error.ts'
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

type SaveAnswer = Awaited<ReturnType<Client['annotations']['saveMany']>>

/** What the service says about a save: nothing that can be relied on is `unclear`. */
export type SaveFate = 'saved' | 'refused' | 'unclear'

/**
 * The saves that the answer acknowledges: named as saved, not as failed, and each time with as many annotations as
 * were sent. Taken as saved, labels that the service did not store would be deleted here by the next pull.
 */
function acknowledged<T extends Pick<Save, 'remoteId' | 'annotations' | 'unreadable'>>(
  saves: readonly T[],
  { saved, failed }: SaveAnswer,
): (T & { previousCount: number | null })[] {
  const answers = Map.groupBy(saved, ({ image_id }) => image_id)
  const isRefused = new Set(failed.map(({ image_id }) => image_id))
  return saves.flatMap((save) => {
    const named = answers.get(save.remoteId)
    if (!named || isRefused.has(save.remoteId)) return []
    const count = save.annotations.length + save.unreadable.length
    if (named.some(({ new_count }) => (new_count ?? count) !== count)) return []
    return [{ ...save, previousCount: named[0]?.previous_count ?? null }]
  })
}

/**
 * A status of success without JSON. If it is the page of a portal, the pull that follows gets the same; if that works,
 * the service itself answers so.
 */
const isNoJson = (error: unknown): boolean =>
  error instanceof ServerError && error.status !== null && error.status < 300

/** Saves freshly merged labels, and stores the service's answer per image. */
export class SaveBatch {
  readonly #deps: SaveBatchDeps

  constructor(deps: SaveBatchDeps) {
    this.#deps = deps
  }

  /**
   * Repeats a save whose answer was lost, with the same key: the service repeats its answer if the save had arrived,
   * and saves now if it had not. Only for images that nobody else has changed since. An unclear answer is repeated for
   * a day, too, so the caller must find out from the labels whether it was saved.
   */
  async askAgain(
    client: Client,
    { remoteId, sent }: RemoteImageFacts,
    unreadable: readonly WireAnnotation[],
    signal: AbortSignal,
  ): Promise<SaveFate> {
    if (!sent) return 'refused'
    const { annotations, key } = sent
    try {
      const answer = await client.annotations.saveMany(
        [{ imageId: remoteId, annotations: annotations.map(toWireAnnotation), unreadable }],
        { signal, idempotencyKey: key },
      )
      const { saved, failed } = answer
      if (acknowledged([{ remoteId, annotations, unreadable }], answer).length > 0) return 'saved'
      const isNamed = (rows: readonly { image_id: string }[]) =>
        rows.some(({ image_id }) => image_id === remoteId)
      return isNamed(failed) && !isNamed(saved) ? 'refused' : 'unclear'
    } catch (error) {
      if (signal.aborted) throw error
      if (isNoJson(error)) return 'unclear'
      if (!isRefusal(error)) throw error
      return isUnclear(error) ? 'unclear' : 'refused'
    }
  }

  async save(client: Client, saves: readonly Save[], signal: AbortSignal): Promise<void> {
    const { labels, remotes } = this.#deps
    const key = batchKey(saves)
    remotes.setSent(saves, key)
    let answer: SaveAnswer
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
      if (isUnclear(error)) {
        for (const { row } of saves) this.refuse(row, error)
        return
      }
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
    const saved = acknowledged(saves, answer)
    labels.told(saved)
    for (const save of saved) {
      const { previousCount, readCount } = save
      if (previousCount !== null && previousCount !== readCount)
        this.#overwritten(save, previousCount)
    }
    const isSettled = new Set(saved.map(({ remoteId }) => remoteId))
    const named = new Set(answer.saved.map(({ image_id }) => image_id))
    const reasons = new Map(answer.failed.map(({ image_id, error }) => [image_id, error]))
    for (const { row, imageId, remoteId } of saves) {
      if (isSettled.has(remoteId)) continue
      const reason = reasons.get(remoteId)
      if (reason !== undefined && !named.has(remoteId)) {
        remotes.forgetSent([imageId])
        this.#refuseWith(row, `The service refused it: ${reason}`)
      }
      // What it was sent stays known, so the next pull finds out whether it was saved.
      else
        this.#refuseWith(row, 'The service did not say whether it saved this. Try again.', {
          isUnknown: true,
        })
    }
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
    this.#refuseWith(row, words, {
      requestId,
      isUnknown: isUnclear(error),
    })
  }

  #refuseWith(row: OutboxRow, problem: string, details: RefusalDetails = {}): void {
    this.#deps.outbox.refuse(row.id, problem, details)
    if (row.imageId !== null) this.#deps.announceImage(row.imageId)
  }
}
