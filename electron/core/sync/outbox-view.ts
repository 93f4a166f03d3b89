import type { ClassOp } from '#core/cache/class-ops.ts'
import type { CommentRepository } from '#core/cache/comment-repository.ts'
import type { DatasetRepository } from '#core/cache/dataset-repository.ts'
import type { ImageRepository } from '#core/cache/image-repository.ts'
import type { Outbox, OutboxRow } from '#core/cache/outbox.ts'
import type { RemoteRepository } from '#core/cache/remote-repository.ts'
import { storedJson, storedList } from '#core/cache/stored-json.ts'
import { assertNever } from '#shared/model/assert-never.ts'
import { counted } from '#shared/model/counted.ts'
import type { OutboxEntry, Pushed } from '#shared/model/sync.ts'
import type { DatasetClasses } from './dataset-classes.ts'
import type { LabelSync } from './label-sync.ts'
import type { CommentOp } from './push-facts.ts'

/** Maximum number of waiting and of pushed changes to show. */
const SHOWN = 500

interface Deps {
  datasets: DatasetRepository
  images: ImageRepository
  remotes: RemoteRepository
  outbox: Outbox
  comments: CommentRepository
  labels: LabelSync
  classes: DatasetClasses
  announce: (datasetId: string) => void
  announceImage: (imageId: string) => void
}

function describeOps(ops: readonly ClassOp[]): string {
  const [op] = ops
  if (!op) return 'Classes'
  if (ops.length > 1) return `${counted(ops.length, 'change')} of classes`
  switch (op.kind) {
    case 'rename':
      return `Class “${op.from}” renamed to “${op.to}”`
    case 'delete':
    case 'remove':
      return `Class “${op.class.name}” deleted`
    case 'add':
      return `Class “${op.class.name}” added`
    case 'change':
      return `Class “${op.after.name}” changed`
    default:
      return assertNever(op)
  }
}

/** The outbox as readable entries, which can be discarded. */
export class OutboxView {
  readonly #deps: Deps

  constructor(deps: Deps) {
    this.#deps = deps
  }

  read(): { entries: OutboxEntry[]; pushed: Pushed[] } {
    const { outbox, datasets, images } = this.#deps
    const names = new Map(datasets.list().map(({ id, name }) => [id, name]))
    const nameOf = (id: string) => names.get(id) ?? ''
    const pathOf = (id: string | null) => (id === null ? null : (images.find(id)?.path ?? null))
    return {
      entries: outbox.first(SHOWN).map((row) => ({
        id: row.id,
        datasetId: row.datasetId,
        datasetName: nameOf(row.datasetId),
        imageId: row.imageId,
        path: pathOf(row.imageId),
        kind: row.kind,
        state: row.state,
        what: this.#describe(row),
        problem: row.problem,
        requestId: row.requestId,
        queuedAtMs: row.queuedAtMs,
      })),
      pushed: outbox.logged(SHOWN).map(({ id, datasetId, imageId, message, atMs }) => ({
        id,
        datasetName: nameOf(datasetId),
        path: pathOf(imageId),
        message,
        atMs,
      })),
    }
  }

  /** Discards an unpushed change and restores the service's value. The edit log keeps discarded labels. */
  discard(id: number): void {
    const { outbox, images, remotes, labels, classes, datasets, announce, announceImage } =
      this.#deps
    const row = outbox.get(id)
    if (!row) return
    if (row.kind === 'annotations' && row.imageId !== null) {
      labels.discard(row.imageId)
      return
    }
    if (row.kind === 'classes') {
      classes.discard(row)
      announce(row.datasetId)
      return
    }
    const facts = row.imageId === null ? null : remotes.find(row.imageId)
    datasets.together(() => {
      outbox.remove(id)
      if (row.kind === 'comment') this.#discardComment(row)
      if (!facts) return
      if (row.kind === 'stage') images.takeField(facts.imageId, 'stage', facts.stage)
      if (row.kind === 'split') images.takeField(facts.imageId, 'split', facts.split)
      if (row.kind === 'tags') images.takeField(facts.imageId, 'tags', JSON.stringify(facts.tags))
    })
    if (facts) announceImage(facts.imageId)
    announce(row.datasetId)
  }

  #discardComment({ payload }: OutboxRow): void {
    const op = (storedJson(payload) ?? {}) as Partial<CommentOp>
    const { comments } = this.#deps
    if (op.commentId === undefined) return
    if (op.kind === 'create') comments.remove(op.commentId)
    else if (op.kind === 'resolve') comments.setResolved(op.commentId, !op.isResolved)
    else if (op.kind === 'react' && op.reaction !== undefined)
      comments.react(op.commentId, op.reaction, !op.isOn)
  }

  #describe(row: OutboxRow): string {
    const { images, comments } = this.#deps
    const image = row.imageId === null ? null : images.find(row.imageId)
    switch (row.kind) {
      case 'annotations':
        return `Annotations (${image?.annotationCount ?? 0})`
      case 'stage':
        return `Stage: ${image?.stage ?? ''}`
      case 'split':
        return `Split: ${image?.split ?? 'none'}`
      case 'tags':
        return `Tags: ${image?.tags.join(', ') || 'none'}`
      case 'classes':
        return describeOps(storedList<ClassOp>(row.payload) ?? [])
      case 'comment': {
        const { kind, commentId } = (storedJson(row.payload) ?? {}) as Partial<CommentOp>
        const comment = commentId === undefined ? null : comments.find(commentId)
        return `${kind === 'react' ? 'Reaction to' : 'Comment'}: ${comment?.body ?? ''}`
      }
      default:
        return assertNever(row.kind)
    }
  }
}
