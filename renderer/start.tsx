import { QueryClientProvider } from '@tanstack/react-query'
import { setNonce } from 'get-nonce'
import { createRoot } from 'react-dom/client'
import { appState, notify } from './actions/app-state.ts'
import { tryConnecting } from './actions/cloud.ts'
import { clipboardKey, handleKey } from './actions/dispatch.ts'
import { followFaults, tellFault } from './actions/faults.ts'
import { followPlace, goToStart } from './actions/place.ts'
import { followWindow } from './actions/window.ts'
import { App } from './app.tsx'
import { followCore } from './core-events.ts'
import { cloudState } from './document/cloud-state.ts'
import { hasUnsentEdits, keepUnsentEdits, startSession } from './document/session.ts'
import { documentBackend } from './rpc/backend.ts'
import { client, connect } from './rpc/connection.ts'
import { orpc, queryClient } from './rpc/query.ts'
import { loadScreens } from './screens.ts'
import { setLanguage } from './texts/languages.ts'
import './styles.css'

/** Libraries that add a style element get this response's nonce; see the content security policy. */
const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce
if (nonce) setNonce(nonce)

followFaults()
followCore()
connect()

window.addEventListener('keydown', (event) => {
  // A menu or dialog that was closed by it has had the key.
  if (event.defaultPrevented) return
  if (handleKey(event)) event.preventDefault()
})

// A Mac's menu takes Cmd+C, X and V before the page sees a key, and sends these instead.
for (const type of ['copy', 'cut', 'paste'] as const) {
  document.addEventListener(type, (event) => {
    if (handleKey(clipboardKey(type, event.target))) event.preventDefault()
  })
}

// Edits on their way are kept for the next window, and the person is asked to wait for them.
window.addEventListener('beforeunload', (event) => {
  if (hasUnsentEdits()) event.preventDefault()
})
window.addEventListener('pagehide', keepUnsentEdits)

// Back on the network: what waits need not wait for its next attempt.
window.addEventListener('online', () => {
  for (const { id, state } of cloudState.getState().accounts)
    if (state === 'offline') void tryConnecting(id)
})

// A file dropped beside a target would replace the app by that file.
for (const type of ['dragover', 'drop'] as const) {
  window.addEventListener(type, (event) => event.preventDefault())
}

const root = document.getElementById('root')
if (!root) throw new Error('The page has no root')
createRoot(root).render(
  <QueryClientProvider client={queryClient}>
    <App />
  </QueryClientProvider>,
)

/** Goes on once there is an engine; what was to be opened is taken by the page that stays. */
async function begin(): Promise<void> {
  const { libraryId, windowId } = await client.app.info()
  const settings = await queryClient.fetchQuery(orpc.settings.get.queryOptions())
  // Loaded again in another language: this page must not take what the next one is to open.
  if (setLanguage(settings.language)) return
  await startSession(documentBackend, {
    libraryId,
    onTrouble: (message) => notify(message, 'error'),
    onFault: (error) => tellFault(error, 'after saving'),
  })
  appState.setState({ isReady: true })
  followWindow(windowId)
  await goToStart(await client.app.takeOpenTarget())
  followPlace()
  void loadScreens()
}
await begin()
