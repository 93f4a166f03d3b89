import { transferState, upsertTransfer } from '#renderer/document/cloud-state.ts'
import { editorSettings } from '#renderer/document/editor-settings.ts'
import { client } from '#renderer/rpc/connection.ts'
import { orpc, queryClient } from '#renderer/rpc/query.ts'
import { authorization } from '#renderer/rpc/served-session.ts'
import type { DownloadChoice, Transfer, UploadOptions } from '#shared/model/transfer.ts'
import { counted, t } from '#shared/texts/texts.ts'
import type { Action } from './action.ts'
import { afterWaiting, appState, notify, notifyError, showDialog } from './app-state.ts'
import { changeSettings } from './view-actions.ts'

/** Where something goes, or comes from: a dataset of the service. */
export interface RemoteTarget {
  accountId: string
  remoteId: string
  name: string
}

/** Dropped or chosen files. */
export type Dropped =
  | { kind: 'paths'; paths: string[] }
  /** Of a browser, which has no paths: files by their place below what was dropped. */
  | { kind: 'files'; files: readonly { path: string; file: File }[] }

/** Files streamed at a time from the browser to the engine. */
const STREAMS = 4

export async function loadTransfers(): Promise<void> {
  transferState.setState({ transfers: await client.transfers.list() })
}

const doing = (work: (id: string) => Promise<unknown>) => async (id: string) => {
  try {
    await work(id)
  } catch (error) {
    notifyError(error)
  }
}

export const pauseTransfer = doing((id) => client.transfers.pause({ id }))
export const resumeTransfer = doing((id) => client.transfers.resume({ id }))
export const cancelTransfer = doing((id) => client.transfers.cancel({ id }))
export const retryTransfer = doing((id) => client.transfers.retry({ id }))
export const removeTransfer = doing((id) => client.transfers.remove({ id }))
export const revealTransfer = doing((path) => client.folders.reveal({ path }))

/**
 * Brings a browser's files to the engine, as streams. Answers where they lie and what to upload; `onProgress`
 * gets how many have come.
 */
export async function stageFiles(
  files: Extract<Dropped, { kind: 'files' }>['files'],
  onProgress: (done: number) => void,
  signal: AbortSignal,
): Promise<{ stageId: string; paths: string[] }> {
  const { stageId, folder } = await client.transfers.stage()
  const queue = files.values()
  const tops = new Set<string>()
  let done = 0
  const send = async () => {
    for (const { path, file } of queue) {
      const address = path.split('/').map(encodeURIComponent).join('/')
      const answer = await fetch(`/stage/${stageId}/${address}`, {
        method: 'PUT',
        headers: authorization(),
        body: file,
        signal,
      })
      const said = await answer.text()
      if (!answer.ok) throw new Error(`${path}: ${said}`)
      // The name may be different on this disk.
      tops.add(decodeURIComponent(said))
      onProgress(++done)
    }
  }
  try {
    await Promise.all(Array.from({ length: STREAMS }, send))
  } catch (error) {
    await client.transfers.unstage({ stageId })
    throw error
  }
  return { stageId, paths: [...tops].map((top) => `${folder}/${top}`) }
}

export async function startUpload(
  target: RemoteTarget,
  paths: string[],
  options: UploadOptions,
  stageId: string | null,
): Promise<void> {
  const showNext = afterWaiting()
  await client.transfers.upload({ ...target, paths, options, stageId })
  showNext({ kind: 'transfers' })
}

const choiceKey = ({ accountId, remoteId }: RemoteTarget) => `${accountId}/${remoteId}`

/** How a dataset was downloaded last; undefined when it never was. */
export const lastDownload = (target: RemoteTarget): DownloadChoice | undefined =>
  editorSettings.getState().downloadChoices[choiceKey(target)]

/** Begins a download, and remembers it for the next one. Rejects with the reason when it cannot begin. */
export async function startDownload(
  target: RemoteTarget,
  { folder, options }: DownloadChoice,
): Promise<void> {
  const showNext = afterWaiting()
  await client.transfers.download({ ...target, folder, options })
  // The selected images apply only this time.
  const isWhole = options.imageIds === null
  const { downloadChoices } = editorSettings.getState()
  void changeSettings({
    lastDownloadFolder: folder,
    ...(isWhole && {
      downloadChoices: { ...downloadChoices, [choiceKey(target)]: { folder, options } },
    }),
  })
  showNext({ kind: 'transfers' })
}

/** Downloads a dataset with its last options; the first time it opens the dialog. */
export async function downloadAgain(target: RemoteTarget): Promise<void> {
  const last = lastDownload(target)
  if (last) await startDownload(target, last)
  else showDialog({ kind: 'download', target, imageIds: null })
}

/** The files of a drop in a browser, with their places below it; folders are walked. */
export async function filesOfDrop(items: readonly FileSystemEntry[]) {
  const found: { path: string; file: File }[] = []
  const visit = async (entry: FileSystemEntry): Promise<void> => {
    if (entry.isFile) {
      const file = await new Promise<File>((resolve, reject) =>
        (entry as FileSystemFileEntry).file(resolve, reject),
      )
      found.push({ path: entry.fullPath.replace(/^\//, ''), file })
      return
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader()
    for (;;) {
      // A reader gives a part of a large folder at a time, and nothing when it has given all.
      const part = await new Promise<FileSystemEntry[]>((resolve, reject) =>
        reader.readEntries(resolve, reject),
      )
      if (part.length === 0) return
      for (const child of part) if (!child.name.startsWith('.')) await visit(child)
    }
  }
  for (const entry of items) await visit(entry)
  return found
}

/** How a transfer ended, in one sentence. */
function endWords({ state, kind, name, files, problem }: Transfer): string {
  const what = { name, problem }
  if (state === 'done')
    return kind === 'download'
      ? t('The download of “{name}” is complete.', what)
      : t('The upload to “{name}” is complete.', what)
  if (files.failed > 0) {
    const failed = { name, count: counted(files.failed, 'file') }
    return kind === 'download'
      ? t('The download of “{name}” is done, except for {count} that failed.', failed)
      : t('The upload to “{name}” is done, except for {count} that failed.', failed)
  }
  return kind === 'download'
    ? t('The download of “{name}” has stopped: {problem}', what)
    : t('The upload to “{name}” has stopped: {problem}', what)
}

/** Announces the end of a transfer, as a notice or, if the window is in the background, by the system. */
export function onTransfer(transfer: Transfer): void {
  const before = transferState.getState().transfers.find(({ id }) => id === transfer.id)
  upsertTransfer(transfer)
  const { state, kind } = transfer
  if ((state !== 'done' && state !== 'failed') || !before || before.state === state) return
  const words = endWords(transfer)
  // Its dataset has new images.
  if (kind === 'upload') void queryClient.invalidateQueries({ queryKey: orpc.remote.list.key() })
  // The dialog already shows it.
  if (appState.getState().dialog?.kind !== 'transfers')
    notify(words, state === 'failed' ? 'error' : 'info')
  // Not asked for: in the app it is granted, in a browser only if the person has granted it.
  if (!document.hasFocus() && 'Notification' in window && Notification.permission === 'granted')
    new Notification('Pictograph Desktop', { body: words })
}

export const TRANSFER_ACTIONS: readonly Action[] = [
  {
    id: 'transfers',
    label: t('Transfers…'),
    group: 'Service',
    context: 'app',
    keys: [],
    run: () => showDialog({ kind: 'transfers' }),
  },
]
