import { createStore } from 'zustand/vanilla'
import { DEFAULT_SETTINGS } from '#shared/contract/settings.ts'

export type ToolId =
  | 'select'
  | 'pan'
  | 'bbox'
  | 'extreme_box'
  | 'oriented_box'
  | 'polygon'
  | 'hole'
  | 'slice'
  | 'polyline'
  | 'keypoint'
  | 'pose'
  | 'outline'
  | 'wand'
  | 'brush'
  | 'eraser'
  | 'assist'

interface Choices {
  /** The initial tool of an opened image. */
  toolId: ToolId
  /** The class of new shapes. Null or a missing class: the dataset's first one. */
  className: string | null
  /** Shapes of these classes are hidden. */
  hiddenClasses: ReadonlySet<string>
  /** All shapes are hidden. */
  allHidden: boolean
  /** Tolerance of the magic wand: maximum difference to the clicked colour, 0..255 per channel. */
  wandTolerance: number
  /** Radius of brush and eraser. Screen pixels. */
  brushRadius: number
}

/** The user's choices for the window. Unlike the state of an `Editor`, they stay from image to image. */
export const choices = createStore<Choices>(() => ({
  toolId: 'select',
  className: null,
  hiddenClasses: new Set(),
  allHidden: false,
  wandTolerance: DEFAULT_SETTINGS.wandTolerance,
  brushRadius: DEFAULT_SETTINGS.brushRadius,
}))
