import { datasetState } from '#renderer/document/dataset-state.ts'
import { isMac } from '#renderer/document/key-label.ts'
import { say } from '#renderer/document/status-line.ts'
import { openEditor } from '#renderer/tools/workspace.ts'
import type { Action, ActionContext } from './action.ts'
import { ACTIONS } from './actions.ts'
import { appState, focusCanvas, notifyError } from './app-state.ts'
import type { KeyPress } from './keys.ts'
import { isKeyOf } from './shortcuts.ts'

function isOnScreen(context: ActionContext): boolean {
  const { datasetId, isGallery } = appState.getState()
  switch (context) {
    case 'app':
      return true
    case 'dataset':
      return datasetId !== null
    case 'remote':
      return datasetId !== null && datasetState.getState().dataset?.remote != null
    case 'gallery':
      return datasetId !== null && isGallery
    case 'image':
    case 'canvas':
      return datasetId !== null && !isGallery
  }
}

/** Whether an action can run on the current screen. Dialogs do not count, because the palette is one. */
export function isAvailable(action: Action): boolean {
  if (!isOnScreen(action.context)) return false
  if (action.context !== 'image') return action.enabled?.() ?? true
  const editor = openEditor()
  return editor !== null && (action.enabled?.(editor) ?? true)
}

/** Runs an action, whether from a key, menu, button or the palette. Errors are shown. */
export async function perform(action: Action): Promise<void> {
  if (!isAvailable(action)) return
  try {
    const editor = openEditor()
    if (action.context !== 'image') await action.run()
    else if (editor) await action.run(editor)
  } catch (error) {
    notifyError(error)
  }
}

/** F1 and the like, which type nothing. */
const isFunctionKey = ({ key }: KeyPress) => /^F\d+$/.test(key)

/** Where single keys are text. */
function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) &&
    !(target instanceof HTMLInputElement && /^(checkbox|radio|range|button)$/.test(target.type))
  )
}

/** Buttons, lists and menus handle their own keys. */
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

/** Keys that move what has the focus, in sliders, tabs and borders of panels. */
const MOVE_KEYS = new Set(['Home', 'End', 'PageUp', 'PageDown'])

function isMoved(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest('[type="range"], [role="slider"], [role="tab"], [role="separator"]') !== null
  )
}

/** Keys that change how the held pointer draws, not what it draws. */
const WHILE_HELD = new Set(['freehand-finer', 'freehand-coarser'])

function waitForPointer(event: KeyPress): boolean {
  const action = ACTIONS.find((candidate) => isKeyOf(event, candidate))
  if (action && WHILE_HELD.has(action.id)) void perform(action)
  return action !== undefined
}

/** Whether a key belongs to the text that somebody is typing. `shortcut`: as `matchesKey` reads it. */
export function isTextKey(target: EventTarget | null, shortcut: string): boolean {
  return (
    isTyping(target) && (!shortcut.includes('Mod') || /^Mod\+(?:Shift\+)?[ACVXZ]$/.test(shortcut))
  )
}

/** Escape leads from any field back to the canvas: the next key must not be typed. */
function leaveField(target: EventTarget | null): boolean {
  if (target instanceof HTMLElement) target.blur()
  focusCanvas()
  return true
}

/** Runs the action of a key press; true when there was one. */
export function handleKey(event: KeyPress & { target: EventTarget | null }): boolean {
  if (appState.getState().dialog !== null || isInDialog(event.target)) return false
  // In the middle of a drag only Escape counts: any other key would cut the gesture off.
  if (openEditor()?.tool.getState().isHeld && event.key !== 'Escape') return waitForPointer(event)
  if (isTyping(event.target) && event.key === 'Escape') return leaveField(event.target)
  if (isTyping(event.target) && !(event.ctrlKey || event.metaKey || isFunctionKey(event)))
    return false
  if (isTyping(event.target) && /^[acvxz]$/i.test(event.key)) return false
  if (isControl(event.target) && CONTROL_KEYS.has(event.key)) return false
  if (isMoved(event.target) && MOVE_KEYS.has(event.key)) return false
  // Tab goes through the shapes only where they have the focus; elsewhere it goes through the controls.
  if (event.key === 'Tab' && !isCanvas(event.target)) return false
  const action = ACTIONS.find((candidate) => isKeyOf(event, candidate) && isAvailable(candidate))
  if (!action) return false
  say(null)
  void perform(action)
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
