import { setImmediate } from 'node:timers/promises'
import { type CallOptions, type Client, UnexpectedAnswerError } from '#core/api/client.ts'
import type { CommentRepository, StoredComment } from '#core/cache/comment-repository.ts'
import type { DatasetRepository } from '#core/cache/dataset-repository.ts'
import type { ImageRepository } from '#core/cache/image-repository.ts'
import type { Outbox, OutboxRow } from '#core/cache/outbox.ts'
import type { RemoteRepository } from '#core/cache/remote-repository.ts'
import { storedJson } from '#core/cache/stored-json.ts'
import { isRefusal, isUnclear, toServiceError } from '#core/service-error.ts'
import { type Reaction, reactionCountSchema } from '#shared/model/comment.ts'
import type { DatasetImage } from '#shared/model/dataset.ts'

/** Number of images read, pushed and acknowledged together; other calls are answered between batches. */
const BATCH = 500

interface Deps {
  datasets: DatasetRepository
  images: ImageRepository
  remotes: RemoteRepository
  outbox: Outbox
  comments: CommentRepository
  announceImages: (datasetId: string, imageIds: readonly string[]) => void
  announceComments: (imageId: string) => void
  /** True while the app is closing: a failure then is not a refusal by the service. */
  isClosing: () => boolean
}

/** The payload of a comment's outbox row. */
export type CommentOp =
  | { kind: 'create'; commentId: string }
  | { kind: 'resolve'; commentId: string; isResolved: boolean }
  | { kind: 'react'; commentId: string; reaction: Reaction; isOn: boolean }

interface Told {
  row: OutboxRow
  imageId: string
  remoteId: string
  image: DatasetImage
}

/**
 * The images that the service refused. Throws an UnexpectedAnswerError if it refused some and does not say which, so
 * that none counts as saved.
 */
function failedOf(
  { success, failed }: Awaited<ReturnType<Client['images']['updateMany']>>,
  ids: readonly string[],
) {
  const isTold = success !== false || failed.length > 0
  const asked = new Set(ids)
  if (isTold && failed.every(({ id }) => asked.has(id))) return failed
  throw new UnexpectedAnswerError(
    'The service refused some of these images and did not say which',
    { route: 'PATCH /batch/images/update' },
  )
}

/** Pushes everything except labels and classes: stages, splits, tags, comments. */
export class PushFacts {
  readonly #deps: Deps

  constructor(deps: Deps) {
    this.#deps = deps
  }

  async pushComments(client: Client, datasetId: string, signal: AbortSignal): Promise<void> {
    const { outbox, comments, remotes } = this.#deps
    for (const row of outbox.waiting(datasetId, 'comment')) {
      const op = (storedJson(row.payload) ?? {}) as CommentOp
      const comment = comments.find(op.commentId)
      const facts = row.imageId === null ? null : remotes.find(row.imageId)
      if (!comment || !facts) {
        outbox.remove(row.id)
        continue
      }
      await this.#orRefused(row, signal, async () => {
        const call = { signal, idempotencyKey: row.idempotencyKey }
        if (!(await this.#pushComment(client, facts.remoteId, comment, op, call))) return
        outbox.done(row)
        outbox.log(datasetId, facts.imageId, op.kind === 'react' ? 'Reaction sent' : 'Comment sent')
        await this.pullComments(client, facts.imageId, signal)
        this.#deps.announceComments(facts.imageId)
      })
    }
  }

