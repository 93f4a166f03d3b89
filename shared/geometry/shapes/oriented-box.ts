import { boundsOfPoints, boxContains } from '#shared/geometry/box.ts'
import { distance, rotatePoint, stretchPoint } from '#shared/geometry/point.ts'
import type { Handle, ShapeGeometry } from '#shared/geometry/shape-geometry.ts'
import type { OrientedBoxShape, Point } from '#shared/model/annotation.ts'
import { BOX_HANDLES, resizeBox } from './bbox.ts'

/** Normalizes an angle in degrees to [0, 360). */
export function normaliseAngle(angleDeg: number): number {
  const wrapped = ((angleDeg % 360) + 360) % 360
  return wrapped >= 360 ? 0 : wrapped
}

/** Clockwise from the corner that is the top left at angle 0. */
export function orientedCorners(shape: OrientedBoxShape): [Point, Point, Point, Point] {
  const { cx, cy, w, h, angleDeg } = shape
  const corner = (sx: number, sy: number) =>
    rotatePoint({ x: cx + (sx * w) / 2, y: cy + (sy * h) / 2 }, { x: cx, y: cy }, angleDeg)
  return [corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1)]
}

/**
 * The oriented box with a side from `p0` to `p1` (its heading) and the next corner `p2`, projected onto the normal.
 * Null if it has no extent. `p0`, `p1`, `p2` in image pixels; a counter-clockwise box keeps its heading p0→p1.
 */
export function orientedBoxFromCorners(p0: Point, p1: Point, p2: Point): OrientedBoxShape | null {
  const w = distance(p0, p1)
  if (w === 0) return null
  const ux = (p1.x - p0.x) / w
  const uy = (p1.y - p0.y) / w
  const across = (p2.x - p1.x) * -uy + (p2.y - p1.y) * ux
  const h = Math.abs(across)
  if (h === 0) return null
  return {
    kind: 'oriented_box',
    cx: (p0.x + p1.x) / 2 - (uy * across) / 2,
    cy: (p0.y + p1.y) / 2 + (ux * across) / 2,
    w,
    h,
    angleDeg: normaliseAngle((Math.atan2(uy, ux) * 180) / Math.PI),
  }
}

function toLocal(shape: OrientedBoxShape, point: Point): Point {
  return rotatePoint(point, { x: shape.cx, y: shape.cy }, -shape.angleDeg)
}

function localBox({ cx, cy, w, h }: OrientedBoxShape) {
  return { x: cx - w / 2, y: cy - h / 2, w, h }
}

export const orientedBoxGeometry: ShapeGeometry<OrientedBoxShape> = {
  bounds: (shape) => boundsOfPoints(orientedCorners(shape)),
  area: ({ w, h }) => w * h,
  hits: (shape, point, tolerance) => boxContains(localBox(shape), toLocal(shape, point), tolerance),
  translate: (shape, dx, dy) => ({ ...shape, cx: shape.cx + dx, cy: shape.cy + dy }),
  stretch: (shape, stretch) => {
    const { x: cx, y: cy } = stretchPoint({ x: shape.cx, y: shape.cy }, stretch)
    const heading = (shape.angleDeg * Math.PI) / 180
    const ux = Math.cos(heading) * stretch.sx
    const uy = Math.sin(heading) * stretch.sy
    const along = Math.hypot(ux, uy)
    // A stretched rectangle is a parallelogram; replace it with a rectangle of the same heading and area.
    return {
      ...shape,
      cx,
      cy,
      w: shape.w * along,
      h: (shape.h * Math.abs(stretch.sx * stretch.sy)) / along,
      angleDeg: normaliseAngle((Math.atan2(uy, ux) * 180) / Math.PI),
    }
  },
  outlines: (shape) => [{ points: orientedCorners(shape), closed: true }],
  dots: () => [],
  handles: (shape): Handle[] => {
    const centre = { x: shape.cx, y: shape.cy }
    const place = (sx: number, sy: number) =>
      rotatePoint(
        { x: shape.cx + (sx * shape.w) / 2, y: shape.cy + (sy * shape.h) / 2 },
        centre,
        shape.angleDeg,
      )
    const resize = BOX_HANDLES.map(
      ({ id, sx, sy }): Handle => ({ id, role: 'resize', at: place(sx, sy), cursor: 'move' }),
    )
    // The rotation handle lies on the heading, a quarter of the width beyond the side.
    return [...resize, { id: 'rotate', role: 'rotate', at: place(1.5, 0), cursor: 'grab' }]
  },
  dragHandle: (initial, handleId, drag) => {
    const centre = { x: initial.cx, y: initial.cy }
    if (handleId === 'rotate') {
      const angle = (Math.atan2(drag.to.y - centre.y, drag.to.x - centre.x) * 180) / Math.PI
      const snapped = drag.constrain ? Math.round(angle / 15) * 15 : angle
      return { ...initial, angleDeg: normaliseAngle(snapped) }
    }
    const box = resizeBox(localBox(initial), handleId, { ...drag, to: toLocal(initial, drag.to) })
    if (!box) return null
    const middle = rotatePoint(
      { x: box.x + box.w / 2, y: box.y + box.h / 2 },
      centre,
      initial.angleDeg,
    )
    return { ...initial, cx: middle.x, cy: middle.y, w: box.w, h: box.h }
  },
  moveVertices: () => null,
  removeVertices: () => null,
  vertices: (shape): Point[] => orientedCorners(shape),
  polygon: (shape) => ({ kind: 'polygon', rings: [orientedCorners(shape)] }),
  fields: ({ cx, cy, w, h, angleDeg }) => [
    { key: 'cx', label: 'Centre X', value: cx },
    { key: 'cy', label: 'Centre Y', value: cy },
    { key: 'w', label: 'Width', value: w },
    { key: 'h', label: 'Height', value: h },
    { key: 'angleDeg', label: 'Angle °', value: angleDeg },
  ],
}
