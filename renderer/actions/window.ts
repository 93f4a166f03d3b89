import { choices } from '#renderer/document/choices.ts'
import { cloudState, transferState, unsentOf } from '#renderer/document/cloud-state.ts'
import { datasetState, imageById } from '#renderer/document/dataset-state.ts'
import { editorSettings } from '#renderer/document/editor-settings.ts'
import { session } from '#renderer/document/session.ts'
import { client } from '#renderer/rpc/connection.ts'
import { followEditor, openEditor, workspace } from '#renderer/tools/workspace.ts'
import type { WindowDescription } from '#shared/contract/window.ts'
import { fileNameOf } from '#shared/model/paths.ts'
import { liveShare } from '#shared/model/transfer.ts'
import { ACTIONS } from './actions.ts'
import { appState } from './app-state.ts'
import { isAvailable, isTextKey, perform } from './dispatch.ts'
import { hostWindow, NEW_WINDOW } from './host-window.ts'
import { keysOf } from './shortcuts.ts'

const APP_NAME = 'Pictograph Desktop'
/** Delay before the window is updated, to batch changes. Milliseconds. */
const SOON_MS = 200

/** Whether edits are not on disk yet, or not pushed to the service of the open dataset. */
function isEdited(): boolean {
  const { remote } = datasetState.getState().dataset ?? {}
  const counts = remote && (cloudState.getState().sync[remote.accountId] ?? remote)
  const unsent = counts ? unsentOf(counts) : 0
  return session.getState().save.kind !== 'saved' || unsent > 0
}

/** Transfer progress, a dot for unsaved or unpushed edits, and the open image. */
function title(): string {
  const { dataset } = datasetState.getState()
  const { imageId } = workspace.getState()
  const image = imageId === null || appState.getState().isGallery ? undefined : imageById(imageId)
  const share = liveShare(transferState.getState().transfers)
  const parts = [image && fileNameOf(image.path), dataset?.name, APP_NAME].filter(Boolean)
  const percent = share === null ? '' : `${Math.floor(share * 100)}% · `
  return `${percent}${dataset && isEdited() ? '● ' : ''}${parts.join(' – ')}`
}

/** Actions that apply to the text in a text field. */
const TEXT_ACTIONS: ReadonlySet<string> = new Set(['undo', 'redo'])

function description(): WindowDescription {
  const { dataset } = datasetState.getState()
  const isFree = appState.getState().dialog === null
  return {
    isEdited: dataset !== null && isEdited(),
    isSaving: session.getState().save.kind !== 'saved',
    folder: dataset && !dataset.remote ? dataset.root : null,
    // The host has its own entry for new windows, available even without a window.
    actions: ACTIONS.filter(({ id }) => id !== NEW_WINDOW).map((action) => ({
      id: action.id,
      label: action.label,
      group: action.group,
      key: keysOf(action)[0] ?? null,
      // A Mac's text fields undo by the menu alone, those of a dialog too.
      enabled: TEXT_ACTIONS.has(action.id) || (isFree && isAvailable(action)),
    })),
  }
}

let told = ''

function show(): void {
  const next = title()
  if (document.title !== next) document.title = next
  if (hostWindow.getState().id === null) return
  const described = description()
  const text = JSON.stringify(described)
  if (text === told) return
  told = text
  client.app.describeWindow(described).catch(() => {
    // Sent again with the next change.
    told = ''
  })
}

let timer: ReturnType<typeof setTimeout> | null = null

function soon(): void {
  if (timer !== null) return
  timer = setTimeout(() => {
    timer = null
    // Not worth the time during a drag.
    if (openEditor()?.tool.getState().isHeld) soon()
    else show()
  }, SOON_MS)
}

/** Keeps the window's title and menu in sync with the page. `id`: of the host's window. */
export function followWindow(id: string | null): void {
  hostWindow.setState({ id })
  for (const store of [
    appState,
    datasetState,
    session,
    workspace,
    choices,
    cloudState,
    transferState,
    editorSettings,
  ])
    store.subscribe(soon)
  followEditor((editor) => editor.subscribe(soon))
  show()
}

/** An entry of the system's menu. With its keys it obeys the rules of keys: in a text field they are the text's. */
export function runFromMenu(id: string, byKey: boolean): void {
  const action = ACTIONS.find((candidate) => candidate.id === id)
  if (!action) return
  if (byKey && isTextKey(document.activeElement, keysOf(action)[0] ?? '')) {
    if (TEXT_ACTIONS.has(id)) document.execCommand(id)
    return
  }
  if (appState.getState().dialog !== null) return
  void perform(action)
}
