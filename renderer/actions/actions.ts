import { choices, type ToolId } from '#renderer/document/choices.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { editorSettings } from '#renderer/document/editor-settings.ts'
import { setActionKeys } from '#renderer/document/key-label.ts'
import { canAskService } from '#renderer/document/segment-state.ts'
import { say } from '#renderer/document/status-line.ts'
import type { Editor } from '#renderer/tools/editor.ts'
import { TOOLS, toolById } from '#renderer/tools/tools.ts'
import { chooseTool, openEditor } from '#renderer/tools/workspace.ts'
import { t } from '#shared/texts/texts.ts'
import type { Action } from './action.ts'
import { appState, notifyError, showDialog } from './app-state.ts'
import { readyToAssist, takeAssistTool } from './assist.ts'
import { CLASS_SLOTS, classOfSlot, slotActionId, slotKey } from './class-keys.ts'
import { CLOUD_ACTIONS } from './cloud.ts'
import { COPY_ACTIONS } from './copy-actions.ts'
import { CURSOR_ACTIONS } from './cursor-actions.ts'
import { chooseFolder, goToNext, leaveDataset, openSample } from './datasets.ts'
import { EDIT_ACTIONS, relabel } from './edit-actions.ts'
import { GO_TO_ACTIONS } from './go-to-actions.ts'
import { copyLink, HELP_ACTIONS } from './help-actions.ts'
import { WINDOW_ACTIONS } from './host-window.ts'
import { LAYOUT_ACTIONS } from './layout-actions.ts'
import { PATH_ACTIONS } from './path-actions.ts'
import { PICTURE_ACTIONS } from './picture-actions.ts'
import { POSE_ACTIONS } from './pose-actions.ts'
import { PROPOSAL_ACTIONS } from './proposals.ts'
import { REGION_ACTIONS } from './region-actions.ts'
import { SHAPE_ACTIONS } from './shape-actions.ts'
import { shownKey } from './shortcuts.ts'
import { TOOL_LABELS } from './tool-labels.ts'
import { downloadAgain, type RemoteTarget, TRANSFER_ACTIONS } from './transfers.ts'
import { UNDO_ACTIONS } from './undo-actions.ts'
import { VIEW_ACTIONS } from './view-actions.ts'

/** The field that C focuses. */
export const CLASS_SEARCH_ID = 'class-search'

const inRemote = () => datasetState.getState().dataset?.remote != null

/** The drawing tool that N selects again. */
let lastDrawing: ToolId = 'bbox'

export function takeTool(id: ToolId): void {
  if (id === 'assist') {
    takeAssistTool().catch(notifyError)
    return
  }
  if (toolById(id).draws) lastDrawing = id
  chooseTool(id)
}

/** A digit chooses the class of what is drawn next; with shapes selected it relabels them. */
export function chooseClass(name: string): void {
  const editor = openEditor()
  const selected = editor?.selection.annotations() ?? []
  if (editor && selected.length > 0) relabel(editor, selected, name)
  choices.setState({ className: name })
}

/** The open dataset on the service; null when it is a folder. */
function openTarget(): RemoteTarget | null {
  const { dataset } = datasetState.getState()
  if (!dataset?.remote) return null
  const { accountId, remoteId } = dataset.remote
  return { accountId, remoteId, name: dataset.name }
}

function showTransferDialog(kind: 'download' | 'upload'): void {
  const target = openTarget()
  if (!target) return
  showDialog(
    kind === 'download' ? { kind, target, imageIds: null } : { kind, target, dropped: null },
  )
}

/** Whether the open folder was exported before. */
export const wasExported = (): boolean => {
  const { dataset } = datasetState.getState()
  return dataset !== null && editorSettings.getState().exportFolders[dataset.id] !== undefined
}

function cancel(editor: Editor): void {
  const { id, active } = editor.tool.getState()
  if (!active.cancel() && id !== 'select') editor.takeTool('select')
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
  ({ id, keys }): Action => ({
    id: `tool-${id}`,
    label: TOOL_LABELS[id],
    group: 'Tools',
    context: 'canvas',
    keys,
    run: () => takeTool(id),
  }),
)

/** True for the actions of class keys. Their labels contain the number of the key, not the name of the class. */
export const isClassSlot = (actionId: string): boolean => /^class-\d+$/.test(actionId)

const classActions = Array.from({ length: CLASS_SLOTS }, (_, index): Action => {
  const name = () => classOfSlot(index)
  return {
    id: slotActionId(index),
    label: t('Class {value}: choose it, or relabel the selection', { value: index + 1 }),
    group: 'Classes',
    context: 'canvas',
    keys: [slotKey(index)],
    enabled: () => name() !== undefined,
    run: () => chooseClass(name() ?? ''),
  }
})

