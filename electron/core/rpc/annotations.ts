import type { Editing } from '#core/library/editing.ts'
import { os } from './procedure.ts'

export function annotationRouter(editing: Editing) {
  return {
    open: os.annotations.open.handler(({ input }) => editing.open(input.imageId)),
    commit: os.annotations.commit.handler(({ input: { drafts, ...commit } }) =>
      editing.commit(commit, drafts),
    ),
    commitMany: os.annotations.commitMany.handler(({ input }) =>
      editing.commitMany(input.datasetId, input.commitId, input.label, input.edits),
    ),
    labels: os.annotations.labels.handler(({ input }) => editing.undoLabels(input.imageId)),
    undo: os.annotations.undo.handler(({ input }) => editing.undo(input.imageId, input.commitId)),
    redo: os.annotations.redo.handler(({ input }) => editing.redo(input.imageId, input.commitId)),
    history: os.annotations.history.handler(({ input }) =>
      editing.history(input.imageId, input.before),
    ),
    goTo: os.annotations.goTo.handler(({ input }) => editing.goTo(input.imageId, input.seq)),
    saveDrafts: os.annotations.saveDrafts.handler(({ input: { imageId, drafts } }) =>
      editing.keepDrafts(imageId, drafts),
    ),
  }
}
