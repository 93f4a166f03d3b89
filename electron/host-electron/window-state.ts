import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BrowserWindow, type Rectangle, screen } from 'electron'
import { z } from 'zod'

const stateSchema = z.object({
  x: z.number().int(),
  y: z.number().int(),
  width: z.number().int().min(1),
  height: z.number().int().min(1),
  isMaximized: z.boolean(),
})
type WindowState = z.infer<typeof stateSchema>

const DEFAULT_SIZE = { width: 1440, height: 900 }
/** So much of a window must be on a display, so that its title bar can be taken hold of. Pixels. */
const HELD = 100

const fileOf = (dataDir: string) => join(dataDir, 'window.json')

function readState(dataDir: string): WindowState | null {
  try {
    return stateSchema.parse(JSON.parse(readFileSync(fileOf(dataDir), 'utf8')))
  } catch {
    // None yet, or spoiled: a window of the usual size is no loss.
    return null
  }
}

/** Whether a person can still reach a window there; its monitor may be gone. */
export function isReachable({ x, y, width }: Rectangle, workAreas: readonly Rectangle[]): boolean {
  return workAreas.some((area) => {
    const seen = Math.min(x + width, area.x + area.width) - Math.max(x, area.x)
    return seen >= HELD && y >= area.y && y <= area.y + area.height - HELD
  })
}

/** Where the window was the last time, as options of a new one. Call after `ready`. */
export function lastBounds(dataDir: string): Partial<Rectangle> & { isMaximized: boolean } {
  const state = readState(dataDir)
  if (!state) return { ...fitting(DEFAULT_SIZE), isMaximized: false }
  const { isMaximized, ...bounds } = state
  const areas = screen.getAllDisplays().map(({ workArea }) => workArea)
  if (isReachable(bounds, areas)) return { ...bounds, isMaximized }
  const { width, height } = bounds
  return { ...fitting({ width, height }), isMaximized }
}

/** No larger than the screen that a new window comes on. */
function fitting({ width, height }: Pick<Rectangle, 'width' | 'height'>) {
  const { workAreaSize } = screen.getPrimaryDisplay()
  return {
    width: Math.min(width, workAreaSize.width),
    height: Math.min(height, workAreaSize.height),
  }
}

/** Writes down where a window is when it closes; the size that it has when it is not maximised. */
export function rememberBounds(window: BrowserWindow, dataDir: string): void {
  window.on('close', () => {
    const state: WindowState = {
      ...window.getNormalBounds(),
      isMaximized: window.isMaximized(),
    }
    try {
      writeFileSync(fileOf(dataDir), JSON.stringify(state))
    } catch {
      // A full disk must not keep a window open.
    }
  })
}
