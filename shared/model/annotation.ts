import { z } from 'zod'

/**
 * All coordinates are image pixels of the EXIF-rotated (upright) image: floats, origin at the top
 * left corner of the first pixel, y down. They may lie outside the image.
 */
const pixels = z.number().refine(Number.isFinite, 'must be a finite number')
const positivePixels = pixels.refine((value) => value > 0, 'must be greater than 0')

const pointSchema = z.object({ x: pixels, y: pixels })
export type Point = z.infer<typeof pointSchema>

/** An axis-aligned rectangle in image pixels. */
export interface Box {
  x: number
  y: number
  w: number
  h: number
}

export const bboxSchema = z.object({
  kind: z.literal('bbox'),
  x: pixels,
  y: pixels,
  w: positivePixels,
  h: positivePixels,
})
export const orientedBoxSchema = z.object({
  kind: z.literal('oriented_box'),
  cx: pixels,
  cy: pixels,
  /** Width along the box's own first axis, height along its second. */
  w: positivePixels,
  h: positivePixels,
  /** Degrees clockwise in [0, 360). */
  angleDeg: pixels.refine((value) => value >= 0 && value < 360, 'must be in [0, 360)'),
})
export const polygonSchema = z.object({
  kind: z.literal('polygon'),
  /** The first ring is the outside, later ones are holes (even-odd); the first point is not repeated. */
  rings: z.array(z.array(pointSchema).min(3)).min(1),
})
export const polylineSchema = z.object({
  kind: z.literal('polyline'),
  points: z.array(pointSchema).min(2),
})
export const keypointSchema = z.object({ kind: z.literal('keypoint'), x: pixels, y: pixels })

export const shapeSchema = z.discriminatedUnion('kind', [
  bboxSchema,
  orientedBoxSchema,
  polygonSchema,
  polylineSchema,
  keypointSchema,
])

export type BboxShape = z.infer<typeof bboxSchema>
export type OrientedBoxShape = z.infer<typeof orientedBoxSchema>
export type PolygonShape = z.infer<typeof polygonSchema>
export type PolylineShape = z.infer<typeof polylineSchema>
export type KeypointShape = z.infer<typeof keypointSchema>
export type Shape = z.infer<typeof shapeSchema>
export type ShapeKind = Shape['kind']

export const annotationSchema = z.object({
  id: z.string().trim().min(1),
  className: z.string().trim().min(1).max(120),
  shape: shapeSchema,
  /** 0..1; 1 for hand-drawn annotations. */
  confidence: z.number().min(0).max(1),
  attributes: z.record(z.string(), z.json()),
  /** Shared by the parts of one object in this image: the points of a pose, the regions of an instance. */
  instanceId: z.number().int().min(1).optional(),
  createdBy: z.string().optional(),
  /** Data of other programs' files that has no field here, by format, kept to be written back. */
  extra: z.record(z.string(), z.json()).optional(),
})
export type Annotation = z.infer<typeof annotationSchema>

/** A new hand-drawn annotation. */
export function newAnnotation(
  shape: Shape,
  className: string,
  fields: Partial<Omit<Annotation, 'shape' | 'className'>> = {},
): Annotation {
  return { id: newId(), className, shape, confidence: 1, attributes: {}, ...fields }
}

export function newId(): string {
  return globalThis.crypto.randomUUID()
}
