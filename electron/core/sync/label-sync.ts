import type { EditStore, Outcome } from '#core/cache/edit-store.ts'
import type { Outbox } from '#core/cache/outbox.ts'
import type { RemoteRepository } from '#core/cache/remote-repository.ts'
import type { EventBus } from '#core/event-bus.ts'
import { Locks } from '#core/locks.ts'
import { toServiceError } from '#core/service-error.ts'
import { UserError } from '#core/user-error.ts'
import { type Annotation, newId } from '#shared/model/annotation.ts'
import { diffAnnotations, isEmptyChangeSet } from '#shared/model/change-set.ts'
import { counted } from '#shared/model/counted.ts'
import type { Conflict } from '#shared/model/sync.ts'
import type { Accounts } from './accounts.ts'
import {
  baseAfterSending,
  carryConflicts,
  mergeAnnotations,
  sameLabels,
  sameToService,
  takeTheirs,
  withDoubts,
} from './merge.ts'

/** Labels pulled less than this long ago are not pulled again when the image is opened. Milliseconds. */
const FRESH_MS = 20_000

interface Deps {
  accounts: Accounts
  edits: EditStore
  remotes: RemoteRepository
  outbox: Outbox
  events: EventBus
  accountOf: (datasetId: string) => string
  publish: (outcome: Outcome) => void
  /** Reports a background failure to the user, unless it is temporary. */
  trouble: (error: unknown) => void
  /** Notifies windows that the unpushed changes of images changed. */
  announceImages: (imageIds: readonly string[]) => void
}

export type Taken = 'same' | 'waiting' | 'conflict'

