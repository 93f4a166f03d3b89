import { useQuery } from '@tanstack/react-query'
import { type ReactNode, Suspense, useEffect } from 'react'
import { rememberToolSizes } from '#renderer/actions/tool-sizes.ts'
import type { Settings } from '#shared/contract/settings.ts'
import { t } from '#shared/texts/texts.ts'
import { appState, notifyError, showDialog } from './actions/app-state.ts'
import { leaveDataset } from './actions/datasets.ts'
import { logFault } from './actions/faults.ts'
import { renderDialog } from './dialogs/dialogs.tsx'
import { Notices } from './dialogs/notices.tsx'
import { cloudState } from './document/cloud-state.ts'
import { datasetState } from './document/dataset-state.ts'
import { editorSettings } from './document/editor-settings.ts'
import { connection } from './rpc/connection.ts'
import { orpc } from './rpc/query.ts'
import { screens } from './screens.ts'
import { DropZone } from './start/drop-zone.tsx'
import { StartScreen } from './start/start-screen.tsx'
import { setLanguage } from './texts/languages.ts'
import { ErrorBoundary } from './ui/error-boundary.tsx'
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
  return renderDialog(dialog, { settings, dataset })
}

/** A dialog that cannot be shown is closed, and says why: it must not cover the window. */
function DialogBoundary({ children }: { children: ReactNode }) {
  const dialog = useStore(appState, (state) => state.dialog)
  return (
    <ErrorBoundary
      key={dialog?.kind}
      region={t('This dialog')}
      onError={(error, region, stack) => {
        logFault(error, region, stack)
        notifyError(error)
        showDialog(null)
      }}
    >
      {children}
    </ErrorBoundary>
  )
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
    if (!settings.data) return
    editorSettings.setState(settings.data)
    setLanguage(settings.data.language)
  }, [settings.data])
  const isLoaded = settings.data !== undefined
  useEffect(() => (isLoaded ? rememberToolSizes(editorSettings.getState()) : undefined), [isLoaded])
  if (!settings.data || !isReady) {
    return (
      <main aria-busy className="mx-auto flex h-full max-w-md items-center">
        {settings.isError ? (
          <ErrorNote>{settings.error.message}</ErrorNote>
        ) : (
          <EmptyState title={lost ? t('Connecting…') : t('Starting…')} />
        )}
      </main>
    )
  }
  return (
    <>
      <ErrorBoundary
        key={dataset?.id ?? account?.id}
        region={t('This screen')}
        onError={logFault}
        leave={{ label: t('Back to the start screen'), run: leaveDataset }}
      >
        <Suspense fallback={<EmptyState title={t('Loading…')} />}>
          {dataset ? (
            <screens.DatasetScreen dataset={dataset} settings={settings.data} />
          ) : account ? (
            <screens.AccountScreen key={account.id} account={account} />
          ) : (
            <StartScreen />
          )}
        </Suspense>
      </ErrorBoundary>
      <DialogBoundary>
        <Suspense fallback={null}>
          <CurrentDialog settings={settings.data} />
        </Suspense>
      </DialogBoundary>
      <DropZone />
      <Notices />
    </>
  )
}
