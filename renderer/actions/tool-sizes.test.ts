import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { choices } from '#renderer/document/choices.ts'
import { DEFAULT_SETTINGS } from '#shared/contract/settings.ts'

const changeSettings = vi.hoisted(() => vi.fn())
vi.mock('./view-actions.ts', () => ({ changeSettings }))

const { rememberToolSizes } = await import('./tool-sizes.ts')

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('window', new EventTarget())
  changeSettings.mockClear()
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('a turn of the wheel is saved once, after it has ended', () => {
  const stop = rememberToolSizes(DEFAULT_SETTINGS)
  for (const brushRadius of [17, 18, 19]) {
    choices.setState({ brushRadius })
    vi.advanceTimersByTime(300)
  }
  expect(changeSettings).not.toHaveBeenCalled()
  vi.advanceTimersByTime(100)
  expect(changeSettings.mock.calls).toEqual([[{ wandTolerance: 24, brushRadius: 19 }]])
  stop()
  expect(changeSettings).toHaveBeenCalledTimes(1)
})

test('what is not saved yet is saved when the window closes, or at the end', () => {
  const stop = rememberToolSizes(DEFAULT_SETTINGS)
  choices.setState({ brushRadius: 40 })
  window.dispatchEvent(new Event('pagehide'))
  expect(changeSettings).toHaveBeenCalledTimes(1)
  choices.setState({ wandTolerance: 30 })
  stop()
  vi.advanceTimersByTime(1_000)
  expect(changeSettings).toHaveBeenCalledTimes(2)
  expect(changeSettings).toHaveBeenLastCalledWith({ wandTolerance: 30, brushRadius: 40 })
})
