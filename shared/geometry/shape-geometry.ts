import type { Box, Point, PolygonShape, Shape } from '#shared/model/annotation.ts'

/** A handle of a shape. Its `id` is stable while it is dragged. */
export interface Handle {
  id: string
  role: 'resize' | 'vertex' | 'midpoint' | 'rotate'
  at: Point
  /** The CSS cursor over it. */
  cursor: string
  /** Offset from its place so as not to cover the shape, in screen pixels. */
  offset?: Point
  /** For a midpoint: the length of its edge, in image pixels. */
  span?: number
}

export interface HandleDrag {
  /** The target of the drag, in image pixels. */
  to: Point
  /** Keep the aspect ratio, or snap an angle to 15°. */
  constrain: boolean
  /** Resize about the centre. */
  fromCentre: boolean
}

/** An open or closed line to draw, in image pixels. */
export interface Outline {
  points: readonly Point[]
  closed: boolean
}

/** x becomes `x * sx + dx`, y becomes `y * sy + dy`; a negative factor mirrors. */
export interface Stretch {
  sx: number
  sy: number
  dx: number
  dy: number
}

/** A numeric property of a shape that can be typed. */
export interface ShapeField {
  key: string
  label: string
  /** In image pixels, or degrees if the label says so. */
  value: number
}

/**
 * Everything that the editor needs for one kind of shape. All functions are pure; edits take the initial shape of the
 * gesture, so that nothing drifts.
 */
export interface ShapeGeometry<S extends Shape> {
  bounds(shape: S): Box
  /** Square pixels; 0 for lines and points. */
  area(shape: S): number
  /** Inside, or within `tolerance` image pixels of the outline. */
  hits(shape: S, point: Point, tolerance: number): boolean
  translate(shape: S, dx: number, dy: number): S
  /** Areas grow by `|sx * sy|`. */
  stretch(shape: S, stretch: Stretch): S
  /** The outlines to stroke; closed ones are filled together, even-odd. */
  outlines(shape: S): Outline[]
  /** Points to draw as dots. */
  dots(shape: S): Point[]
  handles(shape: S): Handle[]
  /** The shape after dragging a handle; null if the result is invalid. */
  dragHandle(initial: S, handleId: string, drag: HandleDrag): S | null
  /** The shape after moving the vertices of these handles; null if they cannot move freely. */
  moveVertices(shape: S, handleIds: ReadonlySet<string>, dx: number, dy: number): S | null
  /** The shape without these vertices; null if too few are left. */
  removeVertices(shape: S, handleIds: ReadonlySet<string>): S | null
  /** All vertices of the shape. */
  vertices(shape: S): Point[]
  /** Its area as a polygon; null for lines and points. */
  polygon(shape: S): PolygonShape | null
  fields(shape: S): ShapeField[]
}
