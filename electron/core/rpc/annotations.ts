import type { AppCore } from '#core/app-core.ts'
import type { Outcome } from '#core/cache/edit-store.ts'
import type { Drafts } from '#shared/contract/annotations.ts'
import { os } from './procedure.ts'

export function annotationRouter({ edits, images, look, publish, labelSync }: AppCore) {
  const parse = (json: string | null) => (json === null ? null : JSON.parse(json))
  const keepDrafts = (imageId: string, drafts: Drafts) =>
    images.setDrafts(imageId, Object.keys(drafts).length === 0 ? null : JSON.stringify(drafts))
  const turned = (imageId: string, outcome: Outcome | null) => {
    if (!outcome) return null
    publish(outcome)
    if (outcome.turned) labelSync.onTurned(outcome.turned)
    const mine = outcome.effects.find((effect) => effect.imageId === imageId)
    return {
      label: outcome.label,
      revision: mine?.revision ?? edits.annotations(imageId).revision,
      changes: mine?.changes ?? { created: [], updated: [], deleted: [] },
      ...edits.canUndo(imageId),
    }
  }
  return {
    open: os.annotations.open.handler(async ({ input: { imageId } }) => {
      await look(imageId)
      const { drafts, view } = images.state(imageId)
      return {
        image: images.get(imageId),
        ...edits.annotations(imageId),
        drafts: parse(drafts) ?? {},
        view: parse(view),
        ...edits.canUndo(imageId),
      }
    }),
    commit: os.annotations.commit.handler(({ input: { drafts, ...commit } }) => {
      const outcome = edits.commit({ ...commit, origin: 'user' })
      if (drafts !== undefined) keepDrafts(commit.imageId, drafts)
      publish(outcome)
      return { revision: outcome.effects[0].revision, ...edits.canUndo(commit.imageId) }
    }),
    commitMany: os.annotations.commitMany.handler(({ input }) => {
      const outcome = edits.commitMany(input.datasetId, input.commitId, input.label, input.edits)
      publish(outcome)
      return { images: outcome.effects.length }
    }),
    labels: os.annotations.labels.handler(({ input }) => edits.canUndo(input.imageId)),
    undo: os.annotations.undo.handler(({ input: { imageId, commitId } }) =>
      turned(imageId, edits.undo(imageId, commitId)),
    ),
    redo: os.annotations.redo.handler(({ input: { imageId, commitId } }) =>
      turned(imageId, edits.redo(imageId, commitId)),
    ),
    history: os.annotations.history.handler(({ input }) => edits.history(input.imageId, 200)),
    saveDrafts: os.annotations.saveDrafts.handler(({ input: { imageId, drafts } }) =>
      keepDrafts(imageId, drafts),
    ),
  }
}
