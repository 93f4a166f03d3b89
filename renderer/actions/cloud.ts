import { cloudState, removeAccountState, upsertAccount } from '#renderer/document/cloud-state.ts'
import { datasetState, imageById } from '#renderer/document/dataset-state.ts'
import { flushEdits } from '#renderer/document/session.ts'
import { say } from '#renderer/document/status-line.ts'
import { client } from '#renderer/rpc/connection.ts'
import type { Editor } from '#renderer/tools/editor.ts'
import { newId } from '#shared/model/annotation.ts'
import type { Conflict } from '#shared/model/sync.ts'
import { counted, t } from '#shared/texts/texts.ts'
import type { Action } from './action.ts'
import {
  afterWaiting,
  appState,
  focusCanvas,
  notify,
  notifyError,
  showDialog,
} from './app-state.ts'
import { imagesChanged } from './image-facts.ts'

/** Reads the accounts; called at the start and after a reconnect. */
export async function loadAccounts(): Promise<void> {
  const { accounts, warning } = await client.accounts.list()
  cloudState.setState({ accounts, warning })
}

/** Throws what the service says of the key, the address or the network. */
export async function addAccount(baseUrl: string, apiKey: string): Promise<void> {
  const showNext = afterWaiting()
  const account = await client.accounts.add({ baseUrl, apiKey })
  upsertAccount(account)
  const isStart = appState.getState().datasetId === null
  const isShown = showNext(isStart ? null : { kind: 'settings', section: 'accounts' })
  if (isShown && isStart) showAccount(account.id)
  else notify(t('Account “{organization}” added.', { organization: account.organization }))
}

export async function removeAccount(accountId: string): Promise<void> {
  try {
    await client.accounts.remove({ accountId })
    removeAccountState(accountId)
    if (appState.getState().accountId === accountId) appState.setState({ accountId: null })
  } catch (error) {
    notifyError(error)
  }
}

export async function setHourlyLimit(accountId: string, hourlyLimit: number | null): Promise<void> {
  try {
    upsertAccount(await client.accounts.setLimit({ accountId, hourlyLimit }))
  } catch (error) {
    notifyError(error)
  }
}

export async function tryConnecting(accountId: string): Promise<void> {
  try {
    upsertAccount(await client.accounts.probe({ accountId }))
  } catch (error) {
    notifyError(error)
  }
}

/** Shows the datasets of an account. */
export function showAccount(accountId: string): void {
  appState.setState({ accountId, dialog: null })
}

export async function pushNow(): Promise<void> {
  try {
    await Promise.all([flushEdits(), imagesChanged()])
    const { left } = await client.sync.now()
    say(
      left === 0
        ? t('Everything is on the service')
        : t('{count} not sent yet', { count: counted(left, 'change') }),
    )
  } catch (error) {
    notifyError(error)
  }
}

export async function retryFailed(ids: number[] | null): Promise<void> {
  try {
    await client.sync.retry({ ids })
  } catch (error) {
    notifyError(error)
  }
}

export async function discardUnsent(id: number): Promise<void> {
  try {
    await client.sync.discard({ id })
    notify(t('Discarded.'))
  } catch (error) {
    notifyError(error)
  }
}

export async function keepOffline(datasetId: string, imageIds: string[] | null): Promise<void> {
  try {
    await client.remote.keepOffline({ datasetId, imageIds })
  } catch (error) {
    notifyError(error)
  }
}

export async function releaseOffline(datasetId: string, imageIds: string[] | null): Promise<void> {
  try {
    await client.remote.release({ datasetId, imageIds })
  } catch (error) {
    notifyError(error)
  }
}

/** Reads the conflicts of the editor's image. */
export async function loadConflicts(editor: Editor): Promise<void> {
  const imageId = editor.document.image.id
  if (!imageById(imageId)?.remote) return
  const conflicts = await client.sync.conflicts({ imageId })
  if (editor.isDisposed) return
  editor.conflicts.setState(({ index }) => ({
    conflicts,
    index: Math.min(index, Math.max(0, conflicts.length - 1)),
  }))
  showConflict(editor)
}

