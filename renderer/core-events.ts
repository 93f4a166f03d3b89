import type { AppEvent } from '#shared/contract/events.ts'
import { assertNever } from '#shared/model/assert-never.ts'
import { isEmptyChangeSet } from '#shared/model/change-set.ts'
import type { DatasetImage } from '#shared/model/dataset.ts'
import { notify, notifyError } from './actions/app-state.ts'
import { loadEngines } from './actions/assist.ts'
import { loadAccounts, loadConflicts } from './actions/cloud.ts'
import { loadImages, openFirstImage, openTarget } from './actions/datasets.ts'
import { logFault, tellFault } from './actions/faults.ts'
import { isOurWindow } from './actions/host-window.ts'
import {
  followDatasets,
  loadAllProposals,
  loadProposals,
  onChoice,
  onJob,
  onProposals,
} from './actions/proposals.ts'
import { loadTransfers, onTransfer } from './actions/transfers.ts'
import { notifyUpdate } from './actions/updates.ts'
import { runFromMenu } from './actions/window.ts'
import { loadWorks } from './actions/works.ts'
import {
  cloudState,
  removeAccountState,
  removeTransfer,
  upsertAccount,
} from './document/cloud-state.ts'
import { datasetState, upsertImages } from './document/dataset-state.ts'
import { removeJob } from './document/proposal-state.ts'
import { segmentState } from './document/segment-state.ts'
import {
  forgetAhead,
  onAnnotationsEvent,
  refreshLabels,
  reloadAll,
  retrySaving,
} from './document/session.ts'
import { takeDataset } from './document/shown-dataset.ts'
import { removeWork, upsertWork } from './document/work-state.ts'
import { client, connection } from './rpc/connection.ts'
import { orpc, queryClient } from './rpc/query.ts'
import { readEvents } from './rpc/read-events.ts'
import { followEditor, openEditor } from './tools/workspace.ts'

/** Pause before events are read again after their stream ended while the engine is alive, milliseconds. */
const READ_AGAIN_MS = 1_000
/** Longest wait for a frame, milliseconds. */
const SOON_MS = 100

function isOpen(datasetId: string): boolean {
  return datasetState.getState().dataset?.id === datasetId
}

/** Changed images since the last frame, the latest state of each: thousands of events make one update. */
const changedImages = new Map<string, DatasetImage>()
let changedIn = ''

function showImages(): void {
  const images = [...changedImages.values()]
  changedImages.clear()
  if (!isOpen(changedIn)) return
  upsertImages(images)
  openFirstImage()
}

function recountClasses(): void {
  void queryClient.invalidateQueries({ queryKey: orpc.datasets.classCounts.key() })
}

function refreshOutbox(): void {
  void queryClient.invalidateQueries({ queryKey: orpc.sync.outbox.key() })
}

function refreshModels(): void {
  if (segmentState.getState().engines !== null)
    loadEngines().catch((error: unknown) => tellFault(error, 'models that segment'))
  queryClient
    .invalidateQueries({ queryKey: orpc.models.list.key() })
    .catch((error: unknown) => tellFault(error, 'list of models'))
}

const waiting = new Set<() => void>()

/** Once, before the next frame is painted. */
function soon(work: () => void): void {
  if (waiting.has(work)) return
  waiting.add(work)
  const run = () => {
    // Hidden pages get no frames: whichever comes first.
    if (!waiting.delete(work)) return
    work()
  }
  requestAnimationFrame(run)
  setTimeout(run, SOON_MS)
}

function handle(event: AppEvent): void {
  switch (event.type) {
    case 'listening':
      return
    case 'images':
      if (!isOpen(event.datasetId)) return
      if (changedIn !== event.datasetId) changedImages.clear()
      changedIn = event.datasetId
      for (const image of event.upserted) {
        changedImages.set(image.id, image)
        forgetAhead(image.id)
      }
      soon(showImages)
      return
    case 'scan':
      if (!isOpen(event.datasetId)) return
      datasetState.setState({ scan: event })
      if (event.state === 'done') soon(openFirstImage)
      return
    case 'annotations':
      onAnnotationsEvent(event)
      if (!isEmptyChangeSet(event.changes)) soon(recountClasses)
      return
    case 'labels':
      if (!isOpen(event.datasetId)) return
      reloadAll()
      soon(recountClasses)
      loadImages(event.datasetId).catch(notifyError)
      return
    case 'dataset':
      if (!isOpen(event.dataset.id)) return
      takeDataset(event.dataset)
      refreshLabels()
      return
    case 'account':
      upsertAccount(event.account)
      return
    case 'account-removed':
      removeAccountState(event.accountId)
      return
    case 'sync': {
      const { type: _type, accountId, ...counts } = event
      cloudState.setState(({ sync }) => ({ sync: { ...sync, [accountId]: counts } }))
      soon(refreshOutbox)
      return
    }
    case 'models':
      soon(refreshModels)
      return
    case 'offline': {
      const { type: _type, datasetId, ...state } = event
      cloudState.setState(({ offline }) => ({ offline: { ...offline, [datasetId]: state } }))
      return
    }
    case 'conflicts': {
      const editor = openEditor()
      if (editor?.document.image.id === event.imageId) loadConflicts(editor).catch(() => {})
      return
    }
    case 'transfer':
      onTransfer(event.transfer)
      return
    case 'transfer-removed':
      removeTransfer(event.id)
      return
    case 'proposals':
      onProposals(event.datasetId, event.counts)
      return
    case 'proposal-choice':
      onChoice(event.datasetId, event.model, event.choice)
      return
    case 'detect-job':
      onJob(event.job)
      return
    case 'detect-job-removed':
      removeJob(event.id)
      return
    case 'comments':
      void queryClient.invalidateQueries({ queryKey: orpc.comments.list.key() })
      return
    case 'open':
      if (isOurWindow(event.windowId)) void openTarget(event.target)
      return
    case 'run-action':
      if (isOurWindow(event.windowId)) runFromMenu(event.id, event.byKey)
      return
    case 'update':
      queryClient.setQueryData(orpc.app.update.queryKey(), event.state)
      if (event.state.kind === 'available') notifyUpdate(event.state.version)
      return
    case 'work':
      upsertWork(event.work)
      return
    case 'work-ended':
      removeWork(event.id)
      return
    case 'notice':
      notify(event.message)
      return
    default:
      assertNever(event)
  }
}

/** What was missed is read again. */
function catchUp(): void {
  retrySaving()
  loadAccounts().catch(() => {})
  loadTransfers().catch(() => {})
  loadWorks().catch(() => {})
  loadAllProposals().catch(() => {})
  reloadAll()
}

let readers = 0

/** Reads events until the connection breaks; then the next connection reads on. */
async function readOn(): Promise<void> {
  const reader = ++readers
  try {
    await readEvents({
      open: () => client.app.events(),
      handle: (event) => {
        if (event.type === 'listening') catchUp()
        handle(event)
      },
      onFault: (error, { type }) => tellFault(error, `event: ${type}`),
    })
  } catch (error) {
    // A broken connection is tried again by itself.
    if (connection.getState().state === 'connected') logFault(error, 'reading events')
  }
  setTimeout(() => {
    if (reader === readers && connection.getState().state === 'connected') void readOn()
  }, READ_AGAIN_MS)
}

/** Listens for as long as the window lives. */
export function followCore(): void {
  followDatasets()
  followEditor((editor) => {
    loadConflicts(editor).catch(() => {})
    loadProposals(editor).catch(() => {})
    return () => {}
  })
  connection.subscribe(({ state }, before) => {
    if (state === 'connected' && before.state !== 'connected') void readOn()
  })
}
