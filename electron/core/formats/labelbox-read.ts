import { openRing } from '#shared/geometry/ring.ts'
import { type Annotation, newAnnotation, type Point, type Shape } from '#shared/model/annotation.ts'
import { carrying, isJsonObject, unsaid } from './carry.ts'
import { numberOf, objectAt, shown, textOfField, withoutKeys } from './fields.ts'
import { FormatError } from './format-error.ts'
import { LABELBOX_GEOMETRY, labelboxFields } from './labelbox-shape.ts'
import type { Json, JsonObject, OnFault } from './types.ts'

// The layout: https://docs.labelbox.com/reference/export-image-annotations

function numberAt(raw: JsonObject, key: string, field: string): number {
  const value = numberOf(raw[key])
  if (value === null)
    throw new FormatError(`${field}.${key}`, `must be a number, not ${shown(raw[key])}`)
  return value
}

const pointAt = (value: Json | undefined, field: string): Point => {
  const raw = objectAt(value, field)
  return { x: numberAt(raw, 'x', field), y: numberAt(raw, 'y', field) }
}

function pointsAt(value: Json | undefined, field: string, least: number): Point[] {
  if (!Array.isArray(value)) throw new FormatError(field, `must be a list, not ${shown(value)}`)
  const points = value.map((point, index) => pointAt(point, `${field}[${index}]`))
  if (points.length >= least) return points
  throw new FormatError(field, `has ${points.length}; it needs at least ${least}`)
}

function shapeOf(raw: JsonObject): Shape {
  if (isJsonObject(raw.bounding_box)) {
    const { bounding_box: box } = raw
    const [x, y, w, h] = ['left', 'top', 'width', 'height'].map((key) =>
      numberAt(box, key, 'bounding_box'),
    )
    if (w > 0 && h > 0) return { kind: 'bbox', x, y, w, h }
    throw new FormatError('bounding_box', 'needs a width and a height greater than 0')
  }
  if (raw.polygon !== undefined) {
    const ring = openRing(pointsAt(raw.polygon, 'polygon', 3))
    if (ring.length >= 3) return { kind: 'polygon', rings: [ring] }
    throw new FormatError('polygon', `has ${ring.length}; it needs at least 3`)
  }
  if (raw.line !== undefined) return { kind: 'polyline', points: pointsAt(raw.line, 'line', 2) }
  if (raw.point !== undefined) return { kind: 'keypoint', ...pointAt(raw.point, 'point') }
  if (raw.mask !== undefined || raw.composite_mask !== undefined)
    throw new FormatError(
      'mask',
      'lies on the server of Labelbox and is no part of the file. Export the objects as polygons',
    )
  throw new FormatError('', 'has no shape that is known: bounding_box, polygon, line, point')
}

/** The answer of a classification: one option, a text, or several options. */
export function answersOf(list: Json | undefined): Annotation['attributes'] {
  const attributes: Annotation['attributes'] = {}
  for (const raw of Array.isArray(list) ? list.filter(isJsonObject) : []) {
    const name = textOfField(raw.name)
    if (name === null) continue
    const { radio_answer: radio, text_answer: text, checklist_answers: checks } = raw
    if (isJsonObject(radio)) attributes[name] = textOfField(radio.name) ?? ''
    else if (isJsonObject(text)) attributes[name] = textOfField(text.content) ?? ''
    else if (Array.isArray(checks))
      attributes[name] = checks.flatMap((one) =>
        isJsonObject(one) ? (textOfField(one.name) ?? []) : [],
      )
  }
  return attributes
}

function readObject(raw: JsonObject): Annotation {
  const className = textOfField(raw.name) ?? textOfField(raw.value)
  if (className === null)
    throw new FormatError('name', `must be the name of a class, not ${shown(raw.name)}`)
  const id = textOfField(raw.feature_id)
  const attributes = answersOf(raw.classifications)
  const annotation = newAnnotation(shapeOf(raw), className, {
    ...(id !== null && { id }),
    attributes,
  })
  const { fields, given } = unsaid(
    withoutKeys(raw, ['feature_id', 'name']),
    labelboxFields(annotation, null, ''),
    LABELBOX_GEOMETRY,
  )
  // Answers stand among the attributes, and are spelt as they were until one changes.
  const { classifications, ...others } = fields
  const spelt: JsonObject = {
    value: others.value ?? null,
    classifications: classifications ?? [],
    attributes,
  }
  delete others.value
  delete others.annotation_kind
  const extra = { ...annotation.extra, labelbox_answers: spelt }
  return carrying([{ ...annotation, extra }], 'labelbox', others, given)[0]
}

/** The objects of a label. Faults of single ones go to `fail`. */
export function readObjects(list: readonly Json[], fail: OnFault): Annotation[] {
  return list.flatMap((value, index) => {
    try {
      return [readObject(objectAt(value, ''))]
    } catch (error) {
      fail(`objects[${index}]`, error)
      return []
    }
  })
}
