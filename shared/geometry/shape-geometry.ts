import type { Box, Point, PolygonShape, Shape } from '#shared/model/annotation.ts'

/** A place to grab a shape by. `id` is stable while the shape is dragged by it. */
export interface Handle {
  id: string
  role: 'resize' | 'vertex' | 'midpoint' | 'rotate'
  at: Point
  /** The CSS cursor over it. */
  cursor: string
  /** How far it stands off from its place so as not to cover what is there, screen pixels. */
  offset?: Point
  /** Of a midpoint: how long its edge is, image pixels. */
  span?: number
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

/** x becomes `x * sx + dx`, y becomes `y * sy + dy`; a negative factor mirrors. */
export interface Stretch {
  sx: number
  sy: number
  dx: number
  dy: number
}

/** A number of a shape that can be typed. */
export interface ShapeField {
  key: string
  label: string
  /** Image pixels, or degrees where the label says so. */
  value: number
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
  /** Areas grow by `|sx * sy|`. */
  stretch(shape: S, stretch: Stretch): S
  /** The outlines to stroke; closed ones are filled together, even-odd. */
  outlines(shape: S): Outline[]
  /** Points to draw as dots. */
  dots(shape: S): Point[]
  handles(shape: S): Handle[]
  /** The shape with one handle dragged; null when the result would not be a shape. */
  dragHandle(initial: S, handleId: string, drag: HandleDrag): S | null
  /** The shape with the vertices of these handles moved; null when they do not move freely. */
  moveVertices(shape: S, handleIds: ReadonlySet<string>, dx: number, dy: number): S | null
  /** The shape without these vertices; null when it cannot spare them. */
  removeVertices(shape: S, handleIds: ReadonlySet<string>): S | null
  /** A point for every vertex that makes up the shape. */
  vertices(shape: S): Point[]
  /** Its area as a polygon; null for lines and points. */
  polygon(shape: S): PolygonShape | null
  fields(shape: S): ShapeField[]
}
