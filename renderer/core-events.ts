import type { AppEvent } from '#shared/contract/events.ts'
import { assertNever } from '#shared/model/assert-never.ts'
import { isEmptyChangeSet } from '#shared/model/change-set.ts'
import { notify } from './actions/app-state.ts'
import { openFirstImage } from './actions/datasets.ts'
import { datasetState, upsertImages } from './document/dataset-state.ts'
import { onAnnotationsEvent, retrySaving, session } from './document/session.ts'
import { client, connection } from './rpc/connection.ts'
import { orpc, queryClient } from './rpc/query.ts'

function isOpen(datasetId: string): boolean {
  return datasetState.getState().dataset?.id === datasetId
}

function handle(event: AppEvent): void {
  switch (event.type) {
    case 'listening':
      return
    case 'images':
      if (!isOpen(event.datasetId)) return
      upsertImages(event.upserted)
      openFirstImage()
      return
    case 'scan':
      if (isOpen(event.datasetId)) datasetState.setState({ scan: event })
      return
    case 'annotations':
      onAnnotationsEvent(event)
      if (!isEmptyChangeSet(event.changes))
        void queryClient.invalidateQueries({ queryKey: orpc.datasets.classCounts.key() })
      return
    case 'dataset':
      if (isOpen(event.dataset.id)) datasetState.setState({ dataset: event.dataset })
      return
    case 'notice':
      notify(event.message)
      return
    default:
      assertNever(event)
  }
}

/** Reads events until the connection breaks. After a break, what was missed is read again. */
async function readEvents(): Promise<void> {
  try {
    for await (const event of await client.app.events()) {
      if (event.type === 'listening') {
        retrySaving()
        void session
          .getState()
          .document?.reload()
          .catch(() => {})
      }
      handle(event)
    }
  } catch {
    // The connection broke: the next one reads on.
  }
}

/** Listens for as long as the window lives. */
export function followCore(): void {
  connection.subscribe(({ state }, before) => {
    if (state === 'connected' && before.state !== 'connected') void readEvents()
  })
}
