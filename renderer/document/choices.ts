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
  /** The tool that an image is opened with. */
  toolId: ToolId
  /** Of new shapes. Null, or a class that is gone: the dataset's first. */
  className: string | null
  /** Shapes of these classes are not shown. */
  hiddenClasses: ReadonlySet<string>
  /** No shape is shown. */
  allHidden: boolean
}

/** What the user chose for the window. Unlike all that an `Editor` owns it stays from image to image. */
export const choices = createStore<Choices>(() => ({
  toolId: 'select',
  className: null,
  hiddenClasses: new Set(),
  allHidden: false,
}))
