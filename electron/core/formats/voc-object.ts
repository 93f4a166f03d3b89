import { boundsOfPoints } from '#shared/geometry/box.ts'
import { openRing } from '#shared/geometry/ring.ts'
import { shapeBounds } from '#shared/geometry/shape.ts'
import { normaliseAngle } from '#shared/geometry/shapes/oriented-box.ts'
import {
  type Annotation,
  type Box,
  newAnnotation,
  type Point,
  type Shape,
} from '#shared/model/annotation.ts'
import { carrying, fieldsOf, givenOf, isJsonObject, unsaid } from './carry.ts'
import { decimal } from './common.ts'
import { classNameOf, numberOf, numbersOf, shown, textOfField, withoutKeys } from './fields.ts'
import { FormatError } from './format-error.ts'
import { LIMITS, requireAtMost } from './limits.ts'
import type { LossLog } from './loss-log.ts'
import {
  boxOfObject,
  CROWD,
  isCrowd,
  isNear,
  type LabelObject,
  leadOf,
  withOwnBox,
} from './objects.ts'
import { turnedBox } from './quad.ts'
import type { Json, JsonObject, OnFault } from './types.ts'

// The layout: the PASCAL VOC development kit, http://host.robots.ox.ac.uk/pascal/VOC/voc2012/

/** VOC's own flags, which are attributes here. */
const FLAGS = ['truncated', 'difficult', 'occluded'] as const

const GEOMETRY: ReadonlySet<string> = new Set(['bndbox', 'polygon', 'robndbox', 'rotation', 'type'])
/** The same where `<points>` is the outline. */
const GEOMETRY_WITH_POINTS: ReadonlySet<string> = new Set([...GEOMETRY, 'points'])

const isYes = (value: unknown) => /^(?:1|true|yes)$/i.test(String(value))
const isNo = (value: unknown) => value === '' || /^(?:0|false|no)$/i.test(String(value))

function numberAt(node: JsonObject, key: string, field: string): number {
  const value = numberOf(node[key])
  if (value === null)
    throw new FormatError(`${field}.${key}`, `must be a number, not ${shown(node[key])}`)
  return value
}

/** `origin`: the number of the first pixel. 1-based VOC counts the last pixel in, so only the low edge moves. */
function readBox(node: JsonObject, origin: number): Box {
  const x = numberAt(node, 'xmin', 'bndbox') - origin
  const y = numberAt(node, 'ymin', 'bndbox') - origin
  const w = numberAt(node, 'xmax', 'bndbox') - x
  const h = numberAt(node, 'ymax', 'bndbox') - y
  if (w > 0 && h > 0) return { x, y, w, h }
  throw new FormatError('bndbox', 'needs xmax and ymax greater than xmin and ymin')
}

/** Points as `<pt><x>…` of LabelMe, or as `<x1>…<y1>…`. */
function readRing(node: JsonObject, origin: number): Point[] {
  const points: Point[] = []
  if (Array.isArray(node.pt)) {
    for (const pt of node.pt)
      if (isJsonObject(pt))
        points.push({ x: numberAt(pt, 'x', 'polygon.pt'), y: numberAt(pt, 'y', 'polygon.pt') })
  } else
    for (let n = 1; node[`x${n}`] !== undefined; n++)
      points.push({
        x: numberAt(node, `x${n}`, 'polygon'),
        y: numberAt(node, `y${n}`, 'polygon'),
      })
  const ring = openRing(points).map(({ x, y }) => ({ x: x - origin, y: y - origin }))
  if (ring.length >= 3) return ring
  throw new FormatError('polygon', `has ${ring.length} points; it needs at least 3`)
}

