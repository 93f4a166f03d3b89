import type { BaseWindow, MenuItemConstructorOptions } from 'electron'
import { ACTION_GROUPS, type ActionGroup, type MenuAction } from '#shared/contract/window.ts'
import { toAccelerator } from './accelerator.ts'

/** What each group is called in the menu bar, with the letter that opens it. */
const MENU_LABELS: Readonly<Record<ActionGroup, string>> = {
  File: '&File',
  Edit: '&Edit',
  View: '&View',
  Navigate: '&Go',
  Tools: '&Tools',
  Shapes: '&Shapes',
  Classes: '&Classes',
  Service: 'Se&rvice',
  Help: '&Help',
}

/** In a text field these belong to the text; on a Mac they come from roles of the menu. */
const MAC_TEXT_KEYS: ReadonlySet<string> = new Set(['Mod+A', 'Mod+C', 'Mod+V', 'Mod+X'])

export interface RecentDataset {
  name: string
  /** A folder, or a link to a dataset of the service. */
  target: string
}

export interface MenuOptions {
  isMac: boolean
  recent: readonly RecentDataset[]
  /** `byKey`: with the entry's keys, which on a Mac the menu takes before the page sees them. */
  run: (id: string, byKey: boolean) => void
  open: (target: string) => void
  newWindow: () => void
}

/**
 * The menu bar, made of the page's own actions, so that both name the same things and the same keys. Keys are shown
 * here and pressed in the page, which knows whether somebody is typing; a Mac's menu takes them itself.
 *
 * None of the roles that would destroy work is here: reload (Ctrl+R is labelme's rectangle), and closing a window
 * by Ctrl+W.
 */
export function menuTemplate(
  actions: readonly MenuAction[],
  options: MenuOptions,
): MenuItemConstructorOptions[] {
  const { isMac } = options
  const entries = Map.groupBy(actions, ({ group }) => group)
  const menus = ACTION_GROUPS.map((group): MenuItemConstructorOptions => {
    const label = MENU_LABELS[group]
    const own = (entries.get(group) ?? []).map((item) => entry(item, options))
    const line = own.length > 0 ? [separator] : []
    if (group === 'File')
      return {
        label,
        submenu: [...fileHead(options), ...line, ...own, separator, lastOfFile(isMac)],
      }
    if (group === 'Edit') return { label, submenu: [...own, ...(isMac ? macTextRoles : [])] }
    if (group === 'View') return { label, submenu: [...own, ...line, ...viewTail] }
    return { label, submenu: own, role: group === 'Help' ? 'help' : undefined }
  })
  const shown = menus.filter(({ submenu }) => Array.isArray(submenu) && submenu.length > 0)
  const window: MenuItemConstructorOptions = isMac
    ? { role: 'windowMenu' }
    : { label: '&Window', submenu: [minimise, closeWindow] }
  const beforeHelp = shown.findLastIndex(({ role }) => role !== 'help') + 1
  return [
    ...(isMac ? [{ role: 'appMenu' } as const] : []),
    ...shown.slice(0, beforeHelp),
    window,
    ...shown.slice(beforeHelp),
  ]
}

const separator: MenuItemConstructorOptions = { type: 'separator' }

/** Without a letter that Windows would underline: an ampersand is a part of the name. */
const asLabel = (text: string) => text.replaceAll('&', '&&')

function entry(
  { id, label, key, enabled }: MenuAction,
  { isMac, run }: MenuOptions,
): MenuItemConstructorOptions {
  const isTaken = isMac && (key === null || !key.includes('Mod') || MAC_TEXT_KEYS.has(key))
  const accelerator = key === null || isTaken ? null : toAccelerator(key)
  return {
    id,
    label: asLabel(label),
    enabled,
    ...(accelerator !== null && { accelerator, registerAccelerator: isMac }),
    click: (_item, _window, event) => run(id, event.triggeredByAccelerator ?? false),
  }
}

function fileHead({ isMac, newWindow, recent, open }: MenuOptions): MenuItemConstructorOptions[] {
  return [
    {
      label: 'New window',
      accelerator: 'CmdOrCtrl+Shift+N',
      registerAccelerator: isMac,
      click: newWindow,
    },
    {
      label: 'Open recent',
      enabled: recent.length > 0,
      submenu: recent.map(({ name, target }) => ({
        label: asLabel(name),
        click: () => open(target),
      })),
    },
  ]
}

const lastOfFile = (isMac: boolean): MenuItemConstructorOptions =>
  isMac ? { role: 'close' } : { role: 'quit' }

const macTextRoles: MenuItemConstructorOptions[] = [
  separator,
  { role: 'cut' },
  { role: 'copy' },
  { role: 'paste' },
  { role: 'selectAll' },
]

/** Steps of Chromium's zoom level: each is a fifth. The usual keys zoom the picture. */
function zoom(label: string, level: (now: number) => number): MenuItemConstructorOptions {
  return {
    label,
    click: (_item, window) => {
      const contents = contentsOf(window)
      if (contents) contents.zoomLevel = level(contents.zoomLevel)
    },
  }
}

/** Only a window with a page has contents. */
function contentsOf(window: BaseWindow | undefined) {
  return window && 'webContents' in window
    ? (window.webContents as Electron.WebContents)
    : undefined
}

const viewTail: MenuItemConstructorOptions[] = [
  zoom('Larger interface', (now) => now + 0.5),
  zoom('Smaller interface', (now) => now - 0.5),
  zoom('Interface as it was', () => 0),
  separator,
  { role: 'togglefullscreen' },
  { role: 'toggleDevTools', accelerator: 'F12' },
]

const minimise: MenuItemConstructorOptions = {
  label: 'Minimise',
  click: (_item, window) => window?.minimize(),
}
const closeWindow: MenuItemConstructorOptions = {
  label: 'Close window',
  click: (_item, window) => window?.close(),
}
