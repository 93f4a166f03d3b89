import type { Client, RemoteClass } from '#core/api/client.ts'
import { classesOf, toRemoteClass } from '#core/api/wire-dataset.ts'
import { applyClassOps, type ClassOp, inverseOps } from '#core/cache/class-ops.ts'
import type { DatasetRepository } from '#core/cache/dataset-repository.ts'
import type { EditStore, Outcome } from '#core/cache/edit-store.ts'
import type { Outbox, OutboxRow } from '#core/cache/outbox.ts'
import type { RemoteRepository } from '#core/cache/remote-repository.ts'
import { storedList } from '#core/cache/stored-json.ts'
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

/** Operations that change labels, too. */
const touchesLabels = ({ kind }: ClassOp) => kind === 'rename' || kind === 'delete'

const isDeletion = (row: OutboxRow) => opsOf(row).some(({ kind }) => kind === 'delete')

/**
 * The one owner of a remote dataset's classes: what the service has is taken over here, what was changed here is pushed
 * from here, and what is not to be pushed is taken back here. Edits themselves are made by `EditStore`, which queues what
 * the service is to be told of them.
 */
export class DatasetClasses {
  readonly #deps: Deps
  /** When the classes of a dataset were last pushed, in the order of what happens here. */
  readonly #pushed = new Map<string, number>()
  #now = 0

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** To be taken before the service's list is asked for: an answer that is older than a push is not taken over. */
  stamp(): number {
    return this.#now++
  }

  /** Takes the service's list over, with what was changed here and not pushed yet. `askedAt`: from `stamp`. */
  take(datasetId: string, theirs: readonly AnnotationClass[], askedAt: number): void {
    if ((this.#pushed.get(datasetId) ?? -1) > askedAt) return
    const { datasets, remotes, outbox } = this.#deps
    datasets.together(() => {
      const ours = datasets.get(datasetId).classes
      remotes.setClassBase(datasetId, theirs)
      const unpushed = outbox
        .list(datasetId)
        .filter(({ kind }) => kind === 'classes')
        .flatMap(opsOf)
      const next = applyClassOps(withOurs(theirs, ours), unpushed)
      if (!sameValue(next, ours)) datasets.takeClasses(datasetId, next)
    })
  }

  /**
   * Before labels are pushed, which may need new classes: in the order in which they were made; after a refused one the
   * others wait, as they may build on it. Deletions come afterwards.
   */
  async push(client: Client, datasetId: string, signal: AbortSignal): Promise<void> {
    for (const row of this.#rows(datasetId)) {
      if (isDeletion(row)) continue
      if (row.state !== 'waiting') return
      if (!(await this.#pushRow(client, row, signal))) return
    }
  }

  /**
   * After labels were pushed. A class goes from the list when no image needs it any more: what was deleted here was
   * deleted image by image, so that nobody else's work goes with it.
   */
  async pushDeletions(client: Client, datasetId: string, signal: AbortSignal): Promise<void> {
    for (const row of this.#rows(datasetId))
      if (isDeletion(row) && row.state === 'waiting' && !this.#hasUnpushedLabels(row))
        await this.#pushRow(client, row, signal)
  }

  #rows(datasetId: string): OutboxRow[] {
    return this.#deps.outbox.list(datasetId).filter(({ kind }) => kind === 'classes')
  }

  /** Labels that the deletion of a class took away here still wait. */
  #hasUnpushedLabels({ commitId }: OutboxRow): boolean {
    const { edits, outbox } = this.#deps
    return (
      commitId !== null &&
      edits
        .imagesOfEdit(commitId)
        .some((imageId) => outbox.find(imageId, 'annotations')?.state === 'waiting')
    )
  }

  /**
   * Takes back what an operation that is not to be pushed did here, labels included: with it go the others of the same
   * edit, such as its undo. Throws a UserError where labels need a class that would go.
   */
  discard(row: OutboxRow): void {
    const { datasets, edits, outbox, labels, publish } = this.#deps
    const { datasetId, commitId } = row
    const rows =
      commitId === null
        ? [row]
        : outbox.list(datasetId).filter((other) => other.commitId === commitId)
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
    // Labels that were drawn under the new name since.
    const names = new Set(datasets.get(datasetId).classes.map(({ name }) => name))
    for (const op of ops)
      if (op.kind === 'rename' && !names.has(op.to))
        for (const imageId of edits.imagesWithClass(datasetId, op.to)) {
          labels.renameClass(imageId, op.to, op.from)
          touched.add(imageId)
        }
    for (const imageId of touched) labels.settle(imageId)
  }

  /** The edit of these rows, as the service knows it: what it did to labels that the first row was to tell first. */
  #turnBack([first]: readonly OutboxRow[]): Outcome | null {
    if (!first?.commitId) return null
    const isDoneThere = first.isBack
    // Pushed in part: what it does to labels is the service's already.
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

  /** False when the service refused it. */
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
      outbox.setState(row.id, 'failed', message, requestId)
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
      // A key is 32 hex digits: the row's, with the step in it.
      const step = (ops.length - left.length).toString(16)
      const idempotencyKey = `${row.idempotencyKey}${step}`.slice(-32)
      const ids = { datasetId: row.datasetId, remoteId }
      await this.#pushOp(client, ids, op, row, { signal, idempotencyKey })
      left = rest
      // What was done is neither done again nor taken back.
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
    const there = remote.classes ?? []
    const has = (name: string) => there.some((item) => item.name === name)
    // What others changed since stays: the service applies the difference to the list that it has then.
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
        // Without the old name it was pushed before, and only the answer was lost.
        this.#followInBase(datasetId, op.from, op.to)
        break
      case 'delete': {
        const { name } = op.class
        // It was made again since: its labels are gone, and it stays.
        const isBack = this.#deps.datasets.get(datasetId).classes.some((one) => one.name === name)
        if (isBack || !has(name)) return
        const counts = await this.#countsThere(client, remoteId, signal)
        if ((counts[name] ?? 0) === 0) {
          await change(there.filter((item) => item.name !== name))
          break
        }
        this.#askAboutOthers(op, row, counts[name] ?? 0)
        const how = { classType: null, deleteAnnotations: true, ...call }
        await client.annotations.deleteClass(remoteId, name, how)
        this.#followInBase(datasetId, name, null)
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
    this.#deps.remotes.setClassBase(datasetId, applyClassOps(classesOf(remote), [op]))
  }

  async #countsThere(client: Client, remoteId: string, signal: AbortSignal) {
    return (await client.datasets.insights(remoteId, { signal })).class_annotation_counts
  }

  /**
   * Annotations that are left on the service are those that others drew since, or on images that were never read here.
   * They may not be meant: the person is asked, and a second try takes them along.
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

  /** The service changed the labels of all images itself: what is left to be pushed is what differs from that. */
  #followInBase(datasetId: string, from: string, to: string | null): void {
    const { remotes, labels, datasets, announceImages } = this.#deps
    const changed = datasets.together(() => {
      const ids = remotes.changeBaseClass(datasetId, from, to)
      for (const imageId of ids) labels.settle(imageId)
      return ids
    })
    announceImages(datasetId, changed)
  }
}

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
