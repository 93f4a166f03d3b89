/** `electron` as the built main process imports it, with the behaviour documented at electronjs.org. */
import { EventEmitter } from 'node:events'
import { app } from './app.ts'
import { BrowserWindow } from './browser-window.ts'
import { blockingCalls, dialogs, folderDialogs, machine, menuBar, openedOutside } from './state.ts'

export { utilityProcess } from '#tests/helpers/fake-utility-process.ts'
export { app, BrowserWindow }

export const ipcMain = new EventEmitter()

export const protocolHandlers = new Map<string, (request: Request) => Promise<Response>>()
export const protocol = {
  registerSchemesAsPrivileged: () => app.mustBe(false, 'protocol.registerSchemesAsPrivileged'),
  handle: (scheme: string, handler: (request: Request) => Promise<Response>) => {
    app.mustBe(true, 'protocol.handle')
    protocolHandlers.set(scheme, handler)
  },
}

interface BoxOptions {
  message: string
  buttons?: string[]
}

function openDialog(kind: string, parent: unknown, options: BoxOptions): Promise<number> {
  return new Promise((answer) => {
    const dialog = {
      kind,
      message: options.message,
      buttons: options.buttons ?? ['OK'],
      parent: parent instanceof BrowserWindow ? parent.id : null,
      answer: (response: number) => {
        dialogs.splice(dialogs.indexOf(dialog), 1)
        answer(response)
      },
    }
    dialogs.push(dialog)
  })
}

interface FolderOptions {
  title: string
  defaultPath?: string
}

function openFolderDialog(parent: unknown, { title, defaultPath }: FolderOptions) {
  return new Promise((answer) => {
    const open = {
      title,
      parent: parent instanceof BrowserWindow ? parent.id : null,
      from: defaultPath ?? null,
      choose: (path: string | null) => {
        folderDialogs.splice(folderDialogs.indexOf(open), 1)
        answer({ canceled: path === null, filePaths: path === null ? [] : [path] })
      },
    }
    folderDialogs.push(open)
  })
}

export const dialog = {
  showMessageBox: async (...given: unknown[]) => ({
    response: await openDialog('message', given[0], given.at(-1) as BoxOptions),
  }),
  // The test answers it in advance, because nothing else runs until it is answered.
  showMessageBoxSync: () => {
    blockingCalls.push('dialog.showMessageBoxSync')
    return 0
  },
  showErrorBox: (title: string, text: string) => {
    process.send?.({ errorBox: { title, text } })
  },
  showOpenDialog: (...given: unknown[]) =>
    openFolderDialog(given[0], given.at(-1) as FolderOptions),
}

const MODIFIER = /^(CmdOrCtrl|Ctrl|Cmd|Shift|Alt)$/

/** Electron throws for an invalid accelerator, and for an entry without a name. */
function checkTemplate(items: readonly Record<string, unknown>[]): void {
  for (const { label, role, type, accelerator, submenu } of items) {
    if (label === undefined && role === undefined && type !== 'separator')
      throw new TypeError(
        'Invalid template for MenuItem: must have at least one of label, role or type',
      )
    if (typeof accelerator === 'string') {
      const keys = accelerator.replace(/\+\+$/, '+Plus').split('+')
      if (!keys.slice(0, -1).every((key) => MODIFIER.test(key)) || keys.at(-1) === '')
        throw new TypeError(`Invalid accelerator: ${accelerator}`)
    }
    if (Array.isArray(submenu)) checkTemplate(submenu)
  }
}

export const Menu = {
  buildFromTemplate: (template: Record<string, unknown>[]) => {
    checkTemplate(template)
    return { template, popup: () => {} }
  },
  setApplicationMenu: (menu: { template: unknown[] }) => {
    menuBar.template = menu.template
  },
}

export const nativeTheme = { shouldUseDarkColors: false }
export const net = { fetch: () => Promise.reject(new Error('no network here')) }
export const powerMonitor = new EventEmitter()
export const powerSaveBlocker = { start: () => 1, stop: () => {} }
export const screen = {
  getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }],
  getPrimaryDisplay: () => ({ workAreaSize: { width: 1920, height: 1080 } }),
}
export const session = {
  defaultSession: {
    setPermissionRequestHandler: () => app.mustBe(true, 'session.setPermissionRequestHandler'),
    setPermissionCheckHandler: () => app.mustBe(true, 'session.setPermissionCheckHandler'),
    resolveProxy: async () => 'DIRECT',
  },
}
export const shell = {
  openExternal: async (url: string) => {
    openedOutside.push(url)
  },
  openPath: async () => '',
}

const answered = async <T>(value: T): Promise<T> => {
  app.mustBe(true, 'safeStorage')
  return machine.isKeyringLocked ? new Promise<T>(() => {}) : value
}
const halts = (name: string) => () => {
  blockingCalls.push(name)
  throw new Error(`${name} halts the process while the keyring is locked`)
}
export const safeStorage = {
  isAsyncEncryptionAvailable: () => answered(true),
  encryptStringAsync: (text: string) => answered(Buffer.from(`encrypted ${text}`)),
  decryptStringAsync: (stored: Buffer) =>
    answered({ result: stored.toString().replace('encrypted ', ''), shouldReEncrypt: false }),
  isEncryptionAvailable: halts('safeStorage.isEncryptionAvailable'),
  encryptString: halts('safeStorage.encryptString'),
  decryptString: halts('safeStorage.decryptString'),
  getSelectedStorageBackend: () => 'gnome_libsecret',
}