function currentConflict({ conflicts: state }: Editor): Conflict | null {
  const { conflicts, index } = state.getState()
  return conflicts[index] ?? null
}

/** Selects the shape in conflict, to highlight it. */
function showConflict(editor: Editor): void {
  const conflict = currentConflict(editor)
  if (conflict) editor.selection.select(conflict.mine ? [conflict.id] : [])
}

export function stepConflict(editor: Editor, by: 1 | -1): void {
  editor.conflicts.setState(({ conflicts, index }) => ({
    index: (index + by + conflicts.length) % Math.max(1, conflicts.length),
  }))
  showConflict(editor)
}

/** Resolves the shown conflict, or all conflicts of the image. */
export async function resolveConflicts(
  editor: Editor,
  choice: 'mine' | 'theirs' | 'both',
  which: 'current' | 'all',
): Promise<void> {
  const conflict = currentConflict(editor)
  if (!conflict) return
  try {
    await flushEdits()
    const imageId = editor.document.image.id
    const annotationIds = which === 'all' ? null : [conflict.id]
    await client.sync.resolve({ imageId, annotationIds, choice, commitId: newId() })
    focusCanvas()
  } catch (error) {
    notifyError(error)
  }
}

const isRemote = () => datasetState.getState().dataset?.remote != null
const hasConflict = (editor: Editor) => currentConflict(editor) !== null

export const CLOUD_ACTIONS: readonly Action[] = [
  {
    id: 'sync-now',
    label: t('Send unsent changes now'),
    group: 'Service',
    context: 'remote',
    keys: ['Mod+S'],
    enabled: isRemote,
    run: pushNow,
  },
  {
    id: 'outbox',
    label: t('Unsent changes…'),
    group: 'Service',
    context: 'app',
    keys: [],
    enabled: () => cloudState.getState().accounts.length > 0,
    run: () => showDialog({ kind: 'outbox' }),
  },
  {
    id: 'refresh-remote',
    label: t('Refresh from the service'),
    group: 'Service',
    context: 'remote',
    keys: [],
    enabled: isRemote,
    run: async () => {
      const { dataset } = datasetState.getState()
      if (dataset) await client.remote.refresh({ datasetId: dataset.id }).catch(notifyError)
    },
  },
  {
    id: 'instructions',
    label: t('Instructions of the dataset and its classes…'),
    group: 'Classes',
    context: 'dataset',
    keys: ['Shift+I'],
    run: () => showDialog({ kind: 'instructions' }),
  },
  {
    id: 'add-account',
    label: t('Add a Pictograph account…'),
    group: 'Service',
    context: 'app',
    keys: [],
    run: () => showDialog({ kind: 'account' }),
  },
  {
    id: 'next-conflict',
    label: t('Next conflict of the image'),
    group: 'Service',
    context: 'image',
    keys: ['Alt+N'],
    enabled: hasConflict,
    run: (editor) => stepConflict(editor, 1),
  },
  {
    id: 'take-mine',
    label: t('Conflict: keep mine'),
    group: 'Service',
    context: 'image',
    keys: ['Alt+M'],
    enabled: hasConflict,
    run: (editor) => resolveConflicts(editor, 'mine', 'current'),
  },
  {
    id: 'take-theirs',
    label: t('Conflict: keep theirs'),
    group: 'Service',
    context: 'image',
    keys: ['Alt+T'],
    enabled: hasConflict,
    run: (editor) => resolveConflicts(editor, 'theirs', 'current'),
  },
  {
    id: 'take-both',
    label: t('Conflict: keep both'),
    group: 'Service',
    context: 'image',
    keys: ['Alt+B'],
    enabled: hasConflict,
    run: (editor) => resolveConflicts(editor, 'both', 'current'),
  },
]
