import { distance, stretchPoint } from '#shared/geometry/point.ts'
import type { ShapeGeometry } from '#shared/geometry/shape-geometry.ts'
import type { KeypointShape } from '#shared/model/annotation.ts'

export const keypointGeometry: ShapeGeometry<KeypointShape> = {
  bounds: ({ x, y }) => ({ x, y, w: 0, h: 0 }),
  area: () => 0,
  hits: (shape, point, tolerance) => distance(shape, point) <= tolerance,
  translate: (shape, dx, dy) => ({ ...shape, x: shape.x + dx, y: shape.y + dy }),
  stretch: (shape, stretch) => ({ ...shape, ...stretchPoint(shape, stretch) }),
  outlines: () => [],
  dots: ({ x, y }) => [{ x, y }],
  handles: ({ x, y }) => [{ id: 'point', role: 'vertex', at: { x, y }, cursor: 'move' }],
  dragHandle: (initial, _handleId, { to }) => ({ ...initial, x: to.x, y: to.y }),
  moveVertices: (shape, handleIds, dx, dy) =>
    handleIds.has('point') ? { ...shape, x: shape.x + dx, y: shape.y + dy } : null,
  removeVertices: () => null,
  vertices: ({ x, y }) => [{ x, y }],
  polygon: () => null,
  fields: ({ x, y }) => [
    { key: 'x', label: 'X', value: x },
    { key: 'y', label: 'Y', value: y },
  ],
}
