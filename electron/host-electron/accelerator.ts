/** Electron's names of shortcut keys. A key that is not listed has no accelerator, because a wrong name throws. */
const NAMES: Readonly<Record<string, string>> = {
  ArrowLeft: 'Left',
  ArrowRight: 'Right',
  ArrowUp: 'Up',
  ArrowDown: 'Down',
  Escape: 'Esc',
  Enter: 'Enter',
  Backspace: 'Backspace',
  Delete: 'Delete',
  Tab: 'Tab',
  ' ': 'Space',
  '+': 'Plus',
  '-': '-',
  '=': '=',
  ',': ',',
  '.': '.',
  '[': '[',
  ']': ']',
}

/** Converts a shortcut of the page (`Mod+Shift+Z`) to Electron's form; null if it has none. */
export function toAccelerator(shortcut: string): string | null {
  const parts = shortcut.split('+')
  const last = shortcut.endsWith('+') ? '+' : (parts.at(-1) ?? '')
  const key = /^([A-Z0-9]|F\d{1,2})$/i.test(last) ? last.toUpperCase() : NAMES[last]
  if (key === undefined) return null
  const modifiers = parts
    .slice(0, shortcut.endsWith('+') ? -2 : -1)
    .map((part) => (part === 'Mod' ? 'CmdOrCtrl' : part))
  return [...modifiers, key].join('+')
}
