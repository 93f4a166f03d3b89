import { UploadCloud } from 'lucide-react'
import { useEffect, useState } from 'react'
import { appState, notify, notifyError, showDialog } from '#renderer/actions/app-state.ts'
import { openFolder } from '#renderer/actions/datasets.ts'
import { addModels, areModels } from '#renderer/actions/models.ts'
import { type Dropped, filesOfDrop, type RemoteTarget } from '#renderer/actions/transfers.ts'
import { cloudState } from '#renderer/document/cloud-state.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { useStore } from '#renderer/ui/use-store.ts'
import { DROP_CHANNEL } from '#shared/contract/connect.ts'
import { t } from '#shared/texts/texts.ts'

/** The dataset of the service that a drop goes to; null where there is none. */
function targetOfDrop(): RemoteTarget | null {
  const { dataset } = datasetState.getState()
  if (!dataset?.remote) return null
  const { accountId, remoteId } = dataset.remote
  return { accountId, remoteId, name: dataset.name }
}

/** Handles a drop: models are added; everything else is uploaded to the open dataset, or opened as a folder. */
async function take(dropped: Dropped): Promise<void> {
  if (areModels(dropped)) {
    showDialog({ kind: 'models' })
    for (const problem of await addModels(dropped)) notify(problem, 'error')
    return
  }
  const target = targetOfDrop()
  const { datasetId, accountId } = appState.getState()
  if (target) showDialog({ kind: 'upload', target, dropped })
  else if (datasetId === null && accountId !== null)
    showDialog({ kind: 'new-dataset', accountId, dropped })
  else if (dropped.kind === 'paths') await openFolder(dropped.paths[0])
  else
    notify(
      t(
        'Browsers don’t reveal where a dropped folder is. Use “Open folder…”, or open an account and drop the folder there to upload it.',
      ),
    )
}

interface DropMessage {
  type: typeof DROP_CHANNEL
  paths: string[]
}

function isDropMessage(data: unknown): data is DropMessage {
  return (
    typeof data === 'object' &&
    data !== null &&
    'type' in data &&
    data.type === DROP_CHANNEL &&
    'paths' in data &&
    Array.isArray(data.paths)
  )
}

/** Accepts drops anywhere on the window, and shows beforehand where they will go. */
export function DropZone() {
  const [isOver, setOver] = useState(false)
  const name = useStore(datasetState, ({ dataset }) => (dataset?.remote ? dataset.name : null))
  const hasAccounts = useStore(cloudState, ({ accounts }) => accounts.length > 0)
  const inAccount = useStore(
    appState,
    ({ accountId, datasetId }) => accountId !== null && datasetId === null,
  )
  useEffect(() => {
    const stop = new AbortController()
    const { signal } = stop
    let depth = 0
    /** In Electron the preload says where the files are; a browser does not, and its files are streamed. */
    let hasPaths = false
    window.addEventListener(
      'message',
      ({ source, data }) => {
        if (source !== window || !isDropMessage(data)) return
        hasPaths = true
        take({ kind: 'paths', paths: data.paths }).catch(notifyError)
      },
      { signal },
    )
    const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false
    window.addEventListener(
      'dragenter',
      (event) => {
        if (!carriesFiles(event)) return
        depth++
        setOver(true)
      },
      { signal },
    )
    window.addEventListener(
      'dragleave',
      (event) => {
        if (!carriesFiles(event)) return
        depth = Math.max(0, depth - 1)
        if (depth === 0) setOver(false)
      },
      { signal },
    )
    window.addEventListener(
      'drop',
      (event) => {
        depth = 0
        setOver(false)
        const entries = [...(event.dataTransfer?.items ?? [])].flatMap(
          (item) => item.webkitGetAsEntry() ?? [],
        )
        // Files that another page drags have no entry.
        const loose = [...(event.dataTransfer?.files ?? [])].map((file) => ({
          path: file.name,
          file,
        }))
        if (entries.length === 0 && loose.length === 0) return
        hasPaths = false
        // The preload's message, if there is a preload, comes right after this event.
        setTimeout(() => {
          if (hasPaths) return
          const reading = entries.length > 0 ? filesOfDrop(entries) : Promise.resolve(loose)
          reading.then((files) => take({ kind: 'files', files })).catch(notifyError)
        }, 50)
      },
      { signal },
    )
    return () => stop.abort()
  }, [])
  if (!isOver) return null
  const words =
    name !== null
      ? t('Drop to upload to “{name}”', { name })
      : inAccount && hasAccounts
        ? t('Drop to upload into a new dataset')
        : t('Drop a folder to open it')
  return (
    <div className="pointer-events-none fixed inset-3 z-[70] flex flex-col items-center justify-center gap-3 rounded-xl border-3 border-dashed border-accent bg-accent-soft/90 text-accent-text">
      <UploadCloud className="size-10" aria-hidden="true" />
      <p className="text-base font-semibold">{words}</p>
    </div>
  )
}
