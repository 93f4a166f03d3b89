import { isEmptyChangeSet } from '#shared/model/change-set.ts'
import type { Dataset } from '#shared/model/dataset.ts'
import type { Outcome } from './cache/edit-store.ts'
import type { CoreEvents } from './core-events.ts'
import type { EventBus } from './event-bus.ts'
import type { Log } from './ports.ts'
import type { Store } from './store.ts'

interface Deps {
  store: Pick<Store, 'datasets' | 'images' | 'edits'>
  coreEvents: CoreEvents
  events: EventBus
  log: Log
  describe: (datasetId: string) => Promise<Dataset | null>
}

/** Notifies windows of edited images and changed datasets. */
export function announceEdits({ store, coreEvents, events, log, describe }: Deps): void {
  const { images, edits } = store
  const announce = ({ datasetId, effects, classesChanged, bulk }: Outcome) => {
    if (classesChanged) announceDataset(datasetId)
    // Not an event for each of thousands of images: one, when all is done.
    if (bulk === 'last') events.publish({ type: 'labels', datasetId })
    if (bulk) return
    const changed = effects.filter(({ changes }) => !isEmptyChangeSet(changes))
    for (const effect of changed)
      events.publish({ type: 'annotations', ...effect, ...edits.canUndo(effect.imageId) })
    if (changed.length > 0) {
      const upserted = images.getMany(changed.map(({ imageId }) => imageId))
      events.publish({ type: 'images', datasetId, upserted })
    }
  }
  const announceDataset = (datasetId: string) => {
    describe(datasetId)
      .then((dataset) => dataset && events.publish({ type: 'dataset', dataset }))
      .catch((error: unknown) =>
        log.error('dataset not announced', { datasetId, error: String(error) }),
      )
  }
  coreEvents.on((event) => {
    if (event.type === 'edited') announce(event.outcome)
    else if (event.type === 'dataset-changed') announceDataset(event.datasetId)
  })
}
