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

/**
 * The attribute that carries the instance id of a box, polygon or polyline, because the service has `instance_id`
 * only for keypoints. It is removed again when annotations are read.
 */
const INSTANCE_ATTRIBUTE = 'pictograph_desktop.instance_id'

const groupSchema = z.coerce.number().int().min(1)

/** Attributes without the reserved one, and the instance id that it carried. */
function splitAttributes(attributes: Annotation['attributes']): {
  attributes: Annotation['attributes']
  group: number | undefined
} {
  const { [INSTANCE_ATTRIBUTE]: reserved, ...others } = attributes
  const group = reserved === undefined ? undefined : groupSchema.safeParse(reserved).data
  // Another value under this name belongs to the user.
  return group === undefined ? { attributes, group } : { attributes: others, group }
}

/** The key in `extra` for a list of attributes, such as the service's mark on its own detections, to send it back. */
const LIST_KEY = 'pictograph'

/** Attributes in the service's form: an object, or the original list if nothing was added. */
function wireAttributes(attributes: Annotation['attributes'], extra: Annotation['extra']) {
  if (Object.keys(attributes).length > 0) return { attributes }
  const list = extra?.[LIST_KEY]
  return Array.isArray(list) ? { attributes: list } : {}
}

/** The service's form. Of `extra`, only data from the service is sent. */
export function toWireAnnotation(annotation: Annotation): WireAnnotation {
  const { id, className, confidence, createdBy, instanceId, shape } = annotation
  const isPoint = shape.kind === 'keypoint'
  const attributes =
    isPoint || instanceId === undefined
      ? annotation.attributes
      : { ...annotation.attributes, [INSTANCE_ATTRIBUTE]: instanceId }
  return {
    id,
    name: className,
    ...wireShape(shape),
    confidence,
    ...(createdBy === undefined ? {} : { created_by: createdBy }),
    ...(isPoint && instanceId !== undefined ? { instance_id: instanceId } : {}),
    ...wireAttributes(attributes, annotation.extra),
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
  attributes: z.union([z.record(z.string(), z.json()), z.array(z.json())]).nullish(),
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

/** The same angle in [0, 360), in degrees; files also contain 360 and −90. */
const wholeTurn = (angle: number) => ((angle % 360) + 360) % 360

function shapeOf(wire: Wire): unknown {
  switch (wire.type) {
    case 'bbox': {
      if (wire.oriented_box) {
        const { angle, ...box } = wire.oriented_box
        return { kind: 'oriented_box', ...box, angleDeg: wholeTurn(angle) }
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

/** Model fields that have another name on the wire. */
function wireField(path: readonly PropertyKey[]): string {
  return path
    .map(String)
    .join('.')
    .replace(/^className/, 'name')
}

const SHAPE_FIELDS = {
  bbox: ['bounding_box', 'oriented_box', 'bbox'],
  polygon: ['polygon'],
  polyline: ['polyline'],
  keypoint: ['keypoint'],
} as const

/**
 * Removes the shapes of other types: the service adds a bounding box to each polygon, and its errors do not matter
 * here. `box` is another name for `bbox`.
 */
function ownShape(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('type' in value)) return value
  const type = value.type === 'box' ? 'bbox' : value.type
  const own = SHAPE_FIELDS[type as Wire['type']] as readonly string[] | undefined
  if (!own) return value
  const others = Object.values(SHAPE_FIELDS)
    .flat()
    .filter((field) => !own.includes(field))
  const kept = Object.entries(value).filter(([field]) => !(others as string[]).includes(field))
  return { ...Object.fromEntries(kept), type }
}

export type ParsedWireAnnotation =
  | { ok: true; annotation: Annotation }
  | { ok: false; field: string; message: string }

/** Reads one annotation, canonical or shorthand. Unknown keys are ignored. */
export function fromWireAnnotation(value: unknown): ParsedWireAnnotation {
  const wire = wireSchema.safeParse(ownShape(value))
  if (!wire.success) {
    const [issue] = wire.error.issues
    return { ok: false, field: wireField(issue.path), message: issue.message }
  }
  const { data } = wire
  const list = Array.isArray(data.attributes) ? data.attributes : []
  const fromAttributes = Array.isArray(data.attributes) ? {} : data.attributes
  const { attributes, group } = splitAttributes({ ...data.metadata, ...fromAttributes })
  const instanceId = data.instance_id ?? group
  const annotation = annotationSchema.safeParse({
    id: data.id ?? newId(),
    className: data.name,
    shape: shapeOf(data),
    confidence: data.confidence ?? 1,
    attributes,
    ...(instanceId ? { instanceId } : {}),
    ...(data.created_by ? { createdBy: data.created_by } : {}),
    ...(list.length > 0 ? { extra: { [LIST_KEY]: list } } : {}),
  })
  if (annotation.success) return { ok: true, annotation: annotation.data }
  const [issue] = annotation.error.issues
  return { ok: false, field: wireField(issue.path), message: issue.message }
}
