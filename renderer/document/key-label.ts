/** `Mod` is Cmd on a Mac and Ctrl elsewhere. */
export const isMac = typeof navigator !== 'undefined' && /mac/i.test(navigator.platform)

const MAC_SIGNS: Record<string, string> = { Mod: '⌘', Shift: '⇧', Alt: '⌥' }
const NAMES: Record<string, string> = {
  Mod: 'Ctrl',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
  ' ': 'Space',
}

/** A shortcut such as `Mod+Shift+Z` as printed on the keys; also a single key or modifier. */
export function keyLabel(shortcut: string): string {
  const parts = shortcut.split('+').map((part) => (isMac && MAC_SIGNS[part]) || NAMES[part] || part)
  return parts.join(isMac ? '' : '+')
}

let labelOf: (actionId: string) => string = () => '–'

/** Sets the current keys of actions for hints. Tools cannot import the actions, because actions depend on tools. */
export function setActionKeys(lookUp: (actionId: string) => string): void {
  labelOf = lookUp
}

/** The first configured key of an action; a dash if it has none. */
export function actionKey(actionId: string): string {
  return labelOf(actionId)
}
