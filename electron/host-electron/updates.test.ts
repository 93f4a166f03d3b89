import { EventEmitter } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import type { UpdateState } from '#shared/contract/updates.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { app } from '#tests/helpers/fake-electron.ts'

vi.mock('electron', async () => (await import('#tests/helpers/fake-electron.ts')).electron)
const { AppUpdates, busyWith, hasFeed } = await import('./updates.ts')

class FakeUpdater extends EventEmitter {
  autoDownload = true
  autoInstallOnAppQuit = true
  checkForUpdates = vi.fn(async () => null)
  downloadUpdate = vi.fn(async () => [])
  quitAndInstall = vi.fn()
}

let updater: FakeUpdater
let states: UpdateState[]
let busy: string | null
let refused: string | null
const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }

function make() {
  return new AppUpdates({
    updater: updater as never,
    log,
    onState: (state) => states.push(state),
    busy: () => busy,
    refused: {
      get: () => refused,
      set: (version) => {
        refused = version
      },
    },
  })
}

beforeEach(() => {
  updater = new FakeUpdater()
  states = []
  busy = null
  refused = null
})

const info = { version: '2.0.0', releaseNotes: 'Faster <script>' }

test('a new version is announced with its notes, and downloaded only on request', () => {
  const updates = make()
  expect([updater.autoDownload, updater.autoInstallOnAppQuit]).toEqual([false, false])
  updates.look()
  updater.emit('update-available', info)
  expect(updates.state).toEqual({ kind: 'available', version: '2.0.0', notes: 'Faster <script>' })
  expect(updater.downloadUpdate).not.toHaveBeenCalled()
  updates.download()
  updater.emit('download-progress', { percent: 40 })
  expect(updates.state).toEqual({ kind: 'downloading', version: '2.0.0', share: 0.4 })
  updater.emit('update-downloaded', info)
  expect(updates.state).toMatchObject({ kind: 'ready', waitsFor: null })
  expect(updater.quitAndInstall).not.toHaveBeenCalled()
  updates.install()
  expect(updater.quitAndInstall).toHaveBeenCalledOnce()
})

test('it waits for transfers and edits, also for those started after it was shown as ready', () => {
  const updates = make()
  updater.emit('update-available', info)
  updates.download()
  updater.emit('update-downloaded', info)
  busy = 'A transfer is under way.'
  updates.install()
  expect(updater.quitAndInstall).not.toHaveBeenCalled()
  expect(updates.state).toMatchObject({ kind: 'ready', waitsFor: busy })
  busy = null
  expect(updates.state).toMatchObject({ waitsFor: null })
})

test('a declined version is offered again only on request', () => {
  const updates = make()
  updates.look()
  updater.emit('update-available', info)
  updates.refuse()
  expect([updates.state.kind, refused]).toEqual(['current', '2.0.0'])
  updates.look()
  updater.emit('update-available', info)
  expect(updates.state.kind).toBe('current')
  updater.emit('update-available', { version: '2.1.0', releaseNotes: null })
  expect(updates.state).toMatchObject({ kind: 'available', version: '2.1.0', notes: '' })
  updates.refuse()
  updates.check()
  updater.emit('update-available', { ...info, version: '2.1.0' })
  expect(updates.state.kind).toBe('available')
})

test('a failure is shown after a request, and otherwise only logged', () => {
  const updates = make()
  updates.look()
  updater.emit('error', new Error('no network'))
  expect(updates.state).toEqual({ kind: 'current' })
  updates.check()
  expect(updates.state).toEqual({ kind: 'checking' })
  updater.emit('error', new Error('no network'))
  expect(updates.state).toMatchObject({
    kind: 'failed',
    message: expect.stringContaining('no network'),
  })
})

test('the app is busy with running transfers and unsaved edits', () => {
  const list = (...states_: string[]) =>
    ({ list: () => states_.map((state) => ({ state })) }) as never
  expect(busyWith({ transfers: list('running'), outbox: () => 0, isSaving: false })).toMatch(
    /transfer/,
  )
  expect(busyWith({ transfers: list('paused', 'done'), outbox: () => 2, isSaving: false })).toMatch(
    /Edits/,
  )
  expect(
    busyWith({ transfers: list('paused', 'done'), outbox: () => 0, isSaving: false }),
  ).toBeNull()
  expect(busyWith({ transfers: list(), outbox: () => 0, isSaving: true })).toMatch(/saved/)
})

test('only a package built with a feed is updated', () => {
  using folder = temporaryFolder()
  expect(hasFeed(folder.path)).toBe(false)
  app.isPackaged = true
  expect(hasFeed(folder.path)).toBe(false)
  writeFileSync(join(folder.path, 'app-update.yml'), 'provider: generic')
  expect(hasFeed(folder.path)).toBe(true)
  app.isPackaged = false
})
