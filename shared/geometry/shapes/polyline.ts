import { boundsOfPoints } from '#shared/geometry/box.ts'
import { distanceToPath, stretchPoint, translatePoint } from '#shared/geometry/point.ts'
import type { ShapeGeometry } from '#shared/geometry/shape-geometry.ts'
import {
  parseVertexHandle,
  pathHandles,
  withoutVertices,
  withVertexAt,
  withVerticesMoved,
} from '#shared/geometry/vertex-path.ts'
import type { Point, PolylineShape } from '#shared/model/annotation.ts'

/** Minimum number of points of a polyline. */
export const MIN_POLYLINE_POINTS = 2

export const polylineGeometry: ShapeGeometry<PolylineShape> = {
  bounds: ({ points }) => boundsOfPoints(points),
  area: () => 0,
  hits: ({ points }, point, tolerance) => distanceToPath(point, points, false) <= tolerance,
  translate: (shape, dx, dy) => ({
    ...shape,
    points: shape.points.map((point) => translatePoint(point, dx, dy)),
  }),
  stretch: (shape, stretch) => ({
    ...shape,
    points: shape.points.map((point) => stretchPoint(point, stretch)),
  }),
  outlines: ({ points }) => [{ points, closed: false }],
  dots: () => [],
  handles: ({ points }) => pathHandles(points, 0, false),
  dragHandle: (initial, handleId, { to }) => {
    const handle = parseVertexHandle(handleId)
    return handle && { ...initial, points: withVertexAt(initial.points, handle, to) }
  },
  moveVertices: (shape, handleIds, dx, dy) => ({
    ...shape,
    points: withVerticesMoved(shape.points, 0, handleIds, dx, dy),
  }),
  removeVertices: (shape, handleIds) => {
    const points = withoutVertices(shape.points, 0, handleIds)
    return points.length >= MIN_POLYLINE_POINTS ? { ...shape, points } : null
  },
  vertices: ({ points }): Point[] => points,
  polygon: () => null,
  fields: () => [],
}
