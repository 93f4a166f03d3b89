import type { CommentRepository } from '#core/cache/comment-repository.ts'
import type { Outbox } from '#core/cache/outbox.ts'
import type { RemoteRepository } from '#core/cache/remote-repository.ts'
import type { CoreEvents } from '#core/core-events.ts'
import type { EventBus } from '#core/event-bus.ts'
import type { Store } from '#core/store.ts'
import type { Reaction } from '#shared/model/comment.ts'
import type { Accounts } from './accounts.ts'
import type { CommentOp, PushFacts } from './push-facts.ts'

interface Deps {
  store: Pick<Store, 'datasets' | 'images'>
  accounts: Accounts
  remotes: RemoteRepository
  outbox: Outbox
  comments: CommentRepository
  facts: PushFacts
  events: EventBus
  coreEvents: CoreEvents
  /** Reports a background failure to the user, unless it is temporary. */
  trouble: (error: unknown) => void
  accountOf: (datasetId: string) => string
  signal: AbortSignal
}

/** Comments on annotations of a remote dataset. */
export class Comments {
  readonly #deps: Deps

  constructor(deps: Deps) {
    this.#deps = deps
  }

  list(imageId: string) {
    return this.#deps.comments.list(imageId)
  }

  /** `parentId`: the first comment of the thread that this comment replies to. */
  add(imageId: string, annotationId: string, body: string, parentId: string | null = null): void {
    const { store, comments } = this.#deps
    store.datasets.together(() => {
      const commentId = comments.create(imageId, annotationId, body, parentId)
      this.#queue(imageId, { kind: 'create', commentId })
    })
  }

  setResolved(commentId: string, imageId: string, isResolved: boolean): void {
    const { store, comments } = this.#deps
    store.datasets.together(() => {
      comments.setResolved(commentId, isResolved)
      this.#queue(imageId, { kind: 'resolve', commentId, isResolved })
    })
  }

  /** Adds or removes the user's own reaction. Idempotent. */
  react(commentId: string, imageId: string, reaction: Reaction, isOn: boolean): void {
    const { store, comments } = this.#deps
    store.datasets.together(() => {
      if (comments.react(commentId, reaction, isOn))
        this.#queue(imageId, { kind: 'react', commentId, reaction, isOn })
    })
  }

  /** Fetches other people's comments in the background. */
  pull(imageId: string): void {
    const { accounts, remotes, facts, events, accountOf, signal, trouble } = this.#deps
    const remote = remotes.find(imageId)
    if (!remote) return
    const before = JSON.stringify(this.list(imageId))
    accounts
      .run(accountOf(remote.datasetId), (client) => facts.pullComments(client, imageId, signal))
      .then(() => {
        if (JSON.stringify(this.list(imageId)) !== before)
          events.publish({ type: 'comments', imageId })
      })
      .catch((error: unknown) => {
        if (!signal.aborted) trouble(error)
      })
  }

  #queue(imageId: string, op: CommentOp): void {
    const { store, outbox, coreEvents } = this.#deps
    const { datasetId } = store.images.get(imageId)
    outbox.queue(datasetId, 'comment', op, { imageId })
    coreEvents.publish({ type: 'queued', datasetId })
  }
}