/** roLabelImg's turned box; its angle is in radians, clockwise. */
function readTurned(node: JsonObject, origin: number): Shape {
  const [cx, cy] = [numberAt(node, 'cx', 'robndbox'), numberAt(node, 'cy', 'robndbox')]
  const [w, h] = [numberAt(node, 'w', 'robndbox'), numberAt(node, 'h', 'robndbox')]
  if (!(w > 0 && h > 0)) throw new FormatError('robndbox', 'needs w and h greater than 0')
  const angleDeg = normaliseAngle((numberAt(node, 'angle', 'robndbox') * 180) / Math.PI)
  return { kind: 'oriented_box', cx: cx - origin, cy: cy - origin, w, h, angleDeg }
}

/** Corners as an oriented box, or as they are where they make no rectangle. */
function quadrilateral(corners: readonly Point[], field: string): Shape {
  const ring = openRing(corners)
  if (ring.length < 3)
    throw new FormatError(field, `has ${ring.length} points; it needs at least 3`)
  if (ring.length === 4) {
    const { shape, isRectangle } = turnedBox(ring)
    if (isRectangle) return shape
  }
  return { kind: 'polygon', rings: [ring] }
}

/** DIOR-R names the four corners of a turned box. */
function readCorners(node: JsonObject, origin: number): Shape {
  const corners = ['left_top', 'right_top', 'right_bottom', 'left_bottom'].map((corner) => ({
    x: numberAt(node, `x_${corner}`, 'robndbox') - origin,
    y: numberAt(node, `y_${corner}`, 'robndbox') - origin,
  }))
  return quadrilateral(corners, 'robndbox')
}

/** FAIR1M's `<points><point>x,y</point>…`, the first again at the end. */
function readPoints({ point }: JsonObject, origin: number): Shape {
  const texts = Array.isArray(point) ? point : []
  requireAtMost(texts.length, LIMITS.points, 'points', 'points')
  const corners = texts.map((text, index) => {
    const [x, y, ...more] = numbersOf(String(text).split(','), `points.point[${index}]`)
    if (y === undefined || more.length > 0)
      throw new FormatError(`points.point[${index}]`, `must be x,y and not ${shown(text)}`)
    return { x: x - origin, y: y - origin }
  })
  return quadrilateral(corners, 'points')
}

/** Other programs call landmarks `<points>` as well, in forms of their own. */
const isOutline = ({ point }: JsonObject): boolean =>
  Array.isArray(point) &&
  point.length >= 3 &&
  point.every((text) => {
    const pair = typeof text === 'string' ? text.split(',') : []
    return pair.length === 2 && pair.every((number) => numberOf(number) !== null)
  })

interface Context {
  /** The number of the first pixel. */
  origin: number
  nextInstance: () => number
  /** Faults of a part of the object. */
  fail: OnFault
  losses: LossLog
  where: string
}

/** The outlines that an object has beside its box; null: it has none. Throws a FormatError. */
function readOutlines(raw: JsonObject, box: Box | null, context: Context): Shape[] | null {
  const { origin, losses, where } = context
  const { polygon, robndbox, points } = raw
  const polygons = Array.isArray(polygon) ? polygon.filter(isJsonObject) : []
  if (polygons.length > 0)
    return polygons.map((node) => ({ kind: 'polygon', rings: [readRing(node, origin)] }))
  if (isJsonObject(robndbox)) {
    const isOfSize = robndbox.x_left_top === undefined
    return [isOfSize ? readTurned(robndbox, origin) : readCorners(robndbox, origin)]
  }
  if (!isJsonObject(points)) return null
  if (box === null || isOutline(points)) return [readPoints(points, origin)]
  losses.add('<points> that are no outline go back to Pascal VOC alone', where)
  return null
}

