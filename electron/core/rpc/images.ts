import type { Editing } from '#core/library/editing.ts'
import { os } from './procedure.ts'

export function imageRouter(editing: Editing) {
  return {
    list: os.images.list.handler(({ input: { datasetId, after, limit } }) =>
      editing.images(datasetId, after, limit),
    ),
    withClass: os.images.withClass.handler(({ input: { datasetId, className, after } }) =>
      editing.imagesWithClass(datasetId, className, after),
    ),
    update: os.images.update.handler(({ input: { ids, ...facts } }) =>
      editing.editFacts(ids, facts),
    ),
    saveView: os.images.saveView.handler(({ input: { id, view } }) => editing.keepView(id, view)),
  }
}
