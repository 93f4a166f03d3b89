import type { AppCore } from '#core/app-core.ts'
import { os } from './procedure.ts'

export function imageRouter({ images, events, engine }: AppCore) {
  return {
    list: os.images.list.handler(({ input: { datasetId, offset, limit } }) =>
      images.list(datasetId, offset, limit),
    ),
    update: os.images.update.handler(({ input: { ids, addTags, removeTags, ...patch } }) => {
      const { datasetId } = images.get(ids[0])
      images.patch(ids, patch)
      if (addTags || removeTags) images.patchTags(ids, addTags ?? [], removeTags ?? [])
      events.publish({ type: 'images', datasetId, upserted: images.getMany(ids) })
      engine.onChange(datasetId)
    }),
    saveView: os.images.saveView.handler(({ input: { id, view } }) => {
      images.setView(id, JSON.stringify(view))
    }),
  }
}
