import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { Settings } from '#shared/contract/settings.ts'
import { appState } from './actions/app-state.ts'
import { cloudState } from './document/cloud-state.ts'
import { datasetState } from './document/dataset-state.ts'
import { editorSettings } from './document/editor-settings.ts'
import { AccountDialog } from './panels/account-dialog.tsx'
import { AccountScreen } from './panels/account-screen.tsx'
import { AskByTextDialog } from './panels/ask-by-text-dialog.tsx'
import { ClassDialog } from './panels/class-dialog.tsx'
import { CommandPalette } from './panels/command-palette.tsx'
import { DatasetScreen } from './panels/dataset-screen.tsx'
import { DownloadDialog } from './panels/download-dialog.tsx'
import { DropZone } from './panels/drop-zone.tsx'
import { ExportDialog } from './panels/export-dialog.tsx'
import { FolderDialog } from './panels/folder-dialog.tsx'
import { HelpDialog } from './panels/help-dialog.tsx'
import { ImportDialog } from './panels/import-dialog.tsx'
import { NewDatasetDialog } from './panels/new-dataset-dialog.tsx'
import { Notices } from './panels/notices.tsx'
import { OutboxDialog } from './panels/outbox-dialog.tsx'
import { PropagateDialog } from './panels/propagate-dialog.tsx'
import { StartScreen } from './panels/start-screen.tsx'
import { TransfersDialog } from './panels/transfers-dialog.tsx'
import { UploadDialog } from './panels/upload-dialog.tsx'
import { connection } from './rpc/connection.ts'
import { orpc } from './rpc/query.ts'
import { SettingsDialog } from './settings/settings-dialog.tsx'
import { EmptyState, ErrorNote } from './ui/feedback.tsx'
import { useStore } from './ui/use-store.ts'

/** Follows the system's theme unless the person chose one. */
function useTheme(theme: Settings['theme'] | undefined): void {
  useEffect(() => {
    const system = window.matchMedia('(prefers-color-scheme: dark)')
    const show = () => {
      const dark = theme === 'dark' || (theme !== 'light' && system.matches)
      document.documentElement.dataset.theme = dark ? 'dark' : 'light'
    }
    show()
    system.addEventListener('change', show)
    return () => system.removeEventListener('change', show)
  }, [theme])
}

function CurrentDialog({ settings }: { settings: Settings }) {
  const dialog = useStore(appState, (state) => state.dialog)
  const dataset = useStore(datasetState, (state) => state.dataset)
  switch (dialog?.kind) {
    case 'open-folder':
      return <FolderDialog relocating={null} />
    case 'relocate':
      return <FolderDialog relocating={dialog.datasetId} />
    case 'export':
      return dataset && <ExportDialog dataset={dataset} settings={settings} />
    case 'import':
      return dataset && <ImportDialog dataset={dataset} />
    case 'settings':
      return <SettingsDialog settings={settings} first={dialog.section ?? 'general'} />
    case 'help':
      return <HelpDialog />
    case 'propagate':
      return <PropagateDialog />
    case 'class': {
      const item = dataset?.classes.find(({ name }) => name === dialog.name)
      return item ? <ClassDialog item={item} /> : null
    }
    case 'account':
      return <AccountDialog />
    case 'outbox':
      return <OutboxDialog />
    case 'new-dataset':
      return <NewDatasetDialog accountId={dialog.accountId} dropped={dialog.dropped ?? null} />
    case 'transfers':
      return <TransfersDialog />
    case 'download':
      return (
        <DownloadDialog target={dialog.target} imageIds={dialog.imageIds} settings={settings} />
      )
    case 'upload':
      return <UploadDialog target={dialog.target} dropped={dialog.dropped} />
    case 'ask-by-text':
      return <AskByTextDialog />
    case 'palette':
      return <CommandPalette />
    case undefined:
      return null
  }
}

export function App() {
  const settings = useQuery(orpc.settings.get.queryOptions())
  const dataset = useStore(datasetState, (state) => state.dataset)
  const lost = useStore(connection, ({ state }) => state === 'lost')
  const accountId = useStore(appState, (state) => state.accountId)
  const account = useStore(cloudState, ({ accounts }) =>
    accounts.find(({ id }) => id === accountId),
  )
  const isReady = useStore(appState, (state) => state.isReady)
  useTheme(settings.data?.theme)
  useEffect(() => {
    if (settings.data) editorSettings.setState(settings.data)
  }, [settings.data])
  if (!settings.data || !isReady) {
    return (
      <main className="mx-auto flex h-full max-w-md items-center">
        {settings.isError ? (
          <ErrorNote>{settings.error.message}</ErrorNote>
        ) : (
          <EmptyState title={lost ? 'Connecting…' : 'Starting…'} />
        )}
      </main>
    )
  }
  return (
    <>
      {dataset ? (
        <DatasetScreen dataset={dataset} settings={settings.data} />
      ) : account ? (
        <AccountScreen key={account.id} account={account} />
      ) : (
        <StartScreen />
      )}
      <CurrentDialog settings={settings.data} />
      <DropZone />
      <Notices />
    </>
  )
}