/** The shapes of an object, at least one. Throws a FormatError where neither its outlines nor its box can be read. */
function readShapes(
  raw: JsonObject,
  degrees: number,
  context: Context,
): { shapes: Shape[]; box: Box | null } {
  const faults: unknown[] = []
  const attempt = <T>(read: () => T): T | null => {
    try {
      return read()
    } catch (error) {
      faults.push(error)
      return null
    }
  }
  const { bndbox } = raw
  const box = isJsonObject(bndbox) ? attempt(() => readBox(bndbox, context.origin)) : null
  const outlines = attempt(() => readOutlines(raw, box, context))
  const shapes = outlines ?? (box ? [turned(box, degrees)] : null)
  const [first] = faults
  if (!shapes)
    throw (
      first ?? new FormatError('bndbox', 'is missing, and there is neither polygon nor robndbox')
    )
  for (const fault of faults) context.fail('', fault)
  return { shapes, box }
}

/** FAIR1M has the class in `<possibleresult>`; of several, the first is the likeliest. */
function nameIn({ name, possibleresult }: JsonObject): Json | undefined {
  const [first] = Array.isArray(possibleresult) ? possibleresult : [possibleresult]
  return name ?? (isJsonObject(first) ? first.name : undefined)
}

/** CVAT's `<attributes><attribute><name>…<value>…`. */
function readAttributes(node: Json | undefined): Annotation['attributes'] {
  if (!isJsonObject(node) || !Array.isArray(node.attribute)) return {}
  return Object.fromEntries(
    node.attribute.flatMap((item) => {
      const name = isJsonObject(item) ? textOfField(item.name) : null
      return name === null || !isJsonObject(item) ? [] : [[name, item.value ?? ''] as const]
    }),
  )
}

function turned(box: Box, degrees: number): Shape {
  const { x, y, w, h } = box
  if (degrees === 0) return { kind: 'bbox', ...box }
  return { kind: 'oriented_box', cx: x + w / 2, cy: y + h / 2, w, h, angleDeg: degrees }
}

/** Numbers as numbers, however they are spelt, so that spellings can be compared. */
function plain(value: Json): Json {
  if (typeof value === 'string') return numberOf(value) ?? value
  if (Array.isArray(value)) return value.map(plain)
  if (!isJsonObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]))
}

/** An `<object>`. Throws a FormatError. */
export function readVocObject(raw: JsonObject, context: Context): Annotation[] {
  const { origin, nextInstance } = context
  const className = classNameOf(nameIn(raw), 'name')
  const attributes = readAttributes(raw.attributes)
  const rotation = numberOf(attributes.rotation)
  const degrees = rotation === null ? 0 : normaliseAngle(rotation)
  const { shapes, box } = readShapes(raw, degrees, context)
  const isTurned = shapes[0].kind === 'oriented_box' && degrees !== 0
  if (isTurned) delete attributes.rotation
  const pose = textOfField(raw.pose)
  if (pose !== null && pose !== 'Unspecified') attributes.pose = pose
  for (const flag of FLAGS) {
    const value = textOfField(raw[flag])
    if (value !== null && !isNo(value)) attributes[flag] = isYes(value) ? 'true' : value
  }
  const instanceId = shapes.length > 1 ? nextInstance() : undefined
  const members = shapes.map((shape) =>
    newAnnotation(shape, className, {
      attributes,
      ...(instanceId !== undefined && { instanceId }),
    }),
  )
  const bounds = boundsOfPoints(
    shapes.map(shapeBounds).flatMap(({ x, y, w, h }) => [
      { x, y },
      { x: x + w, y: y + h },
    ]),
  )
  const hasOwn = box !== null && !isTurned && !isNear(box, bounds, 1)
  const boxed = hasOwn ? withOwnBox(members, box) : members
  const written = vocFields(asObject(boxed), origin)
  const said = withoutKeys(raw, isJsonObject(raw.attributes) ? ['attributes'] : [])
  if (isTurned) said.rotation = rotation
  const { fields, given } = unsaid(
    plain(said) as JsonObject,
    plain(written) as JsonObject,
    isJsonObject(raw.points) && isOutline(raw.points) ? GEOMETRY_WITH_POINTS : GEOMETRY,
  )
  // Kept as it was spelt.
  const asSpelt = (values: JsonObject) =>
    Object.fromEntries(Object.keys(values).map((key) => [key, said[key] ?? values[key]]))
  for (const flag of FLAGS) delete fields[flag]
  delete fields.pose
  // Files with corners mostly have no box; those that have one keep it.
  if (given.robndbox !== undefined || given.points !== undefined)
    if (said.bndbox !== undefined) given.bndbox = said.bndbox
  return carrying(boxed, 'pascal_voc', asSpelt(fields), {
    ...asSpelt(given),
    ...(Object.keys(given).length > 0 && { origin }),
  })
}

