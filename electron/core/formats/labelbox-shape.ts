import { orientedCorners } from '#shared/geometry/shapes/oriented-box.ts'
import type { Annotation, Point } from '#shared/model/annotation.ts'
import { joinRings } from './bridge.ts'
import { fieldsOf, sameJson } from './carry.ts'
import { rounded } from './common.ts'
import type { LossLog } from './loss-log.ts'
import type { Json, JsonObject } from './types.ts'

// The layout: https://docs.labelbox.com/reference/export-image-annotations

/** Fields that describe the shape: they hold as long as it stays as it is. */
export const LABELBOX_GEOMETRY: ReadonlySet<string> = new Set([
  'bounding_box',
  'polygon',
  'line',
  'point',
])

const point = ({ x, y }: Point): JsonObject => ({ x: rounded(x), y: rounded(y) })

/** Polygons are closed by repeating the first point. */
const closed = (ring: readonly Point[]): Json[] => [...ring, ring[0]].map(point)

function shapeFields({ shape }: Annotation, losses: LossLog | null, where: string): JsonObject {
  switch (shape.kind) {
    case 'bbox': {
      const { x, y, w, h } = shape
      const [left, top, width, height] = [x, y, w, h].map(rounded)
      return { annotation_kind: 'ImageBoundingBox', bounding_box: { top, left, height, width } }
    }
    case 'oriented_box':
      losses?.add('oriented boxes are written as four-cornered polygons', where)
      return { annotation_kind: 'ImagePolygon', polygon: closed(orientedCorners(shape)) }
    case 'polygon':
      if (shape.rings.length > 1)
        losses?.add('holes are joined to the outline by a cut of no width', where)
      return { annotation_kind: 'ImagePolygon', polygon: closed(joinRings(shape.rings)) }
    case 'polyline':
      return { annotation_kind: 'ImagePolyline', line: shape.points.map(point) }
    case 'keypoint':
      return { annotation_kind: 'ImagePoint', point: point(shape) }
  }
}

/** Answers as they were, or as the attributes are now. */
function answers({ attributes, extra }: Annotation): Json[] {
  const before = fieldsOf(extra, 'labelbox_answers')
  if (sameJson(before.attributes, attributes as Json) && Array.isArray(before.classifications))
    return before.classifications
  return Object.entries(attributes).map(([name, value]): JsonObject => {
    if (Array.isArray(value))
      return {
        name,
        value: name,
        checklist_answers: value.map((one) => ({ name: String(one), value: String(one) })),
      }
    const content = typeof value === 'string' ? value : JSON.stringify(value)
    return { name, value: name, text_answer: { content } }
  })
}

/** The Labelbox fields of an annotation, without id and class. `losses`: null while reading. */
export function labelboxFields(
  annotation: Annotation,
  losses: LossLog | null,
  where: string,
): JsonObject {
  const { value } = fieldsOf(annotation.extra, 'labelbox_answers')
  return {
    value: value ?? annotation.className.toLowerCase().replace(/\s+/g, '_'),
    ...shapeFields(annotation, losses, where),
    classifications: answers(annotation),
  }
}
