import type { Shape, ShapeKind } from '#shared/model/annotation.ts'
import { minimumAreaRectangle } from './ring.ts'
import { asPolygon, shapeBounds } from './shape.ts'

/**
 * Converts the shape to another kind, and says what is lost (null: nothing). Returns null if the conversion is not
 * possible.
 */
export function convertShape(
  shape: Shape,
  kind: ShapeKind,
): { shape: Shape; loses: string | null } | null {
  if (shape.kind === kind) return { shape, loses: null }
  const hasHoles = shape.kind === 'polygon' && shape.rings.length > 1
  const isBox = shape.kind === 'bbox' || shape.kind === 'oriented_box'
  if (kind === 'polygon') {
    if (shape.kind === 'polyline' && shape.points.length >= 3)
      return { shape: { kind: 'polygon', rings: [shape.points] }, loses: null }
    const polygon = asPolygon(shape)
    return polygon && { shape: polygon, loses: null }
  }
  if (kind === 'polyline' && shape.kind === 'polygon') {
    const [ring] = shape.rings
    return {
      shape: { kind: 'polyline', points: [...ring, ring[0]] },
      loses: hasHoles ? 'its holes' : null,
    }
  }
  if (shape.kind === 'keypoint') return null
  if (kind === 'bbox') {
    const { w, h, ...corner } = shapeBounds(shape)
    if (w === 0 || h === 0) return null
    const upright = shape.kind === 'oriented_box' && shape.angleDeg % 90 === 0
    return {
      shape: { kind: 'bbox', ...corner, w, h },
      loses: upright ? null : isBox ? 'its angle' : 'its outline',
    }
  }
  if (kind === 'oriented_box') {
    if (shape.kind === 'bbox') {
      const { x, y, w, h } = shape
      return {
        shape: { kind: 'oriented_box', cx: x + w / 2, cy: y + h / 2, w, h, angleDeg: 0 },
        loses: null,
      }
    }
    if (shape.kind !== 'polygon') return null
    const box = minimumAreaRectangle(shape.rings[0])
    return box.w > 0 && box.h > 0
      ? { shape: { kind: 'oriented_box', ...box }, loses: 'its outline' }
      : null
  }
  return null
}
