import { type Client, type RemoteClass, UnexpectedAnswerError } from '#core/api/client.ts'
import { classesOf, toRemoteClass } from '#core/api/wire-dataset.ts'
import { applyClassOps, type ClassOp, inverseOps } from '#core/cache/class-ops.ts'
import type { DatasetRepository } from '#core/cache/dataset-repository.ts'
import type { EditStore, Outcome } from '#core/cache/edit-store.ts'
import type { Outbox, OutboxRow } from '#core/cache/outbox.ts'
import type { RemoteRepository } from '#core/cache/remote-repository.ts'
import { storedList } from '#core/cache/stored-json.ts'
import { inPieces } from '#core/pieces.ts'
import { isRefusal, toServiceError } from '#core/service-error.ts'
import { UserError } from '#core/user-error.ts'
import { newId } from '#shared/model/annotation.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import { assertNever } from '#shared/model/assert-never.ts'
import { sameValue } from '#shared/model/change-set.ts'
import { counted } from '#shared/model/counted.ts'
import type { LabelSync } from './label-sync.ts'
import { withOurs } from './own-class-fields.ts'

interface Deps {
  datasets: DatasetRepository
  remotes: RemoteRepository
  outbox: Outbox
  edits: EditStore
  labels: LabelSync
  publish: (outcome: Outcome) => void
  announceImages: (datasetId: string, imageIds: readonly string[]) => void
}

interface Call {
  signal: AbortSignal
  idempotencyKey: string
}

const opsOf = ({ payload }: Pick<OutboxRow, 'payload'>) => storedList<ClassOp>(payload) ?? []

/** Operations that also change labels. */
const touchesLabels = ({ kind }: ClassOp) => kind === 'rename' || kind === 'delete'

const isDeletion = (row: OutboxRow) => opsOf(row).some(({ kind }) => kind === 'delete')

/**
 * The only place that syncs the classes of a remote dataset: it pulls the service's list, pushes local changes and
 * reverts discarded ones. `EditStore` makes the edits and queues their operations.
 */
export class DatasetClasses {
  readonly #deps: Deps
  /** When each dataset's classes were last pushed, on a logical clock. */
  readonly #pushed = new Map<string, number>()
  #now = 0

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** Call this before requesting the service's list, so that an answer older than a push is ignored. */
  stamp(): number {
    return this.#now++
  }

