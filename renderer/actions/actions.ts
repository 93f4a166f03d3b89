import { datasetState } from '#renderer/document/dataset-state.ts'
import type { ToolId } from '#renderer/tools/tool.ts'
import { chooseTool, say, selectedAnnotations, toolState } from '#renderer/tools/tool-state.ts'
import { TOOLS, toolById } from '#renderer/tools/tools.ts'
import { t } from '#shared/texts/texts.ts'
import type { Action } from './action.ts'
import { appState, showDialog } from './app-state.ts'
import { CLOUD_ACTIONS } from './cloud.ts'
import { COPY_ACTIONS } from './copy-actions.ts'
import { chooseFolder, goToNext, leaveDataset, openSample } from './datasets.ts'
import { EDIT_ACTIONS, relabel } from './edit-actions.ts'
import { copyLink, HELP_ACTIONS } from './help-actions.ts'
import { WINDOW_ACTIONS } from './host-window.ts'
import { isMac, type KeyPress } from './keys.ts'
import { PATH_ACTIONS } from './path-actions.ts'
import { POSE_ACTIONS } from './pose-actions.ts'
import { SHAPE_ACTIONS } from './shape-actions.ts'
import { isKeyOf } from './shortcuts.ts'
import { TRANSFER_ACTIONS } from './transfers.ts'
import { VIEW_ACTIONS } from './view-actions.ts'

/** The field that C goes to. */
export const CLASS_SEARCH_ID = 'class-search'

const inDataset = () => appState.getState().datasetId !== null
const inRemote = () => datasetState.getState().dataset?.remote != null

/** The drawing tool that N takes in hand again. */
let lastDrawing: ToolId = 'bbox'

export function takeTool(id: ToolId): void {
  if (toolById(id).draws) lastDrawing = id
  chooseTool(id)
}

/** A digit chooses the class of what is drawn next; with shapes selected it relabels them. */
export function chooseClass(name: string): void {
  const selected = selectedAnnotations()
  if (selected.length > 0) relabel(selected, name)
  toolState.setState(({ version }) => ({ className: name, version: version + 1 }))
}

function showTransferDialog(kind: 'download' | 'upload'): void {
  const { dataset } = datasetState.getState()
  if (!dataset?.remote) return
  const { accountId, remoteId } = dataset.remote
  const target = { accountId, remoteId, name: dataset.name }
  showDialog(
    kind === 'download' ? { kind, target, imageIds: null } : { kind, target, dropped: null },
  )
}

function cancel(): void {
  if (toolState.getState().active.cancel()) return
  if (toolState.getState().toolId !== 'select') chooseTool('select')
}

function step(direction: 1 | -1, onlyUnlabelled: boolean): void {
  const found = goToNext(
    direction,
    onlyUnlabelled ? ({ annotationCount }) => annotationCount === 0 : undefined,
  )
  if (!found)
    say(
      onlyUnlabelled
        ? direction > 0
          ? t('There is no image without annotations after this one')
          : t('There is no image without annotations before this one')
        : direction > 0
          ? t('There is no image after this one')
          : t('There is no image before this one'),
    )
}

const toolActions = TOOLS.map(
  ({ id, label, keys, needsService }): Action => ({
    id: `tool-${id}`,
    label: t('{label} tool', { label }),
    group: 'Tools',
    keys,
    enabled: needsService ? inRemote : inDataset,
    run: () => takeTool(id),
  }),
)

const classActions = Array.from({ length: 10 }, (_, index): Action => {
  const name = () => datasetState.getState().dataset?.classes[index]?.name
  return {
    id: `class-${index + 1}`,
    label: t('Class {value}: choose it, or relabel the selection', { value: index + 1 }),
    group: 'Classes',
    keys: [String((index + 1) % 10)],
    enabled: () => name() !== undefined,
    run: () => chooseClass(name() ?? ''),
  }
})

