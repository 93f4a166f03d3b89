import type { Box, Point, Shape, ShapeKind } from '#shared/model/annotation.ts'
import type { Handle, HandleDrag, Outline, ShapeGeometry } from './shape-geometry.ts'
import { bboxGeometry } from './shapes/bbox.ts'
import { keypointGeometry } from './shapes/keypoint.ts'
import { orientedBoxGeometry } from './shapes/oriented-box.ts'
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
  // The record is exhaustive and keyed by kind, so the entry always fits the shape.
  return GEOMETRIES[shape.kind] as unknown as ShapeGeometry<Shape>
}

export const shapeBounds = (shape: Shape): Box => geometryOf(shape).bounds(shape)
export const shapeArea = (shape: Shape): number => geometryOf(shape).area(shape)
export const shapeOutlines = (shape: Shape): Outline[] => geometryOf(shape).outlines(shape)
export const shapeHandles = (shape: Shape): Handle[] => geometryOf(shape).handles(shape)
export const shapeVertices = (shape: Shape): Point[] => geometryOf(shape).vertices(shape)

/** Inside, or within `tolerance` image pixels of the outline. */
export function shapeHits(shape: Shape, point: Point, tolerance: number): boolean {
  return geometryOf(shape).hits(shape, point, tolerance)
}

export function translateShape(shape: Shape, dx: number, dy: number): Shape {
  return geometryOf(shape).translate(shape, dx, dy)
}

/** `initial` with one handle dragged; null when the result would not be a shape. */
export function dragShapeHandle(initial: Shape, handleId: string, drag: HandleDrag): Shape | null {
  return geometryOf(initial).dragHandle(initial, handleId, drag)
}

/** `shape` without one vertex; null when it cannot spare one. */
export function removeShapeVertex(shape: Shape, handleId: string): Shape | null {
  return geometryOf(shape).removeVertex(shape, handleId)
}