export const ACTIONS: readonly Action[] = [
  {
    id: 'previous',
    label: t('Previous image'),
    group: 'Navigate',
    context: 'canvas',
    keys: ['A'],
    run: () => step(-1, false),
  },
  {
    id: 'next',
    label: t('Next image'),
    group: 'Navigate',
    context: 'canvas',
    keys: ['D'],
    run: () => step(1, false),
  },
  {
    id: 'previous-unlabelled',
    label: t('Previous image without annotations'),
    group: 'Navigate',
    context: 'canvas',
    keys: ['Mod+Shift+A'],
    run: () => step(-1, true),
  },
  {
    id: 'next-unlabelled',
    label: t('Next image without annotations'),
    group: 'Navigate',
    context: 'canvas',
    keys: ['Mod+Shift+D'],
    run: () => step(1, true),
  },
  ...GO_TO_ACTIONS,
  ...toolActions,
  {
    id: 'last-tool',
    label: t('Last drawing tool'),
    group: 'Tools',
    context: 'canvas',
    keys: ['N'],
    run: () => takeTool(lastDrawing),
  },
  {
    id: 'cancel',
    label: t('Cancel or go back'),
    group: 'Edit',
    context: 'image',
    keys: ['Escape'],
    run: cancel,
  },
  ...CURSOR_ACTIONS,
  ...POSE_ACTIONS,
  ...UNDO_ACTIONS,
  ...EDIT_ACTIONS,
  ...COPY_ACTIONS,
  ...SHAPE_ACTIONS,
  ...PATH_ACTIONS,
  ...PICTURE_ACTIONS,
  ...PROPOSAL_ACTIONS,
  {
    id: 'class-search',
    label: t('Find a class'),
    group: 'Classes',
    context: 'canvas',
    keys: ['C'],
    run: () => document.getElementById(CLASS_SEARCH_ID)?.focus(),
  },
  ...classActions,
  ...VIEW_ACTIONS,
  ...LAYOUT_ACTIONS,
  {
    id: 'gallery',
    label: t('Switch between gallery and image'),
    group: 'Navigate',
    context: 'dataset',
    keys: ['Mod+G'],
    run: () => appState.setState(({ isGallery }) => ({ isGallery: !isGallery })),
  },
  {
    id: 'models',
    label: t('Models on this computer…'),
    group: 'Tools',
    context: 'app',
    keys: [],
    run: () => showDialog({ kind: 'models' }),
  },
  {
    id: 'ask-by-text',
    label: t('Segment by text…'),
    group: 'Tools',
    context: 'image',
    keys: ['Shift+Q'],
    enabled: canAskService,
    run: () => {
      if (readyToAssist()) showDialog({ kind: 'ask-by-text' })
    },
  },
  {
    id: 'download',
    label: t('Download the dataset…'),
    group: 'Service',
    context: 'remote',
    keys: [],
    enabled: inRemote,
    run: () => showTransferDialog('download'),
  },
  {
    id: 'download-again',
    label: t('Download the dataset again with the same settings'),
    group: 'Service',
    context: 'remote',
    keys: [],
    enabled: inRemote,
    run: async () => {
      const target = openTarget()
      if (target) await downloadAgain(target)
    },
  },
  {
    id: 'upload',
    label: t('Upload images to the dataset…'),
    group: 'Service',
    context: 'remote',
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
    context: 'app',
    keys: ['Mod+U', 'Mod+O'],
    run: chooseFolder,
  },
  {
    id: 'copy-link',
    label: t('Copy a link to this image'),
    group: 'File',
    context: 'remote',
    keys: [],
    enabled: inRemote,
    run: copyLink,
  },
  {
    id: 'open-sample',
    label: t('Open the sample dataset'),
    group: 'File',
    context: 'app',
    keys: [],
    run: async () => void (await openSample()),
  },
  {
    id: 'close-dataset',
    label: t('Back to the start screen'),
    group: 'File',
    context: 'dataset',
    keys: [],
    run: leaveDataset,
  },
  {
    id: 'import',
    label: t('Import labels…'),
    group: 'File',
    context: 'dataset',
    keys: ['Mod+I'],
    run: () => showDialog({ kind: 'import' }),
  },
  {
    id: 'export',
    label: t('Export…'),
    group: 'File',
    context: 'dataset',
    keys: ['Mod+Shift+E'],
    run: () => showDialog({ kind: 'export' }),
  },
  {
    id: 'export-again',
    label: t('Export again with the same settings'),
    group: 'File',
    context: 'dataset',
    keys: [],
    run: () => showDialog({ kind: 'export', isAgain: wasExported() }),
  },
  {
    id: 'settings',
    label: t('Settings…'),
    group: 'File',
    context: 'app',
    keys: ['Mod+,'],
    run: () => showDialog({ kind: 'settings' }),
  },
  {
    id: 'palette',
    label: t('All commands…'),
    group: 'Help',
    context: 'app',
    keys: ['Mod+K'],
    run: () => showDialog({ kind: 'palette' }),
  },
  {
    id: 'help',
    label: t('Shortcuts'),
    group: 'Help',
    context: 'app',
    keys: ['?'],
    run: () => showDialog({ kind: 'help' }),
  },
  ...REGION_ACTIONS,
  ...HELP_ACTIONS,
  ...WINDOW_ACTIONS,
]

export function actionById(id: string): Action {
  const action = ACTIONS.find((candidate) => candidate.id === id)
  if (!action) throw new Error(`No action ${id}`)
  return action
}

setActionKeys((id) => shownKey(actionById(id)))
