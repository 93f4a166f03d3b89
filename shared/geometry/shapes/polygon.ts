import { boundsOfPoints } from '#shared/geometry/box.ts'
import { distanceToPath, stretchPoint, translatePoint } from '#shared/geometry/point.ts'
import { ringArea, ringsContain } from '#shared/geometry/ring.ts'
import type { ShapeGeometry } from '#shared/geometry/shape-geometry.ts'
import {
  parseVertexHandle,
  pathHandles,
  withoutVertices,
  withVertexAt,
  withVerticesMoved,
} from '#shared/geometry/vertex-path.ts'
import type { Point, PolygonShape } from '#shared/model/annotation.ts'

/** Minimum number of vertices of a ring. */
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
  stretch: (shape, stretch) => ({
    ...shape,
    rings: shape.rings.map((ring) => ring.map((point) => stretchPoint(point, stretch))),
  }),
  outlines: ({ rings }) => rings.map((points) => ({ points, closed: true })),
  dots: () => [],
  handles: ({ rings }) => rings.flatMap((ring, index) => pathHandles(ring, index, true)),
  dragHandle: (initial, handleId, { to }) => {
    const handle = parseVertexHandle(handleId)
    if (!handle) return null
    const ring = withVertexAt(initial.rings[handle.pathIndex], handle, to)
    return { ...initial, rings: initial.rings.with(handle.pathIndex, ring) }
  },
  moveVertices: (shape, handleIds, dx, dy) => ({
    ...shape,
    rings: shape.rings.map((ring, index) => withVerticesMoved(ring, index, handleIds, dx, dy)),
  }),
  removeVertices: (shape, handleIds) => {
    const rings = shape.rings.map((ring, index) => withoutVertices(ring, index, handleIds))
    // A hole with too few vertices is removed; the outer ring must keep its minimum.
    const kept = rings.filter((ring, index) => index === 0 || ring.length >= MIN_RING_POINTS)
    return kept[0].length >= MIN_RING_POINTS ? { ...shape, rings: kept } : null
  },
  vertices: ({ rings }): Point[] => rings.flat(),
  polygon: (shape) => shape,
  fields: () => [],
}
