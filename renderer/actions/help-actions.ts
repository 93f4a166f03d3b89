import { datasetState } from '#renderer/document/dataset-state.ts'
import { client } from '#renderer/rpc/connection.ts'
import { isServed, signOut } from '#renderer/rpc/served-session.ts'
import { workspace } from '#renderer/tools/workspace.ts'
import { t } from '#shared/texts/texts.ts'
import type { Action } from './action.ts'
import { notify, notifyError, showDialog } from './app-state.ts'

async function copy(text: Promise<string | null>, what: string): Promise<void> {
  try {
    const content = await text
    if (content === null) return
    await navigator.clipboard.writeText(content)
    notify(what)
  } catch (error) {
    notifyError(error)
  }
}

/** A link that opens this image in the app of anybody who has the dataset. */
export async function copyLink(): Promise<void> {
  const { dataset } = datasetState.getState()
  if (!dataset) return
  const { imageId } = workspace.getState()
  await copy(client.datasets.link({ id: dataset.id, imageId }), t('Link copied.'))
}

/** Diagnostics for support. The user reads them before sending them. */
export const copyDiagnostics = (): Promise<void> =>
  copy(
    client.app.diagnostics(),
    t(
      'Diagnostics copied. They contain no API keys but may include file names, so read them before you share them.',
    ),
  )

/** Only where a browser shows the app: a window of its own belongs to whoever sits before it. */
async function signOutHere(): Promise<void> {
  try {
    await signOut()
  } catch (error) {
    notifyError(error)
  }
}

export const HELP_ACTIONS: readonly Action[] = [
  {
    id: 'sign-out',
    label: t('Sign out of this app in all browsers'),
    group: 'Help',
    context: 'app',
    keys: [],
    enabled: isServed,
    run: signOutHere,
  },
  {
    id: 'copy-diagnostics',
    label: t('Copy diagnostics'),
    group: 'Help',
    context: 'app',
    keys: [],
    run: copyDiagnostics,
  },
  {
    id: 'about',
    label: t('About this app…'),
    group: 'Help',
    context: 'app',
    keys: [],
    run: () => showDialog({ kind: 'settings', section: 'about' }),
  },
]
