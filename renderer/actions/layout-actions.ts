import { editorSettings } from '#renderer/document/editor-settings.ts'
import { t } from '#shared/texts/texts.ts'
import type { Action } from './action.ts'
import { appState } from './app-state.ts'
import { changeSettings } from './view-actions.ts'

/** Shows or hides a part of the window. In image-only mode, the part is shown. */
function toggle(part: 'showPanel' | 'showFilmstrip'): void {
  const { isImageOnly } = appState.getState()
  appState.setState({ isImageOnly: false })
  if (isImageOnly && editorSettings.getState()[part]) return
  void changeSettings({ [part]: !editorSettings.getState()[part] })
}

/** Which parts of the window are shown around the image. */
export const LAYOUT_ACTIONS: readonly Action[] = [
  {
    id: 'image-only',
    label: t('Show only the image'),
    group: 'View',
    context: 'canvas',
    keys: ['W', 'Mod+.'],
    run: () => appState.setState(({ isImageOnly }) => ({ isImageOnly: !isImageOnly })),
  },
  {
    id: 'show-instructions',
    label: t('Show the instructions of the class'),
    group: 'Classes',
    context: 'canvas',
    keys: ['I'],
    run: () =>
      appState.setState(({ showsInstructions }) => ({ showsInstructions: !showsInstructions })),
  },
  {
    id: 'toggle-panel',
    label: t('Show or hide the side panel'),
    group: 'View',
    context: 'canvas',
    keys: ['F7'],
    run: () => toggle('showPanel'),
  },
  {
    id: 'toggle-filmstrip',
    label: t('Show or hide the filmstrip'),
    group: 'View',
    context: 'canvas',
    keys: ['F8'],
    run: () => toggle('showFilmstrip'),
  },
]
