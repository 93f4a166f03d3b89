import { createStore } from 'zustand/vanilla'
import type { Point } from '#shared/model/annotation.ts'

interface CanvasFrame {
  /** Size of the canvas element in screen pixels; 0 while there is none. */
  width: number
  height: number
  /** The pointer on the canvas, or the cursor that arrow keys move. Screen pixels; null when it is elsewhere. */
  pointer: Point | null
}

/** The window's canvas element, which is the same for all images. */
export const canvasFrame = createStore<CanvasFrame>(() => ({ width: 0, height: 0, pointer: null }))
