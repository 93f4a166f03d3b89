import type { Client, RemoteClass } from '#core/api/client.ts'
import { classesOf, toRemoteClass } from '#core/api/wire-dataset.ts'
import { applyClassOps, type ClassOp } from '#core/cache/class-ops.ts'
import type { CommentRepository } from '#core/cache/comment-repository.ts'
import type { DatasetRepository } from '#core/cache/dataset-repository.ts'
import type { EditStore } from '#core/cache/edit-store.ts'
import type { ImageRepository } from '#core/cache/image-repository.ts'
import type { Outbox, OutboxRow } from '#core/cache/outbox.ts'
import type { RemoteImageFacts, RemoteRepository } from '#core/cache/remote-repository.ts'
import { isRefusal, toServiceError } from '#core/service-error.ts'
import { UserError } from '#core/user-error.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import { assertNever } from '#shared/model/assert-never.ts'
import { sameValue } from '#shared/model/change-set.ts'
import type { DatasetImage } from '#shared/model/dataset.ts'
import type { Comment } from '#shared/model/sync.ts'
import { sameLabels } from './merge.ts'

/** The service's limit of one batch update, in images. */
const BATCH = 10_000

interface Deps {
  datasets: DatasetRepository
  images: ImageRepository
  remotes: RemoteRepository
  outbox: Outbox
  comments: CommentRepository
  edits: EditStore
  announce: (datasetId: string) => void
  announceImages: (datasetId: string, imageIds: readonly string[]) => void
  /** The app ends: what fails now was not refused. */
  isClosing: () => boolean
}

const remoteType = (classes: readonly RemoteClass[], name: string) =>
  classes.find((item) => item.name === name)?.type ?? 'bbox'

/** The service's own class with what was changed here, and everything else as it has it. */
function changedRemote(
  item: RemoteClass,
  before: AnnotationClass,
  after: AnnotationClass,
): RemoteClass {
  const { color, attributes, skeleton } = toRemoteClass(after)
  return {
    ...item,
    ...(!sameValue(before.color, after.color) && { color }),
    ...(!sameValue(before.attributes, after.attributes) && { attributes: attributes ?? [] }),
    ...(!sameValue(before.skeleton, after.skeleton) && { skeleton }),
  }
}

/** What a comment's row of the outbox asks for. */
export type CommentOp =
  | { kind: 'create'; commentId: string }
  | { kind: 'resolve'; commentId: string; isResolved: boolean }

interface Told {
  row: OutboxRow
  imageId: string
  remoteId: string
  image: DatasetImage
}

