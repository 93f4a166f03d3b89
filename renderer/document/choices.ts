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
}

/** The user's choices for the window. Unlike the state of an `Editor`, they stay from image to image. */
export const choices = createStore<Choices>(() => ({
  toolId: 'select',
  className: null,
  hiddenClasses: new Set(),
  allHidden: false,
}))