  /** Stores the service's list and reapplies unpushed local changes. `askedAt` comes from `stamp`. */
  take(datasetId: string, theirs: readonly AnnotationClass[], askedAt: number): void {
    if ((this.#pushed.get(datasetId) ?? -1) > askedAt) return
    const { datasets, remotes, outbox } = this.#deps
    datasets.together(() => {
      const ours = datasets.get(datasetId).classes
      remotes.setClassBase(datasetId, theirs)
      const unpushed = outbox.ofKind(datasetId, 'classes').flatMap(opsOf)
      const next = applyClassOps(withOurs(theirs, ours), unpushed)
      if (!sameValue(next, ours)) datasets.takeClasses(datasetId, next)
    })
  }

  /**
   * Call this before pushing labels, which may need new classes. Operations are pushed in order. After a refused one
   * the others wait, because they may depend on it. Deletions follow in `pushDeletions`.
   */
  async push(client: Client, datasetId: string, signal: AbortSignal): Promise<void> {
    for (const row of this.#deps.outbox.ofKind(datasetId, 'classes')) {
      if (isDeletion(row)) continue
      if (row.state !== 'waiting') return
      if (!(await this.#pushRow(client, row, signal))) return
    }
  }

  /**
   * Call this after pushing labels. Locally, deleting a class deletes its labels image by image, so a class is
   * removed from the service's list only when no image uses it; other people's work is not deleted with it.
   */
  async pushDeletions(client: Client, datasetId: string, signal: AbortSignal): Promise<void> {
    const { outbox } = this.#deps
    for (const row of outbox.ofKind(datasetId, 'classes')) {
      if (!isDeletion(row) || row.state !== 'waiting') continue
      // Its own label deletions are pushed first.
      const isEarly = row.commitId !== null && outbox.hasLabelsOf(datasetId, row.commitId)
      if (!isEarly) await this.#pushRow(client, row, signal)
    }
  }

  /**
   * Reverts the local effects of a discarded operation, labels included. Other operations of the same edit, such as
   * its undo, are discarded with it. Throws a UserError if labels need a class that would disappear.
   */
  discard(row: OutboxRow): void {
    const { datasets, edits, outbox, labels, publish } = this.#deps
    const { datasetId, commitId } = row
    const rows =
      commitId === null
        ? [row]
        : outbox.ofKind(datasetId, 'classes').filter((other) => other.commitId === commitId)
    const ops = rows.flatMap(opsOf)
    const touched = new Set(commitId === null ? [] : edits.imagesOfEdit(commitId))
    const turned = datasets.together(() => {
      for (const { id } of rows) outbox.remove(id)
      const outcome = this.#turnBack(rows)
      const back = applyClassOps(datasets.get(datasetId).classes, inverseOps(ops))
      this.#refuseInUse(datasetId, back, ops)
      datasets.takeClasses(datasetId, back)
      return outcome
    })
    if (turned) publish(turned)
    // Labels drawn under the new name since then.
    const names = new Set(datasets.get(datasetId).classes.map(({ name }) => name))
    for (const op of ops)
      if (op.kind === 'rename' && !names.has(op.to))
        for (const imageId of edits.imagesWithClass(datasetId, op.to)) {
          labels.renameClass(imageId, op.to, op.from)
          touched.add(imageId)
        }
    for (const imageId of touched) labels.settle(imageId)
  }

  /** Reverts the edit of these rows, if the service has seen none of it. Returns what it did to labels. */
  #turnBack([first]: readonly OutboxRow[]): Outcome | null {
    if (!first?.commitId) return null
    const isDoneThere = first.isBack
    // Partly pushed: the service already has the label changes.
    if (!opsOf(first).some(touchesLabels)) return null
    const wanted = isDoneThere ? 'done' : 'undone'
    return this.#deps.edits.setClassEdit(first.commitId, wanted, `discard/${newId()}`)
  }

  #refuseInUse(
    datasetId: string,
    classes: readonly AnnotationClass[],
    ops: readonly ClassOp[],
  ): void {
    const kept = new Set(classes.map(({ name }) => name))
    for (const op of ops) {
      if (op.kind !== 'add' || kept.has(op.class.name)) continue
      const uses = this.#deps.edits.imagesWithClass(datasetId, op.class.name).length
      if (uses > 0)
        throw new UserError(
          'class_in_use',
          `Annotations of ${counted(uses, 'image')} have the class “${op.class.name}”. Give them another class first, or keep this one.`,
        )
    }
  }

  /** Returns false if the service refused the row. */
  async #pushRow(client: Client, row: OutboxRow, signal: AbortSignal): Promise<boolean> {
    const { outbox, datasets } = this.#deps
    const { remote } = datasets.get(row.datasetId)
    if (!remote) return false
    try {
      await this.#pushOps(client, remote.remoteId, row, signal)
      outbox.done(row)
      outbox.log(row.datasetId, null, 'Classes changed')
      return true
    } catch (error) {
      if (!isRefusal(error) || signal.aborted) throw error
      const { message, requestId } = toServiceError(error)
      // Each try reads the service's list first, so it can have a new key even if this one was executed.
      outbox.refuse(row.id, message, { requestId })
      return false
    } finally {
      this.#pushed.set(row.datasetId, this.#now++)
    }
  }

  async #pushOps(
    client: Client,
    remoteId: string,
    row: OutboxRow,
    signal: AbortSignal,
  ): Promise<void> {
    const ops = opsOf(row)
    for (let left = ops; left.length > 0; ) {
      const [op, ...rest] = left
      // A key has 32 hex digits: the row's key with the step encoded in it.
      const step = (ops.length - left.length).toString(16)
      const idempotencyKey = `${row.idempotencyKey}${step}`.slice(-32)
      const ids = { datasetId: row.datasetId, remoteId }
      await this.#pushOp(client, ids, op, row, { signal, idempotencyKey })
      left = rest
      // Finished steps are neither repeated nor reverted.
      if (left.length > 0) this.#deps.outbox.setPayload(row.id, left)
    }
  }