  /** Returns false if the comment must wait for a parent that the service does not have yet. */
  async #pushComment(
    client: Client,
    remoteImageId: string,
    comment: StoredComment,
    op: CommentOp,
    call: CallOptions,
  ): Promise<boolean> {
    const { comments } = this.#deps
    if (op.kind === 'create') {
      const { annotationId, body, parentId } = comment
      // If the parent was discarded here, push the reply as a separate comment, so that its text is not lost.
      const parent = parentId === null ? null : comments.find(parentId)
      if (parent && parent.remoteId === null) return false
      const options = { ...call, ...(parent?.remoteId && { parentCommentId: parent.remoteId }) }
      const { id } = await client.comments.create(remoteImageId, annotationId, body, options)
      comments.setRemoteId(comment.id, id)
      return true
    }
    const { remoteId } = comment
    if (remoteId === null) return false
    if (op.kind === 'resolve')
      await client.comments.update(remoteId, { resolved: op.isResolved }, call)
    else if (op.isOn) await client.comments.react(remoteId, op.reaction, call)
    else await client.comments.unreact(remoteId, op.reaction, call)
    return true
  }

  async pullComments(client: Client, imageId: string, signal: AbortSignal): Promise<void> {
    const { comments, remotes } = this.#deps
    const facts = remotes.find(imageId)
    if (!facts) return
    const list = await client.comments.list(facts.remoteId, { signal })
    comments.replace(
      imageId,
      list.map((comment) => ({
        remoteId: comment.id,
        remoteParentId: comment.parent_comment_id ?? null,
        annotationId: comment.annotation_id ?? '',
        author: comment.author_name ?? comment.author_username ?? null,
        body: comment.body,
        isDeleted: comment.is_deleted ?? false,
        isResolved: comment.resolved ?? false,
        reactions: comment.reactions.flatMap(({ reaction, count, reacted }) => {
          const parsed = reactionCountSchema.safeParse({
            reaction,
            count,
            isMine: reacted ?? false,
          })
          return parsed.success ? [parsed.data] : []
        }),
        createdAtMs: (comment.created_at && Date.parse(comment.created_at)) || 0,
      })),
    )
  }

  /** Pushes stages: one request per stage for many images. */
  async pushStages(client: Client, datasetId: string, signal: AbortSignal): Promise<void> {
    for await (const waiting of this.#waiting(datasetId, 'stage'))
      for (const [stage, group] of Map.groupBy(waiting, ({ image }) => image.stage))
        await this.#together(group, async (dataset) => {
          const ids = group.map(({ remoteId }) => remoteId)
          const answer = await client.images.updateMany(dataset, ids, { status: stage }, { signal })
          const failed = failedOf(answer, ids)
          const reasons = new Map(failed.map(({ id, reason }) => [id, reason]))
          this.#settle(group, 'stage', () => stage, reasons)
        })
  }

  /** Pushes splits one image at a time; the service has no batch call for them. */
  async pushSplits(client: Client, datasetId: string, signal: AbortSignal): Promise<void> {
    for await (const waiting of this.#waiting(datasetId, 'split'))
      for (const told of waiting) {
        const { image, row, remoteId } = told
        await this.#together([told], async (dataset) => {
          const call = { signal, idempotencyKey: row.idempotencyKey }
          await client.images.setSplit(dataset, remoteId, image.split, call)
          this.#settle([told], 'split', () => image.split, new Map())
        })
      }
  }

  /** Pushes added and removed tags: one request per tag for all its images. */
  async pushTags(client: Client, datasetId: string, signal: AbortSignal): Promise<void> {
    for await (const waiting of this.#waiting(datasetId, 'tags')) {
      const changes = this.#tagChanges(waiting)
      await this.#together(waiting, async (dataset) => {
        for (const { tag, add, ids } of changes)
          await client.images.bulkTag(dataset, ids, [tag], add, { signal })
        this.#settle(waiting, 'tags', ({ image }) => JSON.stringify(image.tags), new Map())
      })
    }
  }

  #tagChanges(waiting: readonly Told[]): { tag: string; add: boolean; ids: string[] }[] {
    const changes = new Map<string, { tag: string; add: boolean; ids: string[] }>()
    for (const { image, imageId, remoteId } of waiting) {
      const before = this.#deps.remotes.find(imageId)?.tags ?? []
      const note = (tag: string, add: boolean) => {
        const key = JSON.stringify([tag, add])
        const change = changes.get(key) ?? { tag, add, ids: [] }
        change.ids.push(remoteId)
        changes.set(key, change)
      }
      for (const tag of image.tags) if (!before.includes(tag)) note(tag, true)
      for (const tag of before) if (!image.tags.includes(tag)) note(tag, false)
    }
    return [...changes.values()]
  }

  /** Yields waiting rows in batches, oldest first. A row that changes again during its push waits for the next push. */
  async *#waiting(datasetId: string, kind: 'stage' | 'split' | 'tags'): AsyncGenerator<Told[]> {
    const { outbox, remotes, images } = this.#deps
    for (let after = 0; ; ) {
      const rows = outbox.waiting(datasetId, kind, { after, limit: BATCH })
      const last = rows.at(-1)
      if (!last) return
      after = last.id
      yield rows.flatMap((row) => {
        const facts = row.imageId === null ? null : remotes.find(row.imageId)
        if (!facts) return []
        const image = images.get(facts.imageId)
        return [{ row, imageId: facts.imageId, remoteId: facts.remoteId, image }]
      })
      await setImmediate()
    }
  }

  #settle(
    told: readonly Told[],
    field: 'stage' | 'split' | 'tags',
    valueFor: (told: Told) => string | null,
    failed: ReadonlyMap<string, string>,
  ): void {
    const { remotes, outbox, datasets, announceImages } = this.#deps
    const [first] = told
    if (!first) return
    datasets.together(() => {
      for (const one of told) {
        const { row, imageId, remoteId } = one
        const reason = failed.get(remoteId)
        if (reason !== undefined) {
          outbox.refuse(row.id, `The service refused it: ${reason}`)
          continue
        }
        remotes.setServerField(imageId, field, valueFor(one))
        outbox.done(row)
      }
      const saved = told.length - failed.size
      outbox.log(
        first.row.datasetId,
        told.length === 1 ? first.imageId : null,
        told.length === 1 ? `${field} saved` : `${field} of ${saved} images saved`,
      )
    })
    announceImages(
      first.row.datasetId,
      told.map(({ imageId }) => imageId),
    )
  }

  async #together(told: readonly Told[], work: (dataset: string) => Promise<void>): Promise<void> {
    const [first] = told
    if (!first) return
    const { remote } = this.#deps.datasets.get(first.row.datasetId)
    if (!remote) return
    try {
      await work(remote.remoteId)
    } catch (error) {
      if (!isRefusal(error) || this.#deps.isClosing()) throw error
      // Executed twice, these calls change nothing more.
      for (const { row } of told) this.#refuse(row, error, { isRepeatable: true })
      this.#deps.announceImages(
        first.row.datasetId,
        told.map(({ imageId }) => imageId),
      )
    }
  }

  async #orRefused(row: OutboxRow, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!isRefusal(error) || signal.aborted) throw error
      this.#refuse(row, error)
    }
  }

  #refuse(row: OutboxRow, error: unknown, { isRepeatable = false } = {}): void {
    const { message, requestId } = toServiceError(error)
    const isUnknown = !isRepeatable && isUnclear(error)
    this.#deps.outbox.refuse(row.id, message, { requestId, isUnknown })
  }
}
