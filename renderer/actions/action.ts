import type { ActionGroup } from '#shared/contract/window.ts'
import { t } from '#shared/texts/texts.ts'

/** Groups as they are headed. */
export const GROUP_LABEL: Readonly<Record<ActionGroup, string>> = {
  File: t('File'),
  Edit: t('Edit'),
  View: t('View'),
  Navigate: t('Navigate'),
  Tools: t('Tools'),
  Shapes: t('Shapes'),
  Classes: t('Classes'),
  Service: t('Service'),
  Help: t('Help'),
}

/**
 * Where an action can act: `canvas` on the image that is shown, `gallery` on the grid of images, `dataset` on the open
 * dataset, `remote` on one of the service, `app` anywhere. Where its context is not on screen an action cannot run:
 * nothing changes that nobody sees.
 */
export type ActionContext = 'canvas' | 'gallery' | 'dataset' | 'remote' | 'app'

/** Whatever a menu, key, button or palette entry may invoke. */
export interface Action {
  id: string
  label: string
  group: ActionGroup
  context: ActionContext
  /** Shortcuts as `matchesKey` reads them; the first is shown. */
  keys: readonly string[]
  /** False leaves the key to whatever else wants it. */
  enabled?: () => boolean
  run: () => void | Promise<void>
}
