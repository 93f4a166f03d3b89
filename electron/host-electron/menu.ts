import { Menu, type MenuItemConstructorOptions } from 'electron'

/**
 * Our own menu before the first window: the default one's Ctrl+R reloads the page, and that is what
 * labelme's users press for a rectangle. On a Mac text fields get cut, copy and paste from the menu
 * alone; undo is the page's own, which knows shapes.
 */
export function installMenu(isMac: boolean): void {
  const edit: MenuItemConstructorOptions = {
    label: 'Edit',
    submenu: [{ role: 'cut' }, { role: 'copy' }, { role: 'paste' }, { role: 'selectAll' }],
  }
  const template: MenuItemConstructorOptions[] = [
    ...(isMac ? [{ role: 'appMenu' } as const] : []),
    { label: 'File', submenu: [isMac ? { role: 'close' } : { role: 'quit' }] },
    ...(isMac ? [edit] : []),
    {
      label: 'View',
      submenu: [{ role: 'togglefullscreen' }, { role: 'toggleDevTools', accelerator: 'F12' }],
    },
    { role: 'windowMenu' },
  ]
  Menu.setApplicationMenu(Menu.buildFromTemplate(template))
}