/** Tells the service of all but labels: classes, stages, splits, tags, comments. */
export class PushFacts {
  readonly #deps: Deps

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** In the order in which they were made; after a refused one the others wait, as they may build on it. */
  async pushClasses(client: Client, datasetId: string, signal: AbortSignal): Promise<void> {
    const { datasets, outbox } = this.#deps
    for (const row of outbox.list(datasetId).filter(({ kind }) => kind === 'classes')) {
      const { remote } = datasets.get(datasetId)
      if (!remote || row.state !== 'waiting') return
      const ops = JSON.parse(row.payload ?? '[]') as ClassOp[]
      const isDone = await this.#orRefused(row, signal, async () => {
        for (const [index, op] of ops.entries()) {
          // A key is 32 hex digits: the row's, with the step in it.
          const idempotencyKey = `${row.idempotencyKey}${index}`.slice(-32)
          await this.#tellClass(client, datasetId, remote.remoteId, op, { signal, idempotencyKey })
        }
        outbox.done(row)
        outbox.log(datasetId, null, 'Classes changed')
      })
      if (!isDone) return
    }
  }

  async pushComments(client: Client, datasetId: string, signal: AbortSignal): Promise<void> {
    const { outbox, comments, remotes } = this.#deps
    for (const row of outbox.waiting(datasetId, 'comment')) {
      const op = JSON.parse(row.payload ?? '{}') as CommentOp
      const comment = comments.find(op.commentId)
      const facts = row.imageId === null ? null : remotes.find(row.imageId)
      if (!comment || !facts) {
        outbox.remove(row.id)
        continue
      }
      await this.#orRefused(row, signal, async () => {
        const call = { signal, idempotencyKey: row.idempotencyKey }
        if (op.kind === 'create') {
          await client.comments.create(facts.remoteId, comment.annotationId, comment.body, call)
          await this.#findComment(client, facts, comment, signal)
        } else if (comment.remoteId === null) return
        else await client.comments.update(comment.remoteId, { resolved: op.isResolved }, call)
        outbox.done(row)
        outbox.log(datasetId, facts.imageId, 'Comment sent')
        await this.pullComments(client, facts.imageId, signal)
      })
    }
  }

  /** The service's id of a comment of ours: the one with its words that we do not know yet. */
  async #findComment(
    client: Client,
    { imageId, remoteId }: RemoteImageFacts,
    { id, annotationId, body }: Comment,
    signal: AbortSignal,
  ): Promise<void> {
    const { comments } = this.#deps
    const known = comments.remoteIds(imageId)
    const there = await client.comments.list(remoteId, { signal })
    const own = there.find(
      (item) => item.annotation_id === annotationId && item.body === body && !known.has(item.id),
    )
    if (own) comments.setRemoteId(id, own.id)
  }

  async pullComments(client: Client, imageId: string, signal: AbortSignal): Promise<void> {
    const { comments, remotes } = this.#deps
    const facts = remotes.find(imageId)
    if (!facts) return
    const list = await client.comments.list(facts.remoteId, { signal })
    comments.replace(
      imageId,
      list.map(({ id, annotation_id, body, resolved, created_at }) => ({
        remoteId: id,
        annotationId: annotation_id ?? '',
        body,
        isResolved: resolved ?? false,
        createdAtMs: created_at ? Date.parse(created_at) : 0,
      })),
    )
  }

  /** Stages of many images in one request a stage. */
  async pushStages(client: Client, datasetId: string, signal: AbortSignal): Promise<void> {
    const waiting = this.#waiting(datasetId, 'stage')
    for (const [stage, group] of Map.groupBy(waiting, ({ image }) => image.stage)) {
      for (let start = 0; start < group.length; start += BATCH) {
        const part = group.slice(start, start + BATCH)
        await this.#together(part, async (dataset) => {
          const ids = part.map(({ remoteId }) => remoteId)
          const { failed } = await client.images.updateMany(
            dataset,
            ids,
            { status: stage },
            {
              signal,
            },
          )
          this.#settle(part, 'stage', stage, new Map(failed.map(({ id, reason }) => [id, reason])))
        })
      }
    }
  }

  /** The service takes splits one image at a time. */
  async pushSplits(client: Client, datasetId: string, signal: AbortSignal): Promise<void> {
    for (const told of this.#waiting(datasetId, 'split')) {
      const { image, row } = told
      await this.#together([told], async (dataset) => {
        await client.images.setSplit(dataset, image.path, image.split, {
          signal,
          idempotencyKey: row.idempotencyKey,
        })
        this.#settle([told], 'split', image.split, new Map())
      })
    }
  }

  /** What was added and what was taken away, each in one request a tag for all its images. */
  async pushTags(client: Client, datasetId: string, signal: AbortSignal): Promise<void> {
    const { remotes } = this.#deps
    const waiting = this.#waiting(datasetId, 'tags')
    if (waiting.length === 0) return
    const changes = new Map<string, { tag: string; add: boolean; ids: string[] }>()
    for (const { image, imageId, remoteId } of waiting) {
      const before = remotes.find(imageId)?.tags ?? []
      const note = (tag: string, add: boolean) => {
        const key = JSON.stringify([tag, add])
        const change = changes.get(key) ?? { tag, add, ids: [] }
        change.ids.push(remoteId)
        changes.set(key, change)
      }
      for (const tag of image.tags) if (!before.includes(tag)) note(tag, true)
      for (const tag of before) if (!image.tags.includes(tag)) note(tag, false)
    }
    await this.#together(waiting, async (dataset) => {
      for (const { tag, add, ids } of changes.values())
        await client.images.bulkTag(dataset, ids, [tag], add, { signal })
      for (const told of waiting)
        this.#settle([told], 'tags', JSON.stringify(told.image.tags), new Map())
    })
  }

  #waiting(datasetId: string, kind: 'stage' | 'split' | 'tags'): Told[] {
    const { outbox, remotes, images } = this.#deps
    return outbox.waiting(datasetId, kind).flatMap((row) => {
      const facts = row.imageId === null ? null : remotes.find(row.imageId)
      if (!facts) return []
      const image = images.get(facts.imageId)
      return [{ row, imageId: facts.imageId, remoteId: facts.remoteId, image }]
    })
  }

  #settle(
    told: readonly Told[],
    field: 'stage' | 'split' | 'tags',
    value: string | null,
    failed: ReadonlyMap<string, string>,
  ): void {
    const { remotes, outbox, datasets, announceImages } = this.#deps
    const [first] = told
    if (!first) return
    datasets.together(() => {
      for (const { row, imageId, remoteId } of told) {
        const reason = failed.get(remoteId)
        if (reason !== undefined) {
          outbox.setState(row.id, 'failed', `The service refused it: ${reason}`)
          continue
        }
        remotes.setServerField(imageId, field, value)
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
      for (const { row } of told) this.#refuse(row, error)
      this.#deps.announceImages(
        first.row.datasetId,
        told.map(({ imageId }) => imageId),
      )
    }
  }

  /** False when the service refused it. */
  async #orRefused(
    row: OutboxRow,
    signal: AbortSignal,
    work: () => Promise<void>,
  ): Promise<boolean> {
    try {
      await work()
      return true
    } catch (error) {
      if (!isRefusal(error) || signal.aborted) throw error
      this.#refuse(row, error)
      return false
    }
  }

  #refuse(row: OutboxRow, error: unknown): void {
    const { message, requestId } = toServiceError(error)
    this.#deps.outbox.setState(row.id, 'failed', message, requestId)
  }

  async #tellClass(
    client: Client,
    datasetId: string,
    dataset: string,
    op: ClassOp,
    call: { signal: AbortSignal; idempotencyKey: string },
  ): Promise<void> {
    const { signal } = call
    const remote = await client.datasets.get(dataset, { signal })
    const there = remote.classes ?? []
    const has = (name: string) => there.some((item) => item.name === name)
    const replace = (classes: RemoteClass[]) => client.datasets.update(dataset, { classes }, call)
    switch (op.kind) {
      case 'add':
        if (!has(op.class.name)) await replace([...there, toRemoteClass(op.class)])
        break
      case 'rename':
        if (has(op.from)) await client.annotations.renameClass(dataset, op.from, op.to, call)
        else if (!has(op.to))
          throw new UserError('class_gone', `The service has no class “${op.from}” any more.`)
        // Without the old name it was told before, and only the answer was lost.
        this.#followInBase(datasetId, op.from, op.to)
        break
      case 'delete': {
        const how = {
          classType: remoteType(there, op.class.name),
          deleteAnnotations: true,
          ...call,
        }
        if (has(op.class.name)) await client.annotations.deleteClass(dataset, op.class.name, how)
        this.#followInBase(datasetId, op.class.name, null)
        break
      }
      case 'remove': {
        const { class_annotation_counts: counts } = await client.datasets.insights(dataset, {
          signal,
        })
        if (has(op.class.name) && (counts[op.class.name] ?? 0) === 0)
          await replace(there.filter(({ name }) => name !== op.class.name))
        break
      }
      case 'change': {
        const { before, after } = op
        await replace(
          there.map((item) =>
            item.name === after.name ? changedRemote(item, before, after) : item,
          ),
        )
        break
      }
      default:
        assertNever(op)
    }
    this.#deps.remotes.setClassBase(datasetId, applyClassOps(classesOf(remote), [op]))
  }

  /** The service changed the labels of all images itself: what is left to be told is what differs from that. */
  #followInBase(datasetId: string, from: string, to: string | null): void {
    const { remotes, outbox, edits, datasets, announceImages } = this.#deps
    const changed = datasets.together(() => {
      const ids = remotes.changeBaseClass(datasetId, from, to)
      for (const imageId of ids) {
        const row = outbox.find(imageId, 'annotations')
        const base = remotes.find(imageId)?.base
        if (row?.state !== 'waiting' || !base) continue
        if (sameLabels(edits.annotations(imageId).annotations, base)) outbox.remove(row.id)
      }
      return ids
    })
    announceImages(datasetId, changed)
  }
}