/** Keeps the local labels of an image and the service's labels in sync. */
export class LabelSync {
  /** Held from requesting the service's labels until they are merged, or ours are pushed. */
  readonly locks = new Locks()
  readonly #deps: Deps
  readonly #reading = new Map<string, Promise<void>>()
  readonly #abort = new AbortController()

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /**
   * Ensures that an image's labels are present before it is opened. Waits for labels that were never pulled;
   * refreshes known ones in the background. Throws a UserError if there is nothing to show.
   */
  async ensure(imageId: string): Promise<void> {
    const facts = this.#deps.remotes.find(imageId)
    if (!facts) return
    if (facts.base !== null || this.#deps.outbox.find(imageId, 'annotations')) {
      if (Date.now() - facts.readAtMs > FRESH_MS) this.read(imageId).catch(this.#deps.trouble)
      return
    }
    await this.read(imageId).catch((error: unknown) => {
      const problem = toServiceError(error)
      if (problem.reason !== 'offline') throw problem
      throw new UserError(
        'offline',
        'The labels of this image are not on this machine yet. Couldn’t reach the service. They load automatically when it is reachable again.',
        { cause: error },
      )
    })
  }

  /** Pulls the service's labels of an image and merges them. Throws what the client throws. */
  read(imageId: string, signal?: AbortSignal): Promise<void> {
    const running = this.#reading.get(imageId)
    if (running) return running
    const work = this.#read(imageId, signal).finally(() => this.#reading.delete(imageId))
    this.#reading.set(imageId, work)
    return work
  }

  /**
   * Merges the labels that the service has now. An unchanged image takes them as they are; local edits are merged
   * with them. Updates base, working copy, conflicts and outbox in one transaction.
   */
  takeIn(imageId: string, theirs: readonly Annotation[]): Taken {
    const { edits, remotes, outbox, publish } = this.#deps
    let outcome: Outcome | null = null
    const before = this.conflicts(imageId).length
    const taken = edits.together((): Taken => {
      const facts = remotes.find(imageId)
      if (!facts) return 'same'
      const known = facts.base ?? []
      const mine = edits.annotations(imageId).annotations
      const { sent } = facts
      const began = sent ? baseAfterSending(known, sent.annotations, theirs) : null
      const base = began?.base ?? known
      const certain = mergeAnnotations(base, mine, theirs)
      const isOpen = began !== null && !began.hasArrived
      const isAlone = sameLabels(known, theirs)
      const doubts =
        sent && isOpen && !isAlone
          ? withDoubts({ base: known, sent: sent.annotations, mine, theirs }, certain.merged)
          : { merged: certain.merged, conflicts: [] }
      const { merged } = doubts
      const doubted = new Set(doubts.conflicts.map(({ id }) => id))
      const found = certain.conflicts.filter(({ id }) => !doubted.has(id))
      const conflicts = carryConflicts(
        facts.conflicts,
        [...found, ...doubts.conflicts],
        base,
        theirs,
      )
      // The answer to an earlier save would not be an answer to what is queued now.
      if (!isAlone) outbox.renew(imageId, 'annotations')
      const changes = diffAnnotations(mine, merged)
      if (!isEmptyChangeSet(changes))
        outcome = edits.commit({
          commitId: `sync/${newId()}`,
          imageId,
          changes,
          label: 'Changes from Pictograph',
          origin: 'sync',
        })
      const isSame = sameLabels(merged, theirs)
      // If it is unknown whether the save arrived and nobody else edited, ask the service again.
      if (isOpen && isAlone && !isSame) remotes.setBaseWhileSending(imageId, theirs)
      else remotes.setBase(imageId, theirs, conflicts)
      return this.#settle(imageId, isSame, conflicts)
    })
    if (outcome) publish(outcome)
    if (before > 0 || taken === 'conflict')
      this.#deps.events.publish({ type: 'conflicts', imageId })
    this.#deps.announceImages([imageId])
    return taken
  }

  /**
   * The service acknowledged these labels, each in the `version` of its outbox row. Edits made meanwhile stay queued.
   * One transaction.
   */
  told(
    saved: readonly {
      imageId: string
      annotations: readonly Annotation[]
      row: { id: number; datasetId: string; version: number }
    }[],
  ): void {
    const { edits, remotes, outbox } = this.#deps
    edits.together(() => {
      for (const { imageId, annotations, row } of saved) {
        remotes.setBase(imageId, annotations, remotes.find(imageId)?.conflicts ?? [])
        if (outbox.get(row.id)?.state !== 'conflict') outbox.done(row)
        outbox.log(row.datasetId, imageId, `${counted(annotations.length, 'annotation')} saved`)
      }
    })
    this.#deps.announceImages(saved.map(({ imageId }) => imageId))
  }

  conflicts(imageId: string): Conflict[] {
    return this.#deps.remotes.find(imageId)?.conflicts ?? []
  }

  /**
   * Resolves conflicts of an image: `mine` keeps the local annotation, `theirs` takes the service's, `both` keeps
   * ours and adds theirs. One edit with undo; it is pushed when no conflict is left.
   */
  resolve(
    imageId: string,
    annotationIds: readonly string[] | null,
    choice: 'mine' | 'theirs' | 'both',
    commitId: string,
  ): void {
    const { edits, remotes, outbox, publish } = this.#deps
    const outcome = edits.together(() => {
      const all = this.conflicts(imageId)
      const chosen = all.filter(({ id }) => annotationIds === null || annotationIds.includes(id))
      const rest = all.filter((conflict) => !chosen.includes(conflict))
      const mine = edits.annotations(imageId).annotations
      const result = choice === 'mine' ? mine : withTheirs(mine, chosen, choice)
      const made = edits.commit({
        commitId,
        imageId,
        changes: diffAnnotations(mine, result),
        label: choice === 'both' ? 'Keep mine and theirs' : `Take ${choice}`,
        origin: 'user',
        isStep: true,
      })
      remotes.keepDecision(commitId, imageId, chosen)
      remotes.setConflicts(imageId, rest)
      const base = remotes.find(imageId)?.base ?? []
      this.#settle(imageId, sameLabels(result, base), rest)
      outbox.renew(imageId, 'annotations')
      return made
    })
    publish(outcome)
    this.#deps.events.publish({ type: 'conflicts', imageId })
    this.#deps.announceImages([imageId])
  }

  /** Undo or redo of a resolution reopens or closes its conflicts. */
  onTurned({ commitId, back }: { commitId: string; back: boolean }): void {
    const { edits, remotes, outbox } = this.#deps
    const decision = remotes.decision(commitId)
    if (!decision) return
    const { imageId, conflicts } = decision
    edits.together(() => {
      const ids = new Set(conflicts.map(({ id }) => id))
      const others = this.conflicts(imageId).filter(({ id }) => !ids.has(id))
      const next = back ? [...others, ...conflicts] : others
      const facts = remotes.find(imageId)
      remotes.setConflicts(imageId, next)
      const mine = edits.annotations(imageId).annotations
      this.#settle(imageId, sameLabels(mine, facts?.base ?? []), next)
      outbox.renew(imageId, 'annotations')
    })
    this.#deps.events.publish({ type: 'conflicts', imageId })
    this.#deps.announceImages([imageId])
  }

  /** Discards local changes that were not pushed; the edit log keeps them. */
  discard(imageId: string): void {
    const { edits, remotes, outbox, publish } = this.#deps
    const outcome = edits.together(() => {
      const facts = remotes.find(imageId)
      const mine = edits.annotations(imageId).annotations
      const made = edits.commit({
        commitId: `discard/${newId()}`,
        imageId,
        changes: diffAnnotations(mine, facts?.base ?? []),
        label: 'Discard what was not sent',
        origin: 'user',
      })
      remotes.setConflicts(imageId, [])
      const row = outbox.find(imageId, 'annotations')
      if (row) outbox.remove(row.id)
      return made
    })
    publish(outcome)
    this.#deps.events.publish({ type: 'conflicts', imageId })
    this.#deps.announceImages([imageId])
  }

  /** Moves labels to another class because the rename of the class was discarded. */
  renameClass(imageId: string, from: string, to: string): void {
    const { edits, publish } = this.#deps
    const mine = edits.annotations(imageId).annotations
    const renamed = mine.map((item) =>
      item.className === from ? { ...item, className: to } : item,
    )
    const changes = diffAnnotations(mine, renamed)
    if (isEmptyChangeSet(changes)) return
    publish(
      edits.commit({
        commitId: `discard/${newId()}`,
        imageId,
        changes,
        label: `Class ${to} as it was`,
        origin: 'user',
      }),
    )
  }

  /**
   * Compares an image's labels with the service's again, after classes were renamed or reverted. Equal labels need no
   * push. If our side of a conflict is unchanged from the base, the conflict is dropped, because only theirs changed.
   */
  settle(imageId: string): void {
    const { edits, remotes } = this.#deps
    const now = new Map(edits.annotations(imageId).annotations.map((item) => [item.id, item]))
    const decided = this.conflicts(imageId).filter(({ id, base, theirs }) => {
      const own = now.get(id)
      return base && theirs && own && sameToService(own, base)
    })
    if (decided.length > 0)
      this.resolve(
        imageId,
        decided.map(({ id }) => id),
        'theirs',
        `discard/${newId()}`,
      )
    const base = remotes.find(imageId)?.base ?? []
    const mine = edits.annotations(imageId).annotations
    this.#settle(imageId, sameLabels(mine, base), this.conflicts(imageId))
  }

  /** Updates the image's outbox row after its difference from the service changed. */
  #settle(imageId: string, isSame: boolean, conflicts: readonly Conflict[]): Taken {
    const { outbox } = this.#deps
    if (isSame && conflicts.length === 0) {
      const row = outbox.find(imageId, 'annotations')
      if (row) outbox.remove(row.id)
      return 'same'
    }
    if (!outbox.find(imageId, 'annotations')) outbox.queueImage(imageId, 'annotations')
    const row = outbox.find(imageId, 'annotations')
    if (row && conflicts.length > 0)
      outbox.setState(row.id, 'conflict', 'Changed here and on the service')
    else if (row?.state === 'conflict') outbox.setState(row.id, 'waiting')
    return conflicts.length > 0 ? 'conflict' : 'waiting'
  }

