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

/** A shortcut such as `Mod+Shift+Z` as it is written on the keys; also a single key or modifier. */
export function keyLabel(shortcut: string): string {
  const parts = shortcut.split('+').map((part) => (isMac && MAC_SIGNS[part]) || NAMES[part] || part)
  return parts.join(isMac ? '' : '+')
}

let labelOf: (actionId: string) => string = () => '–'

/** Tells hints which keys actions have now. Tools lie below the actions, so that they cannot ask them. */
export function setActionKeys(lookUp: (actionId: string) => string): void {
  labelOf = lookUp
}

/** The first key of an action as it is configured now; a dash where it has none. */
export function actionKey(actionId: string): string {
  return labelOf(actionId)
}
