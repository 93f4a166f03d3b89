import { beforeEach, expect, test, vi } from 'vitest'
import { EventBus } from '#core/event-bus.ts'
import { DEFAULT_SETTINGS } from '#shared/contract/settings.ts'
import { liveShare, type Transfer } from '#shared/model/transfer.ts'

const setProgressBar = vi.fn()
const start = vi.fn(() => 7)
const stop = vi.fn()
vi.mock('electron', () => ({
  BrowserWindow: { getAllWindows: () => [{ setProgressBar }] },
  powerSaveBlocker: { start, stop },
}))
const { showTransfers } = await import('./taskbar-progress.ts')

const transfer = (state: Transfer['state'], done: number, total: number) =>
  ({
    id: 't',
    state,
    bytes: { done, total },
    files: { done: 0, skipped: 0, failed: 0, total: 0 },
  }) as Transfer

beforeEach(() => vi.clearAllMocks())

test('the bar shows running transfers by bytes, and disappears without any', () => {
  expect(liveShare([transfer('running', 30, 100), transfer('running', 10, 100)])).toBe(0.2)
  expect(liveShare([transfer('done', 100, 100), transfer('paused', 0, 100)])).toBeNull()
  expect(liveShare([transfer('planning', 0, 0)])).toBe(0)
  // Everything is sent, and half of it is registered.
  const files = { done: 5, skipped: 0, failed: 0, total: 10 }
  expect(liveShare([{ ...transfer('running', 100, 100), files }])).toBe(0.75)
})

test('the machine stays awake only while a transfer runs', () => {
  const events = new EventBus()
  let keepAwake = true
  showTransfers({ events, settings: { read: () => ({ ...DEFAULT_SETTINGS, keepAwake }) } })
  const tell = (next: Transfer) => events.publish({ type: 'transfer', transfer: next })
  tell(transfer('running', 50, 100))
  tell(transfer('running', 60, 100))
  expect(setProgressBar.mock.calls).toEqual([[0.5], [0.6]])
  expect(start).toHaveBeenCalledExactlyOnceWith('prevent-app-suspension')
  expect(stop).not.toHaveBeenCalled()
  tell(transfer('done', 100, 100))
  expect(setProgressBar).toHaveBeenLastCalledWith(-1)
  expect(stop).toHaveBeenCalledExactlyOnceWith(7)
  keepAwake = false
  tell(transfer('running', 50, 100))
  expect(start).toHaveBeenCalledOnce()
})