  async #read(imageId: string, signal: AbortSignal | undefined): Promise<void> {
    const { remotes, accounts, accountOf } = this.#deps
    const stop = signal ? AbortSignal.any([signal, this.#abort.signal]) : this.#abort.signal
    await this.locks.during(imageId, async () => {
      const facts = remotes.find(imageId)
      if (!facts || stop.aborted) return
      const { annotations, unreadable } = await accounts.run(accountOf(facts.datasetId), (client) =>
        client.annotations.readById(facts.remoteId, { signal: stop }),
      )
      if (unreadable.length > 0)
        this.#deps.outbox.log(
          facts.datasetId,
          imageId,
          `${counted(unreadable.length, 'annotation')} of the service cannot be shown here. The service keeps them unchanged`,
        )
      this.takeIn(imageId, annotations)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort(new UserError('closed', 'The app is closing.'))
    await Promise.allSettled(this.#reading.values())
  }
}

function withTheirs(
  mine: readonly Annotation[],
  conflicts: readonly Conflict[],
  choice: 'theirs' | 'both',
): Annotation[] {
  const byId = new Map(conflicts.map((conflict) => [conflict.id, conflict]))
  const own = new Set(mine.map(({ id }) => id))
  const kept = mine.flatMap((annotation): Annotation[] => {
    const conflict = byId.get(annotation.id)
    if (!conflict) return [annotation]
    const { theirs } = conflict
    if (choice === 'both') return theirs ? [annotation, { ...theirs, id: newId() }] : [annotation]
    return theirs ? [takeTheirs(annotation, conflict)] : []
  })
  const back = conflicts.flatMap(({ id, theirs }) => (theirs && !own.has(id) ? [theirs] : []))
  return [...kept, ...back]
}
