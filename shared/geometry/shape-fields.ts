import type { Shape } from '#shared/model/annotation.ts'
import { normaliseAngle } from './shapes/oriented-box.ts'

/** A number of a shape that can be typed. */
export interface ShapeField {
  key: string
  label: string
  /** Image pixels, or degrees where the label says so. */
  value: number
}

const FIELDS: { [K in Shape['kind']]: readonly [key: string, label: string][] } = {
  bbox: [
    ['x', 'X'],
    ['y', 'Y'],
    ['w', 'Width'],
    ['h', 'Height'],
  ],
  oriented_box: [
    ['cx', 'Centre X'],
    ['cy', 'Centre Y'],
    ['w', 'Width'],
    ['h', 'Height'],
    ['angleDeg', 'Angle °'],
  ],
  keypoint: [
    ['x', 'X'],
    ['y', 'Y'],
  ],
  polygon: [],
  polyline: [],
}

export function shapeFields(shape: Shape): ShapeField[] {
  return FIELDS[shape.kind].map(([key, label]) => ({
    key,
    label,
    value: Number(Reflect.get(shape, key)),
  }))
}

/** The shape with one of its numbers changed; null when the result would be no shape. */
export function withShapeField(shape: Shape, key: string, value: number): Shape | null {
  if (!Number.isFinite(value) || !FIELDS[shape.kind].some(([known]) => known === key)) return null
  if ((key === 'w' || key === 'h') && value <= 0) return null
  return { ...shape, [key]: key === 'angleDeg' ? normaliseAngle(value) : value }
}