function asObject(members: Annotation[]): LabelObject {
  const { className } = members[0]
  return { className, members, regions: members, joints: new Map(), owner: null, box: null }
}

const NAMED = new Set<string>(['pose', CROWD, ...FLAGS])

function flagText(value: Json | undefined): string {
  if (value === undefined || isNo(value)) return '0'
  return isYes(value) ? '1' : String(value)
}

/** What VOC says of an object. `origin`: the number of the first pixel. */
function vocFields(object: LabelObject, origin: number): JsonObject {
  const { attributes } = object.box ?? object.regions[0] ?? leadOf(object)
  const { x, y, w, h } = boxOfObject(object)
  const low = (value: number) => decimal(value + origin, 9)
  const high = (value: number) => decimal(value, 9)
  const others = Object.entries(attributes).filter(([key]) => !NAMED.has(key))
  const flags = FLAGS.map((flag) => [flag, flagText(attributes[flag])] as const)
  return {
    name: object.className,
    pose: typeof attributes.pose === 'string' ? attributes.pose : 'Unspecified',
    ...Object.fromEntries(flags),
    ...(isCrowd(object) && { difficult: '1' }),
    bndbox: { xmin: low(x), ymin: low(y), xmax: high(x + w), ymax: high(y + h) },
    ...(others.length > 0 && {
      attributes: { attribute: others.map(([name, value]) => attribute(name, value)) },
    }),
  }
}

function attribute(name: string, value: Json): JsonObject {
  return { name, value: typeof value === 'string' ? value : JSON.stringify(value) }
}

/** An object as an `<object>`; null: it has no place, which is counted. */
export function writeVocObject(
  object: LabelObject,
  origin: number,
  losses: LossLog,
  where: string,
): JsonObject | null {
  const { regions, joints, box, owner } = object
  const solid = regions.filter(
    ({ shape }) => shape.kind !== 'polyline' && shape.kind !== 'keypoint',
  )
  if (solid.length === 0 && !box && !owner) {
    const kind = regions[0]?.shape.kind ?? 'keypoint'
    losses.leaveOut(`${kind}s have no place in Pascal VOC and are left out`, where)
    return null
  }
  const { origin: before, rotation, ...spelt } = givenOf(object.members, 'pascal_voc') ?? {}
  const given = before === origin ? spelt : {}
  if (joints.size > 0)
    losses.add('keypoints have no place in Pascal VOC: their box is written', where)
  const isTurned = given.robndbox !== undefined || given.points !== undefined
  const isKept = given.polygon !== undefined || isTurned
  if (!isKept && rotation === undefined && solid.some(({ shape }) => shape.kind !== 'bbox'))
    losses.add('polygons and oriented boxes are written as the upright box around them', where)
  if (isCrowd(object)) losses.add('crowd regions (iscrowd) are written as difficult', where)
  const fields = vocFields(object, origin)
  const merged: JsonObject = {
    ...fieldsOf(leadOf(object).extra, 'pascal_voc'),
    ...fields,
    ...given,
  }
  if (isTurned && given.bndbox === undefined) delete merged.bndbox
  if (rotation !== undefined && before === origin) {
    const list = isJsonObject(fields.attributes) ? fields.attributes.attribute : []
    const all = Array.isArray(list) ? list : []
    merged.attributes = { attribute: [...all, attribute('rotation', rotation)] }
  }
  return merged
}
