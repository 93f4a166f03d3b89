import { editorSettings } from '#renderer/document/editor-settings.ts'
import { keyLabel } from '#renderer/document/key-label.ts'
import type { Settings } from '#shared/contract/settings.ts'
import type { Action } from './action.ts'
import { type KeyPress, matchesKey } from './keys.ts'

type Keys = Readonly<Record<string, readonly string[]>>
type PresetId = Settings['shortcutPreset']

/** Keys of another tool where they differ from ours: all keys of the action; an empty list removes them. */
const LABELME: Keys = {
  'tool-bbox': ['Mod+R', 'R'],
  'tool-polygon': ['Mod+N', 'P'],
  'tool-select': ['Mod+J', 'V'],
  fit: ['Mod+F', 'F'],
}
const X_ANYLABELING: Keys = {
  'tool-select': ['Mod+J'],
  'tool-polyline': ['Shift+S'],
  'tool-keypoint': ['Shift+P'],
  'tool-hole': ['Alt+P'],
  'tool-slice': ['Alt+K'],
  'swap-sides': ['Alt+S'],
  'skip-joint': ['Alt+J'],
  'hide-all': ['Mod+H', 'T'],
  'hide-selected': ['S', 'H'],
  union: ['Mod+Shift+M', 'M'],
  fit: ['Mod+F', 'F'],
  'actual-size': ['Mod+=', 'Mod+0'],
  'zoom-in': ['Mod++', '+', '='],
  'rotate-left': ['X', ','],
  'rotate-right': ['C', '.'],
  'class-search': ['Alt+C'],
}
const CVAT: Keys = {
  previous: ['D'],
  next: ['F'],
  propagate: ['Mod+B', 'Mod+Shift+P'],
  fit: ['Mod+F'],
  'zoom-in': ['+', '=', 'Mod+=', 'Mod++'],
}

export const PRESETS: readonly { id: PresetId; label: string; keys: Keys }[] = [
  { id: 'pictograph', label: 'Pictograph', keys: {} },
  { id: 'labelme', label: 'labelme', keys: LABELME },
  { id: 'x-anylabeling', label: 'X-AnyLabeling', keys: X_ANYLABELING },
  { id: 'cvat', label: 'CVAT', keys: CVAT },
]

/** What decides the keys of an action. */
type Keyed = Pick<Action, 'id' | 'keys'>
type Choice = Pick<Settings, 'shortcuts' | 'shortcutPreset'>

/** An action's keys in a preset, without the user's changes. */
export function presetKeys(action: Keyed, preset: PresetId): readonly string[] {
  return PRESETS.find(({ id }) => id === preset)?.keys[action.id] ?? action.keys
}

/** The keys that run an action now; the first is shown. */
export function keysOf(
  action: Keyed,
  choice: Choice = editorSettings.getState(),
): readonly string[] {
  return choice.shortcuts[action.id] ?? presetKeys(action, choice.shortcutPreset)
}

/** The key that is shown first, as it is written; a dash where there is none. */
export const shownKey = (action: Action): string => {
  const [key] = keysOf(action)
  return key ? keyLabel(key) : '–'
}

export function isKeyOf(event: KeyPress, action: Action): boolean {
  return keysOf(action).some((key) => matchesKey(event, key))
}

/** Actions that share a default key are never available at the same time. */
function mayShare(a: Action, b: Action): boolean {
  return a.keys.some((key) => b.keys.includes(key))
}

/** Which other action has this key already; undefined: it is free. */
export function holderOf(
  key: string,
  action: Action,
  actions: readonly Action[],
  choice: Choice,
): Action | undefined {
  return actions.find(
    (other) =>
      other.id !== action.id && !mayShare(action, other) && keysOf(other, choice).includes(key),
  )
}
