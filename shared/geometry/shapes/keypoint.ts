import { distance } from '#shared/geometry/point.ts'
import type { ShapeGeometry } from '#shared/geometry/shape-geometry.ts'
import type { KeypointShape } from '#shared/model/annotation.ts'

export const keypointGeometry: ShapeGeometry<KeypointShape> = {
  bounds: ({ x, y }) => ({ x, y, w: 0, h: 0 }),
  area: () => 0,
  hits: (shape, point, tolerance) => distance(shape, point) <= tolerance,
  translate: (shape, dx, dy) => ({ ...shape, x: shape.x + dx, y: shape.y + dy }),
  outlines: () => [],
  handles: ({ x, y }) => [{ id: 'point', role: 'vertex', at: { x, y }, cursor: 'move' }],
  dragHandle: (initial, _handleId, { to }) => ({ ...initial, x: to.x, y: to.y }),
  removeVertex: () => null,
  vertices: ({ x, y }) => [{ x, y }],
}
