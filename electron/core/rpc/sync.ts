import type { AppCore } from '#core/app-core.ts'
import { os } from './procedure.ts'

export function syncRouter({ outboxView, labelSync, engine, accounts, outbox, images }: AppCore) {
  const pushAll = () => Promise.all(accounts.list().map(({ id }) => engine.pushNow(id)))
  return {
    outbox: os.sync.outbox.handler(() => outboxView.read()),
    now: os.sync.now.handler(async () => {
      await pushAll()
      return { left: outbox.list(null).length }
    }),
    retry: os.sync.retry.handler(async ({ input: { ids } }) => {
      outbox.retry(ids)
      await pushAll()
    }),
    discard: os.sync.discard.handler(({ input: { id } }) => outboxView.discard(id)),
    conflicts: os.sync.conflicts.handler(({ input }) => labelSync.conflicts(input.imageId)),
    resolve: os.sync.resolve.handler(({ input: { imageId, annotationIds, choice, commitId } }) => {
      labelSync.resolve(imageId, annotationIds, choice, commitId)
      engine.onChange(images.get(imageId).datasetId)
    }),
  }
}

export function commentRouter({ comments, addComment, resolveComment, pullComments }: AppCore) {
  return {
    list: os.comments.list.handler(({ input: { imageId } }) => {
      // What others wrote comes when it comes; what is known is shown now.
      pullComments(imageId)
      return comments.list(imageId)
    }),
    add: os.comments.add.handler(({ input: { imageId, annotationId, body } }) =>
      addComment(imageId, annotationId, body),
    ),
    setResolved: os.comments.setResolved.handler(({ input: { id, imageId, isResolved } }) =>
      resolveComment(id, imageId, isResolved),
    ),
  }
}