  async #pushOp(
    client: Client,
    { datasetId, remoteId }: { datasetId: string; remoteId: string },
    op: ClassOp,
    row: OutboxRow,
    call: Call,
  ): Promise<void> {
    const { signal } = call
    const remote = await client.datasets.get(remoteId, { signal })
    // Without a list, “it is not there any more” cannot be told from “it was not listed”. An addition needs no list.
    if (!remote.classes && op.kind !== 'add')
      throw new UnexpectedAnswerError(
        'The service’s answer about the dataset has no list of classes, so this change was not sent',
        { route: `GET /datasets/${remoteId}` },
      )
    const there = remote.classes ?? []
    const has = (name: string) => there.some((item) => item.name === name)
    // The service applies the difference to its current list, so concurrent changes survive.
    const change = (classes: RemoteClass[]) =>
      client.datasets.update(remoteId, { classes, classesBase: there }, call)
    switch (op.kind) {
      case 'add':
        if (!has(op.class.name)) await change([...there, toRemoteClass(op.class)])
        break
      case 'rename':
        if (has(op.from)) await client.annotations.renameClass(remoteId, op.from, op.to, call)
        else if (!has(op.to))
          throw new UserError('class_gone', `The service has no class “${op.from}” any more.`)
        // If the old name is gone, an earlier push succeeded and only its answer was lost.
        await this.#followInBase(datasetId, op.from, op.to, signal)
        break
      case 'delete': {
        const { name } = op.class
        // The class was created again since: only its old labels are gone.
        const isBack = this.#deps.datasets.get(datasetId).classes.some((one) => one.name === name)
        if (isBack) return
        if (!has(name)) {
          // An earlier call succeeded, but the app ended before the merge base followed.
          await this.#followInBase(datasetId, name, null, signal)
          return
        }
        const counts = await this.#countsThere(client, remoteId, signal)
        if ((counts[name] ?? 0) === 0) {
          await change(there.filter((item) => item.name !== name))
          break
        }
        this.#askAboutOthers(op, row, counts[name] ?? 0)
        const how = { classType: null, deleteAnnotations: true, ...call }
        await client.annotations.deleteClass(remoteId, name, how)
        await this.#followInBase(datasetId, name, null, signal)
        break
      }
      case 'remove': {
        const counts = await this.#countsThere(client, remoteId, signal)
        if (has(op.class.name) && (counts[op.class.name] ?? 0) === 0)
          await change(there.filter(({ name }) => name !== op.class.name))
        break
      }
      case 'change': {
        const { before, after } = op
        await change(
          there.map((item) =>
            item.name === after.name ? changedRemote(item, before, after) : item,
          ),
        )
        break
      }
      default:
        assertNever(op)
    }
    // An answer without a list says nothing about the other classes.
    if (remote.classes)
      this.#deps.remotes.setClassBase(datasetId, applyClassOps(classesOf(remote), [op]))
  }

  async #countsThere(client: Client, remoteId: string, signal: AbortSignal) {
    return (await client.datasets.insights(remoteId, { signal })).class_annotation_counts
  }

  /**
   * The remaining annotations on the service were drawn by other people since, or are on images that were never
   * pulled. The user may not want to delete them, so ask; a second try deletes them, too.
   */
  #askAboutOthers(op: ClassOp & { kind: 'delete' }, row: OutboxRow, others: number): void {
    if (others <= (op.accepted ?? 0)) return
    const asked = opsOf(row).map((item) =>
      item.kind === 'delete' ? { ...item, accepted: others } : item,
    )
    this.#deps.outbox.setPayload(row.id, asked)
    throw new UserError(
      'class_in_use',
      `The service has ${counted(others, 'annotation')} of the class “${op.class.name}” that you have not seen. Try again to delete them, too, or discard this to keep the class.`,
    )
  }

  /**
   * The service changed the labels of all images itself. Applies the same change to the merge base, in pieces, so that
   * only other differences are pushed. The row stays queued until all is done, so a crash repeats it.
   */
  async #followInBase(
    datasetId: string,
    from: string,
    to: string | null,
    signal: AbortSignal,
  ): Promise<void> {
    const { remotes, labels, datasets, announceImages } = this.#deps
    let after = ''
    await inPieces((count) => {
      const { changed, last } = datasets.together(() => {
        const piece = remotes.changeBaseClass(datasetId, { from, to, after, count })
        for (const imageId of piece.changed) labels.settle(imageId)
        return piece
      })
      if (changed.length > 0) announceImages(datasetId, changed)
      after = last ?? after
      return last !== null
    }, signal)
    signal.throwIfAborted()
  }
}

/** The service's class with the local changes applied; all other fields stay as the service has them. */
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
