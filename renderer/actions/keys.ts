import { isMac } from '#renderer/document/key-label.ts'

export interface KeyPress {
  key: string
  code: string
  shiftKey: boolean
  altKey: boolean
  ctrlKey: boolean
  metaKey: boolean
}

/** Signs whose own key press carries Shift on some keyboards. */
const SIGNS = new Set(['?', '+', '=', '-', ',', '.', '[', ']'])

/**
 * Whether a press is a shortcut such as `Mod+Shift+Z`. Letters go by what the key types, digits by
 * where the key is (on AZERTY they need Shift).
 */
export function matchesKey(press: KeyPress, shortcut: string): boolean {
  const parts = shortcut.split('+')
  const key = shortcut.endsWith('+') ? '+' : (parts.at(-1) ?? '')
  const wants = (name: string) => parts.slice(0, -1).includes(name)
  // AltGr comes as Ctrl and Alt, and is how some keyboards type signs.
  const isAltGr = !isMac && press.ctrlKey && press.altKey
  if (isAltGr && parts.length === 1 && SIGNS.has(key)) return press.key === key
  const mod = isMac ? press.metaKey : press.ctrlKey
  const other = isMac ? press.ctrlKey : press.metaKey
  if (mod !== wants('Mod') || other || press.altKey !== wants('Alt')) return false
  if (SIGNS.has(key)) return press.key === key
  if (press.shiftKey !== wants('Shift')) return false
  // With Alt a Mac types signs: the key counts by its place.
  if (press.altKey && /^[a-z]$/i.test(key)) return press.code === `Key${key.toUpperCase()}`
  if (/^\d$/.test(key)) return press.code === `Digit${key}` || press.code === `Numpad${key}`
  return press.key.toLowerCase() === key.toLowerCase()
}

/** Keys that are no shortcut alone. */
const NO_KEYS = new Set(['Shift', 'Control', 'Alt', 'AltGraph', 'Meta', 'CapsLock', 'Dead', 'Fn'])

/** The shortcut that a key press would be, as `matchesKey` reads it; null while only modifiers are down. */
export function shortcutOf(press: KeyPress): string | null {
  if (NO_KEYS.has(press.key) || press.key === 'Unidentified') return null
  const mod = isMac ? press.metaKey : press.ctrlKey
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(press.code)?.[1]
  const letter = press.altKey ? /^Key([A-Z])$/.exec(press.code)?.[1] : undefined
  const isSign = SIGNS.has(press.key)
  const key = isSign ? press.key : (digit ?? letter ?? press.key)
  const modifiers = [
    ...(mod ? ['Mod'] : []),
    // A sign carries the Shift that types it.
    ...(press.shiftKey && !isSign ? ['Shift'] : []),
    ...(press.altKey ? ['Alt'] : []),
  ]
  return [...modifiers, key.length === 1 ? key.toUpperCase() : key].join('+')
}
