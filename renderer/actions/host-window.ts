import { createStore } from 'zustand/vanilla'
import { client } from '#renderer/rpc/connection.ts'
import { t } from '#shared/texts/texts.ts'
import type { Action } from './action.ts'
import { notifyError } from './app-state.ts'

/** The host's window around this page; null: a browser's tab. */
export const hostWindow = createStore<{ id: string | null }>(() => ({ id: null }))

export const isOurWindow = (windowId: string): boolean => hostWindow.getState().id === windowId

/** Another window: of the app, or of the browser. */
async function openWindow(): Promise<void> {
  try {
    if (hostWindow.getState().id === null) window.open(location.pathname, '_blank', 'noopener')
    else await client.app.newWindow()
  } catch (error) {
    notifyError(error)
  }
}

export const NEW_WINDOW = 'new-window'

export const WINDOW_ACTIONS: readonly Action[] = [
  {
    id: NEW_WINDOW,
    label: t('New window'),
    group: 'File',
    context: 'app',
    keys: ['Mod+Shift+N'],
    run: openWindow,
  },
]
