/** The key that the page calls Mod: Command on a Mac, Control elsewhere. */
const isMac = process.platform === 'darwin'

/** For a KeyboardEvent that a page dispatches itself; pressed keys use Playwright's `ControlOrMeta`. */
export const MOD_PRESSED = isMac ? { metaKey: true } : { ctrlKey: true }

/** A shortcut as the page shows it: `Ctrl+Z`, or `⌘Z`. */
export const shownMod = (key: string): string => (isMac ? `⌘${key}` : `Ctrl+${key}`)
