import type { Box, Point, Shape } from '#shared/model/annotation.ts'

/** A place to grab a shape by. `id` is stable while the shape is dragged by it. */
export interface Handle {
  id: string
  role: 'resize' | 'vertex' | 'midpoint' | 'rotate'
  at: Point
  /** The CSS cursor over it. */
  cursor: string
}

export interface HandleDrag {
  /** Where the handle is dragged to, image pixels. */
  to: Point
  /** Keep the aspect ratio, or snap an angle to 15°. */
  constrain: boolean
  /** Resize about the centre. */
  fromCentre: boolean
}

/** An open or closed line to draw, image pixels. */
export interface Outline {
  points: readonly Point[]
  closed: boolean
}

/**
 * What the editor needs to know of one kind of shape. All functions are pure; edits take the shape
 * as it was when the gesture began, so that nothing drifts.
 */
export interface ShapeGeometry<S extends Shape> {
  bounds(shape: S): Box
  /** Square pixels; 0 for lines and points. */
  area(shape: S): number
  /** Inside, or within `tolerance` image pixels of the outline. */
  hits(shape: S, point: Point, tolerance: number): boolean
  translate(shape: S, dx: number, dy: number): S
  /** The outlines to stroke; closed ones are filled together, even-odd. A keypoint has none. */
  outlines(shape: S): Outline[]
  handles(shape: S): Handle[]
  /** The shape with one handle dragged; null when the result would not be a shape. */
  dragHandle(initial: S, handleId: string, drag: HandleDrag): S | null
  /** The shape without one vertex; null when it cannot spare one. */
  removeVertex(shape: S, handleId: string): S | null
  /** A point for every vertex that makes up the shape. */
  vertices(shape: S): Point[]
}
