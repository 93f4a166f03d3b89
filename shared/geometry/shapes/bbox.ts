import { boxContains, boxCorners, boxFromCorners } from '#shared/geometry/box.ts'
import { stretchPoint } from '#shared/geometry/point.ts'
import type { Handle, HandleDrag, ShapeGeometry } from '#shared/geometry/shape-geometry.ts'
import type { BboxShape, Box, Point } from '#shared/model/annotation.ts'

/** The eight handles and the side that each moves: -1 is left or top, 1 is right or bottom, 0 is neither. */
export const BOX_HANDLES = [
  { id: 'nw', sx: -1, sy: -1, cursor: 'nwse-resize' },
  { id: 'n', sx: 0, sy: -1, cursor: 'ns-resize' },
  { id: 'ne', sx: 1, sy: -1, cursor: 'nesw-resize' },
  { id: 'e', sx: 1, sy: 0, cursor: 'ew-resize' },
  { id: 'se', sx: 1, sy: 1, cursor: 'nwse-resize' },
  { id: 's', sx: 0, sy: 1, cursor: 'ns-resize' },
  { id: 'sw', sx: -1, sy: 1, cursor: 'nesw-resize' },
  { id: 'w', sx: -1, sy: 0, cursor: 'ew-resize' },
] as const

/**
 * One axis of a resize. `side` is the moving side (-1, 1), `delta` its movement in pixels. Dragging a side over its
 * opposite flips the box.
 */
function resizeAxis(start: number, size: number, side: number, delta: number, fromCentre: boolean) {
  let low = start
  let high = start + size
  if (side < 0) low += delta
  if (side > 0) high += delta
  if (fromCentre && side !== 0) {
    if (side < 0) high -= delta
    else low -= delta
  }
  return low <= high ? { start: low, size: high - low } : { start: high, size: low - high }
}

/** `box` resized by a handle; the opposite side or corner stays. Null if a side would be 0. */
export function resizeBox(box: Box, handleId: string, drag: HandleDrag): Box | null {
  const handle = BOX_HANDLES.find(({ id }) => id === handleId)
  if (!handle) return null
  const { sx, sy } = handle
  const at = { x: box.x + (box.w * (sx + 1)) / 2, y: box.y + (box.h * (sy + 1)) / 2 }
  let dx = drag.to.x - at.x
  let dy = drag.to.y - at.y
  if (drag.constrain && sx !== 0 && sy !== 0) {
    // The corner stays on the diagonal, so both sides grow by the same factor.
    const factor = drag.fromCentre ? 2 : 1
    const scale = Math.max(1 + (factor * sx * dx) / box.w, 1 + (factor * sy * dy) / box.h)
    dx = (sx * (scale - 1) * box.w) / factor
    dy = (sy * (scale - 1) * box.h) / factor
  }
  const horizontal = resizeAxis(box.x, box.w, sx, dx, drag.fromCentre)
  const vertical = resizeAxis(box.y, box.h, sy, dy, drag.fromCentre)
  if (horizontal.size <= 0 || vertical.size <= 0) return null
  return { x: horizontal.start, y: vertical.start, w: horizontal.size, h: vertical.size }
}

export const bboxGeometry: ShapeGeometry<BboxShape> = {
  bounds: ({ x, y, w, h }) => ({ x, y, w, h }),
  area: ({ w, h }) => w * h,
  hits: (shape, point, tolerance) => boxContains(shape, point, tolerance),
  translate: (shape, dx, dy) => ({ ...shape, x: shape.x + dx, y: shape.y + dy }),
  stretch: (shape, stretch) => {
    const [corner, , opposite] = boxCorners(shape)
    const box = boxFromCorners(stretchPoint(corner, stretch), stretchPoint(opposite, stretch))
    return { kind: 'bbox', ...box }
  },
  outlines: (shape) => [{ points: boxCorners(shape), closed: true }],
  dots: () => [],
  handles: (shape): Handle[] =>
    BOX_HANDLES.map(({ id, sx, sy, cursor }) => ({
      id,
      role: 'resize',
      at: { x: shape.x + (shape.w * (sx + 1)) / 2, y: shape.y + (shape.h * (sy + 1)) / 2 },
      cursor,
    })),
  dragHandle: (initial, handleId, drag) => {
    const box = resizeBox(initial, handleId, drag)
    return box && { kind: 'bbox', ...box }
  },
  moveVertices: () => null,
  removeVertices: () => null,
  vertices: (shape): Point[] => boxCorners(shape),
  polygon: (shape) => ({ kind: 'polygon', rings: [boxCorners(shape)] }),
  fields: ({ x, y, w, h }) => [
    { key: 'x', label: 'X', value: x },
    { key: 'y', label: 'Y', value: y },
    { key: 'w', label: 'Width', value: w },
    { key: 'h', label: 'Height', value: h },
  ],
}
