import type { EventEmitter } from 'node:events'
import { beforeEach, expect, test, vi } from 'vitest'
import type { CoreEvent } from '#core/core-events.ts'
import { EventBus } from '#core/event-bus.ts'
import type { AppEvent } from '#shared/contract/events.ts'
import type { WindowDescription } from '#shared/contract/window.ts'
import type { Dataset } from '#shared/model/dataset.ts'
import { loadLanguage } from '#shared/texts/catalogue.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { app, electron, FakeWindow, Menu, resetElectron } from '#tests/helpers/fake-electron.ts'

vi.mock('electron', async () => (await import('#tests/helpers/fake-electron.ts')).electron)
const { Windows } = await import('./windows.ts')
const { bridgeRpc, isOurPage } = await import('./rpc-bridge.ts')
const { followPower } = await import('./power.ts')
const { followRecent, jumpList, recentOf } = await import('./recent-datasets.ts')

const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }
const described = (enabled = true): WindowDescription => ({
  isEdited: true,
  isSaving: true,
  folder: '/pictures',
  actions: [{ id: 'next', label: 'Next image', group: 'Navigate', key: 'D', enabled }],
})

function make(dataDir: string, isMac = false) {
  const events = new EventBus()
  const told: AppEvent[] = []
  events.on((event) => told.push(event))
  const core = {
    events,
    ports: { log, dataDir },
    coreEvents: new EventBus<CoreEvent>(),
    opening: { setTarget: vi.fn(), takeTarget: vi.fn((): string | null => null) },
    settings: { read: vi.fn(() => ({ language: 'en' })) },
  }
  const windows = new Windows({ core: core as never, preload: '/preload.cjs', isMac })
  const open = () => windows.open() as unknown as FakeWindow
  return { core, windows, told, open }
}

beforeEach(resetElectron)

test('our own menu exists before the first window, and is rebuilt only when it changes', () => {
  using data = temporaryFolder()
  const { windows, open } = make(data.path)
  const order: string[] = []
  Menu.setApplicationMenu.mockImplementation(() => order.push('menu'))
  app.on('web-contents-created', () => order.push('window'))
  const window = open()
  expect(order.slice(0, 2)).toEqual(['menu', 'window'])
  const host = windows.hostWindow(window as never)
  const before = Menu.setApplicationMenu.mock.calls.length
  host.describe(described())
  host.describe(described())
  expect(Menu.setApplicationMenu).toHaveBeenCalledTimes(before + 1)
  host.describe(described(false))
  expect(Menu.setApplicationMenu).toHaveBeenCalledTimes(before + 2)
})

test('a menu entry runs in the front window', () => {
  using data = temporaryFolder()
  const { windows, told, open } = make(data.path)
  const [first, second] = [open(), open()]
  for (const window of [first, second]) windows.hostWindow(window as never).describe(described())
  second.focus()
  const built: unknown = Menu.buildFromTemplate.mock.results.at(-1)?.value
  const { template } = built as {
    template: { label?: string; submenu?: { id?: string; click: (...args: unknown[]) => void }[] }[]
  }
  const entry = template.flatMap(({ submenu }) => submenu ?? []).find(({ id }) => id === 'next')
  entry?.click({}, second, { triggeredByAccelerator: false })
  expect(told).toEqual([
    { type: 'run-action', windowId: String(second.id), id: 'next', byKey: false },
  ])
})

test('a Mac’s title bar shows the folder, and a dot for unsaved edits', () => {
  using data = temporaryFolder()
  const { windows, open } = make(data.path, true)
  const window = open()
  windows.hostWindow(window as never).describe(described())
  expect(window.setDocumentEdited).toHaveBeenCalledWith(true)
  expect(window.setRepresentedFilename).toHaveBeenCalledWith('/pictures')
  expect(windows.isSaving).toBe(true)
  window.webContents.emit('did-start-loading')
  expect(windows.isSaving).toBe(false)
})

test('a target opens in the front window, waits for a loading one, or opens a new one', () => {
  using data = temporaryFolder()
  const { core, windows, told, open } = make(data.path)
  windows.openTarget('/first')
  expect(core.opening.setTarget).toHaveBeenLastCalledWith('/first')
  const [window] = FakeWindow.getAllWindows()
  // Its page has not described itself yet, or has already asked for its target.
  windows.openTarget('/second')
  expect(core.opening.setTarget).toHaveBeenLastCalledWith('/second')
  core.opening.takeTarget.mockReturnValueOnce('/second')
  windows.hostWindow(window as never).describe(described())
  expect(told).toEqual([{ type: 'open', windowId: String(window.id), target: '/second' }])
  told.length = 0
  window.minimized = true
  windows.openTarget('/third')
  expect(told).toEqual([{ type: 'open', windowId: String(window.id), target: '/third' }])
  expect(window.restore).toHaveBeenCalledOnce()
  windows.hostWindow(window as never).openAnother()
  expect(FakeWindow.getAllWindows()).toHaveLength(2)
  window.destroy()
  windows.hostWindow(window as never).describe(described())
  expect(window.setDocumentEdited).not.toHaveBeenCalled()
  expect(open().id).toBeGreaterThan(window.id)
})

test.each([
  [null, false],
  [{ parent: null, url: 'app://pictograph/#image=1' }, true],
  [{ parent: {}, url: 'app://pictograph/' }, false],
  [{ parent: null, url: 'app://pictograph.evil/' }, false],
  [{ parent: null, url: 'https://evil.example/app://pictograph/' }, false],
])('a page of %j may connect: %s', (senderFrame, may) => {
  expect(isOurPage({ senderFrame } as never)).toBe(may)
})

