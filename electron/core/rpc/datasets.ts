import type { AppCore } from '#core/app-core.ts'
import { formatLink } from '#shared/model/link.ts'
import { os } from './procedure.ts'

export function datasetRouter(core: AppCore) {
  const { datasets, edits, library, publish } = core
  return {
    list: os.datasets.list.handler(() => library.list()),
    get: os.datasets.get.handler(({ input }) => library.describe(datasets.get(input.id))),
    openFolder: os.datasets.openFolder.handler(({ input }) => core.openFolder(input.path)),
    openTarget: os.datasets.openTarget.handler(({ input }) => core.openTarget(input.target)),
    link: os.datasets.link.handler(({ input: { id, imageId } }) => {
      const { remote } = datasets.get(id)
      const image = imageId === null ? null : core.remotes.find(imageId)
      return remote && formatLink({ datasetId: remote.remoteId, imageId: image?.remoteId ?? null })
    }),
    openSample: os.datasets.openSample.handler(() => core.openSample()),
    open: os.datasets.open.handler(({ input }) => core.openDataset(input.id)),
    relocate: os.datasets.relocate.handler(({ input }) =>
      core.relocateDataset(input.id, input.path),
    ),
    forget: os.datasets.forget.handler(({ input }) => core.forgetDataset(input.id)),
    editClasses: os.datasets.editClasses.handler(({ input: { id, commitId, edit } }) => {
      publish(edits.editClasses(id, commitId, edit))
      return library.describe(datasets.get(id))
    }),
    classCounts: os.datasets.classCounts.handler(({ input }) =>
      Object.fromEntries(datasets.classCounts(input.id)),
    ),
    setLabelFiles: os.datasets.setLabelFiles.handler(({ input }) =>
      core.setLabelFiles(input.id, input.labelFiles),
    ),
  }
}
