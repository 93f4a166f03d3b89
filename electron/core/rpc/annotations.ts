import type { AppCore } from '#core/app-core.ts'
import type { Outcome } from '#core/cache/edit-store.ts'
import { os } from './procedure.ts'

export function annotationRouter({ edits, images, library, publish }: AppCore) {
  const parse = (json: string | null) => (json === null ? null : JSON.parse(json))
  const turned = (imageId: string, outcome: Outcome | null) => {
    if (!outcome) return null
    publish(outcome)
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
      await library.ensureRead(imageId)
      const { draft, view } = images.state(imageId)
      return {
        image: images.get(imageId),
        ...edits.annotations(imageId),
        draft: parse(draft),
        view: parse(view),
        ...edits.canUndo(imageId),
      }
    }),
    commit: os.annotations.commit.handler(({ input: { draft, ...commit } }) => {
      const outcome = edits.commit({ ...commit, origin: 'user' })
      if (draft !== undefined) images.setDraft(commit.imageId, draft && JSON.stringify(draft))
      publish(outcome)
      return { revision: outcome.effects[0].revision, ...edits.canUndo(commit.imageId) }
    }),
    undo: os.annotations.undo.handler(({ input: { imageId, commitId } }) =>
      turned(imageId, edits.undo(imageId, commitId)),
    ),
    redo: os.annotations.redo.handler(({ input: { imageId, commitId } }) =>
      turned(imageId, edits.redo(imageId, commitId)),
    ),
    history: os.annotations.history.handler(({ input }) => edits.history(input.imageId, 200)),
    saveDraft: os.annotations.saveDraft.handler(({ input: { imageId, draft } }) => {
      images.setDraft(imageId, draft && JSON.stringify(draft))
    }),
  }
}
