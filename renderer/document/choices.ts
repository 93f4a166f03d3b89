import { createStore } from 'zustand/vanilla'

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
  /** The tool that an image is opened with. */
  toolId: ToolId
  /** Of new shapes. Null, or a class that is gone: the dataset's first. */
  className: string | null
  /** Shapes of these classes are not shown. */
  hiddenClasses: ReadonlySet<string>
  /** No shape is shown. */
  allHidden: boolean
  /** How far a colour may be from the one that the wand was put on, 0..255 a channel. */
  wandTolerance: number
  /** Of brush and eraser, screen pixels. */
  brushRadius: number
}

/** What the user chose for the window. Unlike all that an `Editor` owns it stays from image to image. */
export const choices = createStore<Choices>(() => ({
  toolId: 'select',
  className: null,
  hiddenClasses: new Set(),
  allHidden: false,
  wandTolerance: 24,
  brushRadius: 16,
}))
