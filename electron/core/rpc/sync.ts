import type { Comments } from '#core/sync/comments.ts'
import type { Sync } from '#core/sync/sync.ts'
import { os } from './procedure.ts'

type Pushing = Pick<Sync, 'outboxView' | 'labelSync' | 'outbox' | 'push' | 'resolve'>

export function syncRouter({ outboxView, labelSync, outbox, push, resolve }: Pushing) {
  return {
    outbox: os.sync.outbox.handler(() => outboxView.read()),
    now: os.sync.now.handler(async () => {
      await push()
      return { left: outbox.count() }
    }),
    retry: os.sync.retry.handler(async ({ input: { ids } }) => {
      outbox.retry(ids)
      await push()
    }),
    discard: os.sync.discard.handler(({ input: { id } }) => outboxView.discard(id)),
    conflicts: os.sync.conflicts.handler(({ input }) => labelSync.conflicts(input.imageId)),
    resolve: os.sync.resolve.handler(({ input: { imageId, annotationIds, choice, commitId } }) =>
      resolve(imageId, annotationIds, choice, commitId),
    ),
  }
}

export function commentRouter(comments: Comments) {
  return {
    list: os.comments.list.handler(({ input: { imageId } }) => {
      // Shows the known comments now and refreshes them in the background.
      comments.pull(imageId)
      return comments.list(imageId)
    }),
    add: os.comments.add.handler(({ input: { imageId, annotationId, body, parentId } }) =>
      comments.add(imageId, annotationId, body, parentId),
    ),
    setResolved: os.comments.setResolved.handler(({ input: { id, imageId, isResolved } }) =>
      comments.setResolved(id, imageId, isResolved),
    ),
    react: os.comments.react.handler(({ input: { id, imageId, reaction, isOn } }) =>
      comments.react(id, imageId, reaction, isOn),
    ),
  }
}
