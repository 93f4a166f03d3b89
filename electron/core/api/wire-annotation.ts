import { z } from 'zod'
import { openRing } from '#shared/geometry/ring.ts'
import { shapeBounds } from '#shared/geometry/shape.ts'
import { type Annotation, annotationSchema, newId, type Shape } from '#shared/model/annotation.ts'
import { assertNever } from '#shared/model/assert-never.ts'

/** One annotation as the service's JSON has it; the keys are the service's. */
export type WireAnnotation = Record<string, unknown>

function wireShape(shape: Shape): Record<string, unknown> {
  switch (shape.kind) {
    case 'bbox':
      return { type: 'bbox', bounding_box: shapeBounds(shape) }
    case 'oriented_box': {
      const { cx, cy, w, h, angleDeg } = shape
      return {
        type: 'bbox',
        bounding_box: shapeBounds(shape),
        oriented_box: { cx, cy, w, h, angle: angleDeg },
      }
    }
    case 'polygon':
      return { type: 'polygon', polygon: { paths: shape.rings } }
    case 'polyline':
      return { type: 'polyline', polyline: { path: shape.points } }
    case 'keypoint':
      return { type: 'keypoint', keypoint: { x: shape.x, y: shape.y } }
    default:
      return assertNever(shape)
  }
}

/** The service's form. Only keypoints carry the instance there; `extra` stays here. */
export function toWireAnnotation(annotation: Annotation): WireAnnotation {
  const { id, className, confidence, attributes, createdBy, instanceId, shape } = annotation
  return {
    id,
    name: className,
    ...wireShape(shape),
    confidence,
    ...(createdBy === undefined ? {} : { created_by: createdBy }),
    ...(shape.kind === 'keypoint' && instanceId !== undefined ? { instance_id: instanceId } : {}),
    ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
  }
}

const number = z.number()
const pointSchema = z.union([
  z.object({ x: number, y: number }),
  z.tuple([number, number]).transform(([x, y]) => ({ x, y })),
])
const pathSchema = z.array(pointSchema)

/** Canonical and shorthand forms alike; see the service's old README for the shorthand. */
const wireSchema = z.object({
  id: z.string().optional(),
  name: z.string(),
  type: z.enum(['bbox', 'polygon', 'polyline', 'keypoint']),
  confidence: z.number().nullish(),
  created_by: z.string().nullish(),
  attributes: z.union([z.record(z.string(), z.json()), z.array(z.unknown())]).nullish(),
  metadata: z.record(z.string(), z.json()).nullish(),
  instance_id: z.number().int().min(1).nullish(),
  bounding_box: z.object({ x: number, y: number, w: number, h: number }).nullish(),
  oriented_box: z.object({ cx: number, cy: number, w: number, h: number, angle: number }).nullish(),
  bbox: z.tuple([number, number, number, number]).nullish(),
  polygon: z.union([z.object({ paths: z.array(pathSchema) }), pathSchema]).nullish(),
  polyline: z.union([z.object({ path: pathSchema }), pathSchema]).nullish(),
  keypoint: pointSchema.nullish(),
})
type Wire = z.infer<typeof wireSchema>

function shapeOf(wire: Wire): unknown {
  switch (wire.type) {
    case 'bbox': {
      if (wire.oriented_box) {
        const { angle, ...box } = wire.oriented_box
        return { kind: 'oriented_box', ...box, angleDeg: angle }
      }
      if (wire.bbox) {
        const [x, y, w, h] = wire.bbox
        return { kind: 'bbox', x, y, w, h }
      }
      return { kind: 'bbox', ...wire.bounding_box }
    }
    case 'polygon': {
      const rings = Array.isArray(wire.polygon) ? [wire.polygon] : wire.polygon?.paths
      return { kind: 'polygon', rings: rings?.map(openRing) }
    }
    case 'polyline':
      return {
        kind: 'polyline',
        points: Array.isArray(wire.polyline) ? wire.polyline : wire.polyline?.path,
      }
    case 'keypoint':
      return { kind: 'keypoint', ...wire.keypoint }
    default:
      return assertNever(wire.type)
  }
}

/** Where our model's field is called something else on the wire. */
function wireField(path: readonly PropertyKey[]): string {
  return path
    .map(String)
    .join('.')
    .replace(/^className/, 'name')
}

export type ParsedWireAnnotation =
  | { ok: true; annotation: Annotation }
  | { ok: false; field: string; message: string }

/** Reads one annotation, canonical or shorthand. Unknown keys are ignored. */
export function fromWireAnnotation(value: unknown): ParsedWireAnnotation {
  const wire = wireSchema.safeParse(value)
  if (!wire.success) {
    const [issue] = wire.error.issues
    return { ok: false, field: wireField(issue.path), message: issue.message }
  }
  const { data } = wire
  const fromAttributes = Array.isArray(data.attributes) ? {} : data.attributes
  const annotation = annotationSchema.safeParse({
    id: data.id ?? newId(),
    className: data.name,
    shape: shapeOf(data),
    confidence: data.confidence ?? 1,
    attributes: { ...data.metadata, ...fromAttributes },
    ...(data.instance_id ? { instanceId: data.instance_id } : {}),
    ...(data.created_by ? { createdBy: data.created_by } : {}),
  })
  if (annotation.success) return { ok: true, annotation: annotation.data }
  const [issue] = annotation.error.issues
  return { ok: false, field: wireField(issue.path), message: issue.message }
}
