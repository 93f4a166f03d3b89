import { createStore } from 'zustand/vanilla'
import type { Point } from '#shared/model/annotation.ts'

interface CanvasFrame {
  /** Of the canvas element, screen pixels; 0 while there is none. */
  width: number
  height: number
  /** Where the pointer is on it, or the cursor that arrow keys move. Screen pixels; null when it is elsewhere. */
  pointer: Point | null
}

/** The canvas element of the window: the same one, whichever image it shows. */
export const canvasFrame = createStore<CanvasFrame>(() => ({ width: 0, height: 0, pointer: null }))
