import { join } from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import {
  dialog,
  type FakeWindow,
  Menu,
  resetElectron,
  session,
  shell,
} from '#tests/helpers/fake-electron.ts'

vi.mock('electron', async () => (await import('#tests/helpers/fake-electron.ts')).electron)
const { createWindow, secureWindows } = await import('./window.ts')

const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }
const PRELOAD = join('/app', 'preload.cjs')

function open(front?: FakeWindow): FakeWindow {
  return createWindow({ preload: PRELOAD, log, front: front as never }) as never
}

beforeEach(resetElectron)

test('a page has no Node, a sandbox and context isolation, and is not shown before it is painted', () => {
  const window = open()
  expect(window.options).toMatchObject({
    show: false,
    backgroundColor: '#121316',
    webPreferences: {
      preload: PRELOAD,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
    },
  })
  expect(window.options.webPreferences).not.toHaveProperty('webSecurity')
  expect(window.loadURL).toHaveBeenCalledExactlyOnceWith('app://pictograph/')
  expect(window.show).not.toHaveBeenCalled()
  window.emit('ready-to-show')
  expect(window.show).toHaveBeenCalledOnce()
  window.webContents.emit('did-finish-load')
  expect(window.show).toHaveBeenCalledOnce()
})

test('a window without a paint event (Wayland) is shown when it has loaded, or after three seconds', () => {
  vi.useFakeTimers()
  try {
    const loaded = open()
    loaded.webContents.emit('did-finish-load')
    expect(loaded.show).toHaveBeenCalledOnce()
    const silent = open()
    const gone = open()
    gone.destroy()
    vi.advanceTimersByTime(2_900)
    expect(silent.show).not.toHaveBeenCalled()
    vi.advanceTimersByTime(200)
    expect(silent.show).toHaveBeenCalledOnce()
    expect(gone.show).not.toHaveBeenCalled()
  } finally {
    vi.useRealTimers()
  }
})

test('Electron restores the first window’s position; a second one is offset', () => {
  const first = open()
  expect(first.options).toMatchObject({ name: 'first', windowStatePersistence: true, width: 1440 })
  const second = open(first)
  expect(second.options).toMatchObject({ x: 42, y: 52, width: 1000, height: 700 })
  // Electron refuses two windows with one name.
  expect(second.options).not.toHaveProperty('name')
})

test.each([
  ['app://pictograph/', true],
  ['app://pictograph/#dataset=1', true],
  ['app://pictograph.evil.example/', false],
  ['app://other/', false],
  ['https://pictograph.io/', false],
  ['file:///etc/passwd', false],
  ['javascript:alert(1)', false],
  ['data:text/html,x', false],
])('a page that wants to go to %s may: %s', (url, may) => {
  secureWindows(log)
  const { webContents } = open()
  for (const name of ['will-navigate', 'will-frame-navigate', 'will-redirect']) {
    const preventDefault = vi.fn()
    webContents.emit(name, { url, preventDefault })
    expect(preventDefault).toHaveBeenCalledTimes(may ? 0 : 1)
  }
})

test('a page cannot open windows; web addresses open in the system’s browser, others are blocked', () => {
  secureWindows(log)
  const { webContents } = open()
  for (const url of [
    'https://pictograph.io/docs',
    'http://x.example',
    'file:///etc/passwd',
    'smb://x/y',
    'app://pictograph/',
  ])
    expect(webContents.openHandler?.({ url })).toEqual({ action: 'deny' })
  expect(shell.openExternal.mock.calls).toEqual([['https://pictograph.io/docs']])
  const preventDefault = vi.fn()
  webContents.emit('will-attach-webview', { preventDefault })
  expect(preventDefault).toHaveBeenCalledOnce()
})

test('permissions are refused, except notifications and copying text', () => {
  secureWindows(log)
  const { defaultSession } = session
  for (const permission of [
    'media',
    'geolocation',
    'clipboard-read',
    'openExternal',
    'hid',
    'fullscreen',
    'unknown',
  ]) {
    const answer = vi.fn()
    defaultSession.request(permission, answer)
    expect([permission, answer.mock.calls, defaultSession.check(permission)]).toEqual([
      permission,
      [[false]],
      false,
    ])
  }
  for (const permission of ['notifications', 'clipboard-sanitized-write'])
    expect(defaultSession.check(permission)).toBe(true)
})

test('a crashed page is reloaded, unless it keeps crashing', async () => {
  const window = open()
  const breakDown = (reason: string) =>
    window.webContents.emit('render-process-gone', {}, { reason, exitCode: 5 })
  breakDown('clean-exit')
  expect(window.webContents.reload).not.toHaveBeenCalled()
  for (let times = 0; times < 3; times++) breakDown('crashed')
  await vi.waitFor(() => expect(window.webContents.reload).toHaveBeenCalledTimes(3))
  expect(log.error).toHaveBeenCalledWith('the page broke', { reason: 'crashed', exitCode: 5 })
  // Its window stays until the dialog is closed, because the app ends with its last window.
  const answer = Promise.withResolvers<{ response: number }>()
  dialog.showMessageBox.mockReturnValueOnce(answer.promise)
  breakDown('oom')
  expect(window.webContents.reload).toHaveBeenCalledTimes(3)
  expect(dialog.showMessageBox).toHaveBeenCalledOnce()
  expect(window.isDestroyed()).toBe(false)
  answer.resolve({ response: 0 })
  await vi.waitFor(() => expect(window.isDestroyed()).toBe(true))
})

test('a hanging page is reloaded on the user’s request', async () => {
  const window = open()
  window.emit('unresponsive')
  // A second event during the dialog opens no other one.
  window.emit('unresponsive')
  await vi.waitFor(() => expect(dialog.showMessageBox).toHaveBeenCalledOnce())
  await new Promise((done) => setImmediate(done))
  expect(window.webContents.forcefullyCrashRenderer).not.toHaveBeenCalled()
  dialog.showMessageBox.mockResolvedValueOnce({ response: 1 })
  window.emit('unresponsive')
  await vi.waitFor(() => expect(window.webContents.forcefullyCrashRenderer).toHaveBeenCalledOnce())
})

test('a window with unsaved edits asks before it closes', () => {
  const { webContents } = open()
  const preventDefault = vi.fn()
  webContents.emit('will-prevent-unload', { preventDefault })
  expect(preventDefault).not.toHaveBeenCalled()
  dialog.showMessageBoxSync.mockReturnValueOnce(1)
  webContents.emit('will-prevent-unload', { preventDefault })
  expect(preventDefault).toHaveBeenCalledOnce()
})

test('text fields have a context menu, and the rest of the page has no native one', () => {
  const { webContents } = open()
  const editFlags = { canCut: true, canCopy: true, canPaste: false, canSelectAll: true }
  webContents.emit('context-menu', {}, { isEditable: false, selectionText: '', editFlags })
  expect(Menu.buildFromTemplate).not.toHaveBeenCalled()
  webContents.emit('context-menu', {}, { isEditable: true, selectionText: '', editFlags })
  expect(Menu.buildFromTemplate).toHaveBeenCalledExactlyOnceWith([
    { role: 'cut', label: 'Cut', enabled: true },
    { role: 'copy', label: 'Copy', enabled: true },
    { role: 'paste', label: 'Paste', enabled: false },
    { role: 'selectAll', label: 'Select all', enabled: true },
  ])
})
