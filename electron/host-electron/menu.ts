import type { BaseWindow, MenuItemConstructorOptions } from 'electron'
import { ACTION_GROUPS, type ActionGroup, type MenuAction } from '#shared/contract/window.ts'
import { t } from '#shared/texts/texts.ts'
import { toAccelerator } from './accelerator.ts'

/** The name of each group in the menu bar, with its access key. */
const groupLabel = (group: ActionGroup): string =>
  ({
    File: t('&File'),
    Edit: t('&Edit'),
    View: t('&View'),
    Navigate: t('&Go'),
    Tools: t('&Tools'),
    Shapes: t('&Shapes'),
    Classes: t('&Classes'),
    Service: t('Se&rvice'),
    Help: t('&Help'),
  })[group]

/** These keys belong to text fields; on a Mac they come from menu roles. */
const MAC_TEXT_KEYS: ReadonlySet<string> = new Set(['Mod+A', 'Mod+C', 'Mod+V', 'Mod+X'])

export interface RecentDataset {
  name: string
  /** A folder, or a link to a remote dataset. */
  target: string
}

export interface MenuOptions {
  isMac: boolean
  recent: readonly RecentDataset[]
  /** `byKey`: triggered by the entry's keys, which on a Mac the menu receives before the page. */
  run: (id: string, byKey: boolean) => void
  open: (target: string) => void
  newWindow: () => void
}

/**
 * The menu bar, built from the page's own actions, so that both show the same names and keys. The menu shows the keys
 * and the page handles them, because it knows whether somebody is typing; on a Mac the menu handles them.
 * It leaves out roles that would destroy work: reload (Ctrl+R is labelme's rectangle), and closing a window with
 * Ctrl+W.
 */
export function menuTemplate(
  actions: readonly MenuAction[],
  options: MenuOptions,
): MenuItemConstructorOptions[] {
  const { isMac } = options
  const entries = Map.groupBy(actions, ({ group }) => group)
  const menus = ACTION_GROUPS.map((group): MenuItemConstructorOptions => {
    const label = groupLabel(group)
    const own = (entries.get(group) ?? []).map((item) => entry(item, options))
    const line = own.length > 0 ? [separator] : []
    if (group === 'File')
      return {
        label,
        submenu: [...fileHead(options), ...line, ...own, separator, lastOfFile(isMac)],
      }
    if (group === 'Edit') return { label, submenu: [...own, ...(isMac ? macTextRoles() : [])] }
    if (group === 'View') return { label, submenu: [...own, ...line, ...viewTail()] }
    return { label, submenu: own, role: group === 'Help' ? 'help' : undefined }
  })
  const shown = menus.filter(({ submenu }) => Array.isArray(submenu) && submenu.length > 0)
  const window: MenuItemConstructorOptions = isMac
    ? { role: 'windowMenu', label: t('&Window'), submenu: macWindowRoles() }
    : { label: t('&Window'), submenu: [minimise(), closeWindow()] }
  const beforeHelp = shown.findLastIndex(({ role }) => role !== 'help') + 1
  return [
    ...(isMac ? [appMenu()] : []),
    ...shown.slice(0, beforeHelp),
    window,
    ...shown.slice(beforeHelp),
  ]
}

const separator: MenuItemConstructorOptions = { type: 'separator' }

/** Escapes a name for a menu, where a single ampersand would mark the access key. */
export const asLabel = (text: string) => text.replaceAll('&', '&&')

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
      label: t('New window'),
      accelerator: 'CmdOrCtrl+Shift+N',
      registerAccelerator: isMac,
      click: newWindow,
    },
    {
      label: t('Open recent'),
      enabled: recent.length > 0,
      submenu: recent.map(({ name, target }) => ({
        label: asLabel(name),
        click: () => open(target),
      })),
    },
  ]
}

const lastOfFile = (isMac: boolean): MenuItemConstructorOptions =>
  isMac ? { role: 'close', label: t('Close window') } : { role: 'quit', label: t('Quit') }

/** The first menu on a Mac, named after the app. */
const appMenu = (): MenuItemConstructorOptions => ({
  role: 'appMenu',
  label: 'Pictograph Desktop',
  submenu: [
    { role: 'about', label: t('About Pictograph Desktop') },
    separator,
    { role: 'services', label: t('Services') },
    separator,
    { role: 'hide', label: t('Hide Pictograph Desktop') },
    { role: 'hideOthers', label: t('Hide others') },
    { role: 'unhide', label: t('Show all') },
    separator,
    { role: 'quit', label: t('Quit Pictograph Desktop') },
  ],
})

const macWindowRoles = (): MenuItemConstructorOptions[] => [
  { role: 'minimize', label: t('Minimize') },
  { role: 'zoom', label: t('Zoom') },
  separator,
  { role: 'front', label: t('Bring all to front') },
]

const macTextRoles = (): MenuItemConstructorOptions[] => [
  separator,
  { role: 'cut', label: t('Cut') },
  { role: 'copy', label: t('Copy') },
  { role: 'paste', label: t('Paste') },
  { role: 'selectAll', label: t('Select all') },
]

/** Steps of Chromium's zoom level: a fifth each. The usual keys zoom the picture instead. */
function zoom(label: string, level: (now: number) => number): MenuItemConstructorOptions {
  return {
    label,
    click: (_item, window) => {
      const contents = contentsOf(window)
      if (contents) contents.zoomLevel = level(contents.zoomLevel)
    },
  }
}

/** Only a window with a page has web contents. */
function contentsOf(window: BaseWindow | undefined) {
  return window && 'webContents' in window
    ? (window.webContents as Electron.WebContents)
    : undefined
}

const viewTail = (): MenuItemConstructorOptions[] => [
  zoom(t('Larger interface'), (now) => now + 0.5),
  zoom(t('Smaller interface'), (now) => now - 0.5),
  zoom(t('Interface at 100%'), () => 0),
  separator,
  { role: 'togglefullscreen', label: t('Full screen') },
  { role: 'toggleDevTools', label: t('Developer tools'), accelerator: 'F12' },
]

const minimise = (): MenuItemConstructorOptions => ({
  label: t('Minimize'),
  click: (_item, window) => window?.minimize(),
})
const closeWindow = (): MenuItemConstructorOptions => ({
  label: t('Close window'),
  click: (_item, window) => window?.close(),
})
