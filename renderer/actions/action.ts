import type { Editor } from '#renderer/tools/editor.ts'
import type { ActionGroup } from '#shared/contract/window.ts'
import { t } from '#shared/texts/texts.ts'

/** Headings of the groups. */
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
 * Where an action can act: `image` on the open image, whose editor it is given; `canvas` where the canvas is on screen,
 * even while its image is being opened; `gallery` on the grid of images, `dataset` on the open dataset, `remote` on one
 * of the service, `app` anywhere. Where its context is not on screen an action cannot run: nothing changes that nobody
 * sees.
 */
export type ActionContext = 'image' | 'canvas' | 'gallery' | 'dataset' | 'remote' | 'app'

interface ActionFacts {
  id: string
  label: string
  group: ActionGroup
  /** Shortcuts as `matchesKey` reads them; the first is shown. */
  keys: readonly string[]
}

export interface ImageAction extends ActionFacts {
  context: 'image'
  /** If false, the key is free for other actions. */
  enabled?: (editor: Editor) => boolean
  run: (editor: Editor) => void | Promise<void>
}

interface WindowAction extends ActionFacts {
  context: Exclude<ActionContext, 'image'>
  enabled?: () => boolean
  run: () => void | Promise<void>
}

/** Whatever a menu, key, button or palette entry may invoke. */
export type Action = ImageAction | WindowAction
