import { boundsOfPoints } from '#shared/geometry/box.ts'
import { distanceToPath, translatePoint } from '#shared/geometry/point.ts'
import { ringArea, ringsContain } from '#shared/geometry/ring.ts'
import type { ShapeGeometry } from '#shared/geometry/shape-geometry.ts'
import { parseVertexHandle, pathHandles, withVertexAt } from '#shared/geometry/vertex-path.ts'
import type { Point, PolygonShape } from '#shared/model/annotation.ts'

/** The fewest vertices a ring can have. */
export const MIN_RING_POINTS = 3

export const polygonGeometry: ShapeGeometry<PolygonShape> = {
  bounds: ({ rings }) => boundsOfPoints(rings[0]),
  area: ({ rings }) =>
    rings.reduce((sum, ring, index) => sum + (index === 0 ? 1 : -1) * ringArea(ring), 0),
  hits: ({ rings }, point, tolerance) =>
    ringsContain(rings, point) ||
    rings.some((ring) => distanceToPath(point, ring, true) <= tolerance),
  translate: (shape, dx, dy) => ({
    ...shape,
    rings: shape.rings.map((ring) => ring.map((point) => translatePoint(point, dx, dy))),
  }),
  outlines: ({ rings }) => rings.map((points) => ({ points, closed: true })),
  handles: ({ rings }) => rings.flatMap((ring, index) => pathHandles(ring, index, true)),
  dragHandle: (initial, handleId, { to }) => {
    const handle = parseVertexHandle(handleId)
    if (!handle) return null
    const ring = withVertexAt(initial.rings[handle.pathIndex], handle, to)
    return { ...initial, rings: initial.rings.with(handle.pathIndex, ring) }
  },
  removeVertex: (shape, handleId) => {
    const handle = parseVertexHandle(handleId)
    if (!handle || handle.ghost) return null
    const ring = shape.rings[handle.pathIndex]
    if (ring.length > MIN_RING_POINTS) {
      return {
        ...shape,
        rings: shape.rings.with(handle.pathIndex, ring.toSpliced(handle.index, 1)),
      }
    }
    // A hole that would fall apart is filled; an outside cannot spare the vertex.
    return handle.pathIndex > 0
      ? { ...shape, rings: shape.rings.toSpliced(handle.pathIndex, 1) }
      : null
  },
  vertices: ({ rings }): Point[] => rings.flat(),
}
