import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { temporaryFolder } from '#tests/helpers/core.ts'

const LAPTOP = { x: 0, y: 25, width: 1440, height: 875 }
const MONITOR = { x: 1440, y: 0, width: 2560, height: 1440 }
let displays = [LAPTOP, MONITOR]
vi.mock('electron', () => ({
  screen: {
    getAllDisplays: () => displays.map((workArea) => ({ workArea })),
    getPrimaryDisplay: () => ({ workAreaSize: displays[0] }),
  },
}))
const { isReachable, lastBounds, rememberBounds } = await import('./window-state.ts')

function close(dataDir: string, bounds: object, isMaximized: boolean): void {
  const window = {
    on: (_name: string, listener: () => void) => listener(),
    getNormalBounds: () => bounds,
    isMaximized: () => isMaximized,
  }
  rememberBounds(window as never, dataDir)
}

test('a window comes back where it was, and on a display that is left', () => {
  using data = temporaryFolder()
  const onMonitor = { x: 2000, y: 100, width: 1600, height: 1000 }
  close(data.path, onMonitor, true)
  displays = [LAPTOP, MONITOR]
  expect(lastBounds(data.path)).toEqual({ ...onMonitor, isMaximized: true })
  displays = [LAPTOP]
  expect(lastBounds(data.path)).toEqual({ width: 1440, height: 875, isMaximized: true })
})

test('with no word of it, or a spoiled one, it has the usual size', () => {
  using data = temporaryFolder()
  const usual = { width: 1440, height: 875, isMaximized: false }
  expect(lastBounds(data.path)).toEqual(usual)
  for (const text of ['{', '{"x":"1"}', '[]', '{"x":1,"y":1,"width":0,"height":5}']) {
    writeFileSync(join(data.path, 'window.json'), text)
    expect(lastBounds(data.path)).toEqual(usual)
    expect(readFileSync(join(data.path, 'window.json'), 'utf8')).toBe(text)
  }
})

test('a title bar that cannot be taken hold of is not reachable', () => {
  const size = { width: 800, height: 600 }
  expect(isReachable({ x: 100, y: 100, ...size }, [LAPTOP])).toBe(true)
  expect(isReachable({ x: 1400, y: 100, ...size }, [LAPTOP])).toBe(false)
  expect(isReachable({ x: -750, y: 100, ...size }, [LAPTOP])).toBe(false)
  expect(isReachable({ x: 100, y: -50, ...size }, [LAPTOP])).toBe(false)
  expect(isReachable({ x: 100, y: 850, ...size }, [LAPTOP])).toBe(false)
})
