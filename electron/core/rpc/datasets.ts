import type { Editing } from '#core/library/editing.ts'
import type { Library } from '#core/library/library.ts'
import type { Opening } from '#core/opening.ts'
import { os } from './procedure.ts'

interface Features {
  library: Pick<Library, 'list' | 'describe' | 'relocate' | 'setLabelFiles' | 'setAssistAccount'>
  editing: Pick<Editing, 'editClasses' | 'classCounts'>
  opening: Opening
}

export function datasetRouter({ library, editing, opening }: Features) {
  return {
    list: os.datasets.list.handler(() => library.list()),
    get: os.datasets.get.handler(({ input }) => library.describe(input.id)),
    openFolder: os.datasets.openFolder.handler(({ input }) => opening.openFolder(input.path)),
    openTarget: os.datasets.openTarget.handler(({ input }) => opening.openTarget(input.target)),
    link: os.datasets.link.handler(({ input }) => opening.link(input.id, input.imageId)),
    openSample: os.datasets.openSample.handler(() => opening.openSample()),
    open: os.datasets.open.handler(({ input }) => opening.openDataset(input.id)),
    relocate: os.datasets.relocate.handler(({ input }) => library.relocate(input.id, input.path)),
    forget: os.datasets.forget.handler(({ input }) => opening.forget(input.id)),
    editClasses: os.datasets.editClasses.handler(async ({ input: { id, commitId, edit } }) => {
      await editing.editClasses(id, commitId, edit)
      return library.describe(id)
    }),
    classCounts: os.datasets.classCounts.handler(({ input }) => editing.classCounts(input.id)),
    setLabelFiles: os.datasets.setLabelFiles.handler(({ input }) =>
      library.setLabelFiles(input.id, input.labelFiles),
    ),
    setAssistAccount: os.datasets.setAssistAccount.handler(({ input }) =>
      library.setAssistAccount(input.id, input.accountId),
    ),
  }
}
