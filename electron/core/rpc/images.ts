import type { AppCore } from '#core/app-core.ts'
import { os } from './procedure.ts'

export function imageRouter({ images, events }: AppCore) {
  return {
    list: os.images.list.handler(({ input: { datasetId, offset, limit } }) =>
      images.list(datasetId, offset, limit),
    ),
    update: os.images.update.handler(({ input: { ids, ...patch } }) => {
      const { datasetId } = images.get(ids[0])
      events.publish({ type: 'images', datasetId, upserted: images.patch(ids, patch) })
    }),
    saveView: os.images.saveView.handler(({ input: { id, view } }) => {
      images.setView(id, JSON.stringify(view))
    }),
  }
}
