import type { Editing } from '#core/library/editing.ts'
import type { FactEdits } from '#core/library/fact-edits.ts'
import { os } from './procedure.ts'

export function imageRouter(editing: Editing, facts: FactEdits) {
  return {
    list: os.images.list.handler(({ input: { datasetId, after, limit } }) =>
      editing.images(datasetId, after, limit),
    ),
    withClass: os.images.withClass.handler(({ input: { datasetId, className, after } }) =>
      editing.imagesWithClass(datasetId, className, after),
    ),
    update: os.images.update.handler(({ input: { ids, part, ...change } }) =>
      part ? facts.add(part.editId, ids, change, part.isLast) : facts.make(ids, change),
    ),
    saveView: os.images.saveView.handler(({ input: { id, view } }) => editing.keepView(id, view)),
  }
}
