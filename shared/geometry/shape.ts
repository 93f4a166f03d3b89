import type { Box, Point, PolygonShape, Shape, ShapeKind } from '#shared/model/annotation.ts'
import type {
  Handle,
  HandleDrag,
  Outline,
  ShapeField,
  ShapeGeometry,
  Stretch,
} from './shape-geometry.ts'
import { bboxGeometry } from './shapes/bbox.ts'
import { keypointGeometry } from './shapes/keypoint.ts'
import { normaliseAngle, orientedBoxGeometry } from './shapes/oriented-box.ts'
import { polygonGeometry } from './shapes/polygon.ts'
import { polylineGeometry } from './shapes/polyline.ts'

type Geometries = { [K in ShapeKind]: ShapeGeometry<Extract<Shape, { kind: K }>> }

const GEOMETRIES: Geometries = {
  bbox: bboxGeometry,
  oriented_box: orientedBoxGeometry,
  polygon: polygonGeometry,
  polyline: polylineGeometry,
  keypoint: keypointGeometry,
}

function geometryOf(shape: Shape): ShapeGeometry<Shape> {
  // The record is exhaustive and keyed by kind, so the entry always matches the shape.
  return GEOMETRIES[shape.kind] as unknown as ShapeGeometry<Shape>
}

export const shapeBounds = (shape: Shape): Box => geometryOf(shape).bounds(shape)
export const shapeArea = (shape: Shape): number => geometryOf(shape).area(shape)
export const shapeDots = (shape: Shape): Point[] => geometryOf(shape).dots(shape)
export const shapeVertices = (shape: Shape): Point[] => geometryOf(shape).vertices(shape)
export const shapeFields = (shape: Shape): ShapeField[] => geometryOf(shape).fields(shape)

/** The area of a shape as a polygon; null for lines and points. */
export const asPolygon = (shape: Shape): PolygonShape | null => geometryOf(shape).polygon(shape)

const outlinesOf = new WeakMap<Shape, readonly Outline[]>()

/** The outlines to draw. Cached per object, so that a place on them can be compared by identity. */
export function shapeOutlines(shape: Shape): readonly Outline[] {
  const known = outlinesOf.get(shape)
  if (known) return known
  const outlines = geometryOf(shape).outlines(shape)
  outlinesOf.set(shape, outlines)
  return outlines
}

const handlesOf = new WeakMap<Shape, readonly Handle[]>()

/** The handles of the shape. Cached per object, because every pointer move reads them. */
export function shapeHandles(shape: Shape): readonly Handle[] {
  const known = handlesOf.get(shape)
  if (known) return known
  const handles = geometryOf(shape).handles(shape)
  handlesOf.set(shape, handles)
  return handles
}

/** Inside, or within `tolerance` image pixels of the outline. */
export function shapeHits(shape: Shape, point: Point, tolerance: number): boolean {
  return geometryOf(shape).hits(shape, point, tolerance)
}

export function translateShape(shape: Shape, dx: number, dy: number): Shape {
  return geometryOf(shape).translate(shape, dx, dy)
}

export function stretchShape(shape: Shape, stretch: Stretch): Shape {
  return geometryOf(shape).stretch(shape, stretch)
}

/** `initial` after dragging a handle; null if the result is invalid. */
export function dragShapeHandle(initial: Shape, handleId: string, drag: HandleDrag): Shape | null {
  return geometryOf(initial).dragHandle(initial, handleId, drag)
}

/** The shape after moving the vertices of these handles; null if they cannot move freely. */
export function moveShapeVertices(
  shape: Shape,
  handleIds: ReadonlySet<string>,
  dx: number,
  dy: number,
): Shape | null {
  return geometryOf(shape).moveVertices(shape, handleIds, dx, dy)
}

/** `shape` without these vertices; null if too few are left. */
export function removeShapeVertices(shape: Shape, handleIds: ReadonlySet<string>): Shape | null {
  return geometryOf(shape).removeVertices(shape, handleIds)
}

/** The shape with one changed number; null if the result is invalid. */
export function withShapeField(shape: Shape, key: string, value: number): Shape | null {
  if (!Number.isFinite(value) || !shapeFields(shape).some((field) => field.key === key)) return null
  if ((key === 'w' || key === 'h') && value <= 0) return null
  return { ...shape, [key]: key === 'angleDeg' ? normaliseAngle(value) : value }
}

/** The stretch that maps one box to another; a side of 0 keeps its size. */
export function stretchBetween(from: Box, to: Box): Stretch {
  const sx = from.w > 0 ? to.w / from.w : 1
  const sy = from.h > 0 ? to.h / from.h : 1
  return { sx, sy, dx: to.x - from.x * sx, dy: to.y - from.y * sy }
}
