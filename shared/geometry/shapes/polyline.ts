import { boundsOfPoints } from '#shared/geometry/box.ts'
import { distanceToPath, translatePoint } from '#shared/geometry/point.ts'
import type { ShapeGeometry } from '#shared/geometry/shape-geometry.ts'
import { parseVertexHandle, pathHandles, withVertexAt } from '#shared/geometry/vertex-path.ts'
import type { Point, PolylineShape } from '#shared/model/annotation.ts'

/** The fewest points a polyline can have. */
export const MIN_POLYLINE_POINTS = 2

export const polylineGeometry: ShapeGeometry<PolylineShape> = {
  bounds: ({ points }) => boundsOfPoints(points),
  area: () => 0,
  hits: ({ points }, point, tolerance) => distanceToPath(point, points, false) <= tolerance,
  translate: (shape, dx, dy) => ({
    ...shape,
    points: shape.points.map((point) => translatePoint(point, dx, dy)),
  }),
  outlines: ({ points }) => [{ points, closed: false }],
  handles: ({ points }) => pathHandles(points, 0, false),
  dragHandle: (initial, handleId, { to }) => {
    const handle = parseVertexHandle(handleId)
    return handle && { ...initial, points: withVertexAt(initial.points, handle, to) }
  },
  removeVertex: (shape, handleId) => {
    const handle = parseVertexHandle(handleId)
    if (!handle || handle.ghost || shape.points.length <= MIN_POLYLINE_POINTS) return null
    return { ...shape, points: shape.points.toSpliced(handle.index, 1) }
  },
  vertices: ({ points }): Point[] => points,
}
