/**
 * A fake `electron` for unit tests of the Electron code, with the documented behaviour of what it uses: real
 * emitters, events that can be prevented, windows that are listed until they are destroyed.
 */
import { EventEmitter } from 'node:events'
import { vi } from 'vitest'
import { utilityProcess } from './fake-utility-process.ts'

class FakeWebContents extends EventEmitter {
  openHandler: ((details: { url: string }) => { action: string }) | null = null
  zoomLevel = 0
  readonly reload = vi.fn()
  readonly forcefullyCrashRenderer = vi.fn()

  setWindowOpenHandler(handler: NonNullable<FakeWebContents['openHandler']>): void {
    this.openHandler = handler
  }
}

let windows: FakeWindow[] = []
let focused: FakeWindow | null = null
let nextId = 1

export class FakeWindow extends EventEmitter {
  readonly id = nextId++
  readonly webContents = new FakeWebContents()
  readonly options: Record<string, unknown>
  readonly loadURL = vi.fn(() => Promise.resolve())
  readonly show = vi.fn()
  readonly maximize = vi.fn()
  readonly restore = vi.fn()
  readonly setProgressBar = vi.fn()
  readonly setDocumentEdited = vi.fn()
  readonly setRepresentedFilename = vi.fn()
  minimized = false
  #isDestroyed = false

  constructor(options: Record<string, unknown> = {}) {
    super()
    this.options = options
    windows.push(this)
    app.emit('web-contents-created', {}, this.webContents)
  }

  static getAllWindows = () => windows
  static getFocusedWindow = () => focused
  static fromWebContents = (contents: unknown) =>
    windows.find(({ webContents }) => webContents === contents) ?? null

  isMinimized = () => this.minimized
  isMaximized = () => false
  isDestroyed = () => this.#isDestroyed
  getNormalBounds = () => ({ x: 10, y: 20, width: 1000, height: 700 })

  focus(): void {
    focused = this
    this.emit('focus')
  }

  destroy(): void {
    this.#isDestroyed = true
    windows = windows.filter((window) => window !== this)
    if (focused === this) focused = null
    this.emit('closed')
  }
}

export const app = Object.assign(new EventEmitter(), {
  isPackaged: false,
  setJumpList: vi.fn(),
  dock: { setMenu: vi.fn() },
})
export const shell = { openExternal: vi.fn(() => Promise.resolve()) }
export const dialog = {
  showMessageBoxSync: vi.fn(() => 0),
  showMessageBox: vi.fn(() => Promise.resolve({ response: 0 })),
  showErrorBox: vi.fn(),
}
export const Menu = {
  buildFromTemplate: vi.fn((template: unknown) => ({ template, popup: vi.fn() })),
  setApplicationMenu: vi.fn(),
}
type Answer = (isGranted: boolean) => void
export const session = {
  defaultSession: {
    request: (_permission: string, _answer: Answer) => {},
    check: (_permission: string): boolean => true,
    setPermissionRequestHandler(
      handler: (contents: unknown, permission: string, answer: Answer) => void,
    ) {
      this.request = (permission, answer) => handler(null, permission, answer)
    },
    setPermissionCheckHandler(handler: (contents: unknown, permission: string) => boolean) {
      this.check = (permission) => handler(null, permission)
    },
  },
}

/** Resets everything to the state at startup. */
export function resetElectron(): void {
  windows = []
  focused = null
  app.removeAllListeners()
  vi.clearAllMocks()
}

export const electron = {
  app,
  BrowserWindow: FakeWindow,
  dialog,
  ipcMain: new EventEmitter(),
  Menu,
  nativeTheme: { shouldUseDarkColors: true },
  powerMonitor: new EventEmitter(),
  screen: {
    getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }],
    getPrimaryDisplay: () => ({ workAreaSize: { width: 1920, height: 1080 } }),
  },
  session,
  shell,
  utilityProcess,
}
