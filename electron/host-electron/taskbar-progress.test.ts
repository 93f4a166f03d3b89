import { beforeEach, expect, test, vi } from 'vitest'
import { EventBus } from '#core/event-bus.ts'
import type { Transfer } from '#shared/model/transfer.ts'

const setProgressBar = vi.fn()
const start = vi.fn(() => 7)
const stop = vi.fn()
vi.mock('electron', () => ({
  BrowserWindow: { getAllWindows: () => [{ setProgressBar }] },
  powerSaveBlocker: { start, stop },
}))
const { showTransfers, totalShare } = await import('./taskbar-progress.ts')

const transfer = (state: Transfer['state'], done: number, total: number) =>
  ({ id: 't', state, bytes: { done, total } }) as Transfer

beforeEach(() => vi.clearAllMocks())

test('the bar shows what runs, by bytes, and nothing when nothing runs', () => {
  expect(totalShare([transfer('running', 30, 100), transfer('running', 10, 100)])).toBe(0.2)
  expect(totalShare([transfer('done', 100, 100), transfer('paused', 0, 100)])).toBeNull()
  expect(totalShare([transfer('planning', 0, 0)])).toBe(0)
})

test('the machine stays awake for as long as something runs, and no longer', () => {
  const events = new EventBus()
  let list: Transfer[] = []
  showTransfers({ events, transfers: { list: () => list } as never })
  const tell = (next: Transfer) => {
    list = [next]
    events.publish({ type: 'transfer', transfer: next })
  }
  tell(transfer('running', 50, 100))
  tell(transfer('running', 60, 100))
  expect(setProgressBar.mock.calls).toEqual([[0.5], [0.6]])
  expect(start).toHaveBeenCalledExactlyOnceWith('prevent-app-suspension')
  expect(stop).not.toHaveBeenCalled()
  tell(transfer('done', 100, 100))
  expect(setProgressBar).toHaveBeenLastCalledWith(-1)
  expect(stop).toHaveBeenCalledExactlyOnceWith(7)
})
