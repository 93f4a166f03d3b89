import { Menu, type MenuItemConstructorOptions } from 'electron'

/**
 * Our own menu before the first window: the default one's Ctrl+R reloads the page, and that is what
 * labelme's users press for a rectangle. Everything else is the page's own.
 */
export function installMenu(isMac: boolean): void {
  const template: MenuItemConstructorOptions[] = [
    ...(isMac ? [{ role: 'appMenu' } as const] : []),
    {
      label: 'File',
      submenu: [isMac ? { role: 'close' } : { role: 'quit' }],
    },
    {
      label: 'View',
      submenu: [{ role: 'togglefullscreen' }, { role: 'toggleDevTools', accelerator: 'F12' }],
    },
    { role: 'windowMenu' },
  ]
  Menu.setApplicationMenu(Menu.buildFromTemplate(template))
}
