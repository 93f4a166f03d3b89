import { createStore } from 'zustand/vanilla'
import type { FormatId } from '#shared/model/format.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { t } from '#shared/texts/texts.ts'
import type { Dropped, RemoteTarget } from './transfers.ts'

export type SettingsSection =
  | 'general'
  | 'canvas'
  | 'shortcuts'
  | 'accounts'
  | 'storage'
  | 'transfers'
  | 'network'
  | 'labels'
  | 'about'

export type Dialog =
  | { kind: 'open-folder' }
  | { kind: 'relocate'; datasetId: string }
  /** `isAgain`: at once, as the dataset was exported last. */
  | { kind: 'export'; isAgain?: boolean }
  /** `format`: of the label files in the dataset's folder. */
  | { kind: 'import'; format?: FormatId }
  | { kind: 'settings'; section?: SettingsSection }
  | { kind: 'help' }
  /** `text`: what is typed already. */
  | { kind: 'palette'; text?: string }
  | { kind: 'propagate' }
  | { kind: 'detect'; imageIds: string[] | null }
  | { kind: 'class'; name: string }
  | { kind: 'account' }
  | { kind: 'outbox' }
  | { kind: 'new-dataset'; accountId: string; dropped?: Dropped }
  | { kind: 'transfers' }
  | { kind: 'download'; target: RemoteTarget; imageIds: string[] | null }
  | { kind: 'upload'; target: RemoteTarget; dropped: Dropped | null }
  | { kind: 'ask-by-text' }
  | { kind: 'allow-assist' }
  | { kind: 'models' }
  | { kind: 'restore'; target: RemoteTarget }
  | { kind: 'instructions'; className?: string }
  | { kind: 'copy-images'; datasetId: string; imageIds: string[] }

interface Notice {
  id: number
  message: string
  tone: 'info' | 'error'
  /** What the service calls the request that failed, to report it. */
  requestId: string | null
}

interface AppState {
  /** The engine has answered, and unsent edits of earlier windows are being sent. */
  isReady: boolean
  datasetId: string | null
  /** Whose datasets are shown while none is open. */
  accountId: string | null
  /** The images of the dataset as a grid instead of one on the canvas. */
  isGallery: boolean
  /** Only the image is shown: panel, toolbar and filmstrip are hidden. */
  isImageOnly: boolean
  /** The instructions lie beside the image while one draws. */
  showsInstructions: boolean
  dialog: Dialog | null
  /** A message for the user. */
  notices: readonly Notice[]
}

export const appState = createStore<AppState>(() => ({
  isReady: false,
  datasetId: null,
  accountId: null,
  isGallery: false,
  isImageOnly: false,
  showsInstructions: false,
  dialog: null,
  notices: [],
}))

export function showDialog(dialog: Dialog | null): void {
  appState.setState({ dialog })
}

/**
 * For actions that wait and then close a dialog or show one. Call it before waiting. The returned function shows `next`
 * only if the user has neither opened nor closed a dialog since, and says whether it did.
 */
export function afterWaiting(): (next: Dialog | null) => boolean {
  const { dialog } = appState.getState()
  return (next) => {
    const isUnchanged = appState.getState().dialog === dialog
    if (isUnchanged) showDialog(next)
    return isUnchanged
  }
}

/** Dialogs about the open dataset or its images: in another dataset they would act on what they do not show. */
const OF_DATASET: ReadonlySet<Dialog['kind']> = new Set<Dialog['kind']>([
  'export',
  'import',
  'propagate',
  'detect',
  'class',
  'ask-by-text',
  'allow-assist',
  'instructions',
  'copy-images',
])

/** Closes a dialog about the open dataset, because another one is shown from now on. Other dialogs stay. */
export function closeDatasetDialog(): void {
  const { dialog } = appState.getState()
  if (dialog && OF_DATASET.has(dialog.kind)) showDialog(null)
}

let nextNotice = 1

export function notify(
  message: string,
  tone: 'info' | 'error' = 'info',
  requestId: string | null = null,
): void {
  appState.setState(({ notices }) => {
    if (notices.some((notice) => notice.message === message)) return {}
    return { notices: [...notices, { id: nextNotice++, message, tone, requestId }].slice(-4) }
  })
}

export function dismissNotice(id: number): void {
  appState.setState(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) }))
}

/** Shows what went wrong, in the words it came with. */
export function notifyError(error: unknown): void {
  // A call was under way when the engine went: the RPC library's own words say nothing to a person.
  if (messageOf(error).startsWith('[AsyncIdQueue]')) {
    notify(t('The app’s engine isn’t responding. Retrying automatically.'), 'error')
    return
  }
  notify(messageOf(error), 'error', requestIdOf(error))
}

/** Of a fault that came from the service; null when it did not. */
export function requestIdOf(error: unknown): string | null {
  const data = typeof error === 'object' && error !== null && 'data' in error ? error.data : null
  const id =
    typeof data === 'object' && data !== null && 'requestId' in data ? data.requestId : null
  return typeof id === 'string' ? id : null
}

/** Gives the keys back to the canvas after a choice in a field. */
export function focusCanvas(): void {
  document.querySelector<HTMLElement>('[data-canvas]')?.focus({ preventScroll: true })
}