export const ACTIONS: readonly Action[] = [
  {
    id: 'previous',
    label: t('Previous image'),
    group: 'Navigate',
    keys: ['A'],
    enabled: inDataset,
    run: () => step(-1, false),
  },
  {
    id: 'next',
    label: t('Next image'),
    group: 'Navigate',
    keys: ['D'],
    enabled: inDataset,
    run: () => step(1, false),
  },
  {
    id: 'previous-unlabelled',
    label: t('Previous image without annotations'),
    group: 'Navigate',
    keys: ['Mod+Shift+A'],
    enabled: inDataset,
    run: () => step(-1, true),
  },
  {
    id: 'next-unlabelled',
    label: t('Next image without annotations'),
    group: 'Navigate',
    keys: ['Mod+Shift+D'],
    enabled: inDataset,
    run: () => step(1, true),
  },
  ...toolActions,
  {
    id: 'last-tool',
    label: t('Last drawing tool again'),
    group: 'Tools',
    keys: ['N'],
    enabled: inDataset,
    run: () => takeTool(lastDrawing),
  },
  {
    id: 'cancel',
    label: t('Cancel one level'),
    group: 'Edit',
    keys: ['Escape'],
    enabled: inDataset,
    run: cancel,
  },
  ...POSE_ACTIONS,
  ...EDIT_ACTIONS,
  ...COPY_ACTIONS,
  ...SHAPE_ACTIONS,
  ...PATH_ACTIONS,
  {
    id: 'class-search',
    label: t('Find a class'),
    group: 'Classes',
    keys: ['C'],
    enabled: inDataset,
    run: () => document.getElementById(CLASS_SEARCH_ID)?.focus(),
  },
  ...classActions,
  ...VIEW_ACTIONS,
  {
    id: 'gallery',
    label: t('All images as a grid, or back to one'),
    group: 'Navigate',
    keys: ['Mod+G'],
    enabled: inDataset,
    run: () => appState.setState(({ isGallery }) => ({ isGallery: !isGallery })),
  },
  {
    id: 'ask-by-text',
    label: t('Assist: find by words…'),
    group: 'Tools',
    keys: ['Shift+Q'],
    enabled: inRemote,
    run: () => showDialog({ kind: 'ask-by-text' }),
  },
  {
    id: 'download',
    label: t('Download the dataset…'),
    group: 'Service',
    keys: [],
    enabled: inRemote,
    run: () => showTransferDialog('download'),
  },
  {
    id: 'upload',
    label: t('Upload images to the dataset…'),
    group: 'Service',
    keys: [],
    enabled: inRemote,
    run: () => showTransferDialog('upload'),
  },
  ...TRANSFER_ACTIONS,
  ...CLOUD_ACTIONS,
  {
    id: 'open-folder',
    label: t('Open folder…'),
    group: 'File',
    keys: ['Mod+U', 'Mod+O'],
    run: chooseFolder,
  },
  {
    id: 'copy-link',
    label: t('Copy a link to this image'),
    group: 'File',
    keys: [],
    enabled: inRemote,
    run: copyLink,
  },
  {
    id: 'open-sample',
    label: t('Open the sample dataset'),
    group: 'File',
    keys: [],
    run: async () => void (await openSample()),
  },
  {
    id: 'close-dataset',
    label: t('Back to the start screen'),
    group: 'File',
    keys: [],
    enabled: inDataset,
    run: leaveDataset,
  },
  {
    id: 'import',
    label: t('Import labels…'),
    group: 'File',
    keys: ['Mod+I'],
    enabled: inDataset,
    run: () => showDialog({ kind: 'import' }),
  },
  {
    id: 'export',
    label: t('Export…'),
    group: 'File',
    keys: ['Mod+Shift+E'],
    enabled: inDataset,
    run: () => showDialog({ kind: 'export' }),
  },
  {
    id: 'settings',
    label: t('Settings…'),
    group: 'File',
    keys: ['Mod+,'],
    run: () => showDialog({ kind: 'settings' }),
  },
  {
    id: 'palette',
    label: t('All commands…'),
    group: 'Help',
    keys: ['Mod+K'],
    run: () => showDialog({ kind: 'palette' }),
  },
  {
    id: 'help',
    label: t('Shortcuts'),
    group: 'Help',
    keys: ['?'],
    run: () => showDialog({ kind: 'help' }),
  },
  ...HELP_ACTIONS,
  ...WINDOW_ACTIONS,
]

export function actionById(id: string): Action {
  const action = ACTIONS.find((candidate) => candidate.id === id)
  if (!action) throw new Error(`No action ${id}`)
  return action
}

/** Where single keys are text. */
function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) &&
    !(target instanceof HTMLInputElement && /^(checkbox|radio|range|button)$/.test(target.type))
  )
}

/** Buttons, lists and menus keep the keys that they live by. */
function isControl(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest(
      'button, a, [role="option"], [role="menuitem"], [role="slider"], [role="tab"], input, select',
    ) !== null
  )
}

/** In a dialog or menu of any panel, keys are its own. */
function isInDialog(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('[role=dialog], [role=menu]') !== null
}

function isCanvas(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('[data-canvas]') !== null
}

const CONTROL_KEYS = new Set([
  'Enter',
  ' ',
  'Tab',
  'ArrowLeft',
  'ArrowRight',
  'ArrowUp',
  'ArrowDown',
])

/** Keys that change how the held pointer draws, not what it draws. */
const WHILE_HELD = new Set(['freehand-finer', 'freehand-coarser'])

function waitForPointer(event: KeyPress): boolean {
  const action = ACTIONS.find((candidate) => isKeyOf(event, candidate))
  if (action && WHILE_HELD.has(action.id)) void action.run()
  return action !== undefined
}

/** Whether a key belongs to the text that somebody is typing. `shortcut`: as `matchesKey` reads it. */
export function isTextKey(target: EventTarget | null, shortcut: string): boolean {
  return (
    isTyping(target) && (!shortcut.includes('Mod') || /^Mod\+(?:Shift\+)?[ACVXZ]$/.test(shortcut))
  )
}

/** Runs the action of a key press; true when there was one. */
export function handleKey(event: KeyPress & { target: EventTarget | null }): boolean {
  if (appState.getState().dialog !== null || isInDialog(event.target)) return false
  // In the middle of a drag only Escape counts: any other key would cut the gesture off.
  if (toolState.getState().isHeld && event.key !== 'Escape') return waitForPointer(event)
  if (isTyping(event.target) && !(event.ctrlKey || event.metaKey)) return false
  if (isTyping(event.target) && /^[acvxz]$/i.test(event.key)) return false
  if (isControl(event.target) && CONTROL_KEYS.has(event.key)) return false
  // Tab goes through the shapes only where they have the focus; elsewhere it goes through the controls.
  if (event.key === 'Tab' && !isCanvas(event.target)) return false
  const action = ACTIONS.find(
    (candidate) => isKeyOf(event, candidate) && (candidate.enabled?.() ?? true),
  )
  if (!action) return false
  say(null)
  void action.run()
  return true
}

const CLIPBOARD_KEYS = { copy: 'c', cut: 'x', paste: 'v' }

/** The key press that a clipboard event stands for. */
export function clipboardKey(
  type: keyof typeof CLIPBOARD_KEYS,
  target: EventTarget | null,
): KeyPress & { target: EventTarget | null } {
  const key = CLIPBOARD_KEYS[type]
  return { key, code: '', shiftKey: false, altKey: false, ctrlKey: !isMac, metaKey: isMac, target }
}