test('the port of a foreign page is closed', () => {
  using data = temporaryFolder()
  const { core, windows } = make(data.path)
  bridgeRpc({ ...core, sync: {} } as never, windows)
  const port = { close: vi.fn(), start: vi.fn(), on: vi.fn(), postMessage: vi.fn() }
  const senderFrame = { parent: null, url: 'https://evil.example/' }
  ;(electron.ipcMain as EventEmitter).emit('pictograph:connect', { ports: [port], senderFrame })
  expect(port.close).toHaveBeenCalledOnce()
  expect(port.start).not.toHaveBeenCalled()
  expect(log.warn).toHaveBeenCalledWith('refused a connection', { from: senderFrame.url })
})

test('transfers pause while the machine sleeps', () => {
  const core = { suspend: vi.fn(async () => {}), wake: vi.fn(async () => {}), ports: { log } }
  followPower(core as never)
  electron.powerMonitor.emit('suspend')
  expect([core.suspend.mock.calls.length, core.wake.mock.calls.length]).toEqual([1, 0])
  electron.powerMonitor.emit('resume')
  expect(core.wake).toHaveBeenCalledOnce()
})

const dataset = (name: string, at: number, fields: Partial<Dataset> = {}): Dataset =>
  ({
    name,
    root: `/pictures/${name}`,
    lastOpenedAtMs: at,
    missing: false,
    remote: null,
    ...fields,
  }) as Dataset

test('recent datasets: latest first, remote ones as links, missing ones left out', () => {
  const remoteId = '0f8fad5b-d9cb-469f-a165-70867728950e'
  const recent = recentOf([
    dataset('old', 1),
    dataset('new', 3),
    dataset('gone', 4, { missing: true }),
    dataset('theirs', 2, { remote: { remoteId } as never }),
  ])
  expect(recent).toEqual([
    { name: 'new', target: '/pictures/new' },
    { name: 'theirs', target: `pictograph://dataset/${remoteId}` },
    { name: 'old', target: '/pictures/old' },
  ])
})

test('each entry of Windows’ list is one argument, whatever the folder’s name', () => {
  const [{ items = [] }] = jumpList(
    [
      { name: 'a', target: 'C:\\my pictures' },
      // A drive's root ends in a backslash; C: alone would be the current folder of that drive.
      { name: 'drive', target: 'D:\\' },
      { name: 'b', target: 'C:\\x" --evil "' },
    ],
    'C:\\app.exe',
  ) as { items?: { args?: string }[] }[]
  expect(items.map(({ args }) => args)).toEqual(['"C:\\my pictures"', '"D:\\\\"'])
  expect(jumpList([], 'C:\\app.exe')).toEqual([])
})

test('the list of recent datasets is updated', async () => {
  using data = temporaryFolder()
  const { core, windows } = make(data.path)
  const list = vi.fn(async () => [dataset('first', 1)])
  const opened = () => core.coreEvents.publish({ type: 'opened', datasetId: 'any' })
  const followed = { ...core, library: { list } }
  const setRecent = vi.spyOn(windows, 'setRecent')
  followRecent(followed as never, windows)
  await vi.waitFor(() => expect(setRecent).toHaveBeenCalledTimes(1))
  opened()
  list.mockResolvedValueOnce([dataset('first', 1), dataset('second', 2)])
  opened()
  await vi.waitFor(() => expect(setRecent).toHaveBeenCalledTimes(2))
  expect(setRecent).toHaveBeenLastCalledWith([
    { name: 'second', target: '/pictures/second' },
    { name: 'first', target: '/pictures/first' },
  ])
  expect(app.dock.setMenu).toHaveBeenCalledTimes(2)
  // An ampersand belongs to the name, as in the menu bar.
  list.mockResolvedValueOnce([dataset('dogs & cats', 3)])
  opened()
  await vi.waitFor(() => expect(app.dock.setMenu).toHaveBeenCalledTimes(3))
  expect(JSON.stringify(Menu.buildFromTemplate.mock.lastCall)).toContain('dogs && cats')
})

test('menus and the list of recent datasets use the language of the settings', async () => {
  using data = temporaryFolder()
  const { core, windows, open } = make(data.path, true)
  followRecent({ ...core, library: { list: async () => [dataset('a', 1)] } } as never, windows)
  const host = windows.hostWindow(open() as never)
  const shown = () => JSON.stringify(Menu.setApplicationMenu.mock.lastCall)
  host.describe(described())
  expect(shown()).toContain('"Open recent"')
  try {
    core.settings.read.mockReturnValue({ language: 'en-XA' })
    host.describe(described())
    await vi.waitFor(() => expect(shown()).toContain('⟦Open recent⟧'))
    const labels = [...shown().matchAll(/"label":"([^"]*)"/g)].map(([, label]) => label)
    // The page's texts come from the page, and names are data.
    const native = labels.filter(
      (label) => !['Next image', 'a', 'Pictograph Desktop'].includes(label),
    )
    expect(native.filter((label) => !label.startsWith('⟦'))).toEqual([])
    expect(labels).toContain('⟦Quit Pictograph Desktop⟧')
    await vi.waitFor(() =>
      expect(JSON.stringify(Menu.buildFromTemplate.mock.calls)).toContain('⟦New window⟧'),
    )
  } finally {
    await loadLanguage('en')
  }
})
