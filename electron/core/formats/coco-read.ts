import { boundsOfPoints } from '#shared/geometry/box.ts'
import { decodeRleString } from '#shared/geometry/raster.ts'
import { openRing } from '#shared/geometry/ring.ts'
import { shapeVertices, stretchShape } from '#shared/geometry/shape.ts'
import { normaliseAngle } from '#shared/geometry/shapes/oriented-box.ts'
import { type Annotation, type Box, newAnnotation, type Shape } from '#shared/model/annotation.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import { skeletonsWith } from '#shared/model/pose.ts'
import { carrying, isJsonObject, unsaid } from './carry.ts'
import { COCO_GEOMETRY, cocoFields } from './coco-shape.ts'
import { confidenceOf, numberOf, numbersOf, pointsOf, shown, withoutKeys } from './fields.ts'
import { FormatError } from './format-error.ts'
import { LIMITS, requireAtMost } from './limits.ts'
import type { LossLog } from './loss-log.ts'
import { type MaskBudget, regionsOfRuns } from './mask-runs.ts'
import { boundsOfParts, CROWD, isNear, objectsOf, withOwnBox } from './objects.ts'
import { fitSize } from './sizes.ts'
import type { JsonObject, OnFault, Size } from './types.ts'

// The layout: https://cocodataset.org/#format-data

/** A category as a file names it. */
export interface CocoCategory {
  /** As it is called here: categories of one name are kept apart. */
  className: string
  joints: string[]
  /** The category is its own only joint. */
  isPoint: boolean
}

/** A mask may have another size than its image: as that of a scaled copy, it is scaled along. */
function fitMask(
  shapes: readonly Shape[],
  rle: JsonObject,
  { size, losses, where }: Pick<Context, 'size' | 'losses' | 'where'>,
): Shape[] {
  const [height, width] = Array.isArray(rle.size) ? rle.size.map(Number) : []
  const fit = size ? fitSize({ width, height }, { path: where, ...size }) : null
  if (fit?.kind === 'other')
    losses.add('masks have another size than their image; they are taken as they are', where)
  if (fit?.kind !== 'scaled') return [...shapes]
  losses.add('masks have another size than their image, and are scaled to it', where)
  const stretch = { sx: fit.factor, sy: fit.factor, dx: 0, dy: 0 }
  return shapes.map((shape) => stretchShape(shape, stretch))
}

export function readRle({ size, counts }: JsonObject, budget: MaskBudget): Shape[] {
  if (!Array.isArray(size) || size.length !== 2)
    throw new FormatError('segmentation.size', `must be height and width, not ${shown(size)}`)
  const [height, width] = numbersOf(size, 'segmentation.size')
  const isSize = Number.isInteger(height) && Number.isInteger(width) && height > 0 && width > 0
  if (!isSize)
    throw new FormatError('segmentation.size', `${shown(size)} cannot be the size of a mask`)
  if (typeof counts !== 'string' && !Array.isArray(counts))
    throw new FormatError('segmentation.counts', `must be a list or a text, not ${shown(counts)}`)
  try {
    const runs =
      typeof counts === 'string'
        ? decodeRleString(counts)
        : numbersOf(counts, 'segmentation.counts')
    const field = 'segmentation.counts'
    const regions = regionsOfRuns(runs, { width, height }, 'columns', field, budget)
    return regions.map((rings) => ({ kind: 'polygon', rings }))
  } catch (error) {
    if (error instanceof RangeError) throw new FormatError('segmentation.counts', error.message)
    throw error
  }
}

const isRle = (part: unknown): part is JsonObject => isJsonObject(part) && 'counts' in part

/** A point as `[x, y]` or as `{x, y}`, where COCO wants all numbers in one list. */
const isPoint = (value: unknown): boolean =>
  Array.isArray(value) ? value.length === 2 && !value.some(Array.isArray) : isJsonObject(value)

const coordinatesOf = (point: unknown): unknown[] =>
  isJsonObject(point) ? [point.x, point.y] : Array.isArray(point) ? point : [point]

/** The parts of a segmentation. Some tools leave out the list around a single polygon. */
function segmentationParts(parts: readonly unknown[]): readonly unknown[] {
  if (parts.length === 0) return []
  // Lists of two numbers each would all be parts of a single point.
  const arePoints = parts.length >= 3 && parts.every((part) => isPoint(part) && !isRle(part))
  const isOne = arePoints || !parts.some((part) => Array.isArray(part) || isJsonObject(part))
  return isOne ? [parts] : parts
}

function readPolygons(
  parts: readonly unknown[],
  context: Pick<Context, 'losses' | 'where' | 'budget' | 'size'>,
): Shape[] {
  const { losses, where, budget } = context
  requireAtMost(parts.length, 2 * LIMITS.points, 'parts', 'segmentation')
  return segmentationParts(parts).flatMap((part, index): Shape[] => {
    const field = `segmentation[${index}]`
    if (isRle(part)) return fitMask(readRle(part, budget), part, context)
    if (!Array.isArray(part)) throw new FormatError(field, `must be a list, not ${shown(part)}`)
    const flat = part.some(isPoint) ? part.flatMap(coordinatesOf) : part
    if (flat.length === 0) return []
    const ring = openRing(pointsOf(flat, field))
    if (ring.length >= 3) return [{ kind: 'polygon', rings: [ring] }]
    losses.add('parts of fewer than 3 points enclose nothing and are left out', where)
    return []
  })
}

function readBox(bbox: unknown): Box | null {
  if (bbox === null || bbox === undefined) return null
  if (!Array.isArray(bbox)) throw new FormatError('bbox', `must be a list, not ${shown(bbox)}`)
  if (bbox.length === 0) return null
  if (bbox.length !== 4) throw new FormatError('bbox', `has ${bbox.length} numbers; it needs 4`)
  if (bbox.every((value) => value === null)) return null
  const [x, y, w, h] = numbersOf(bbox, 'bbox')
  return { x, y, w, h }
}

/** Whether `area` belongs to a box whose `w` and `h` are its right and bottom edge. */
function areCorners({ x, y, w, h }: Box, area: unknown): boolean {
  const given = numberOf(area)
  const ofCorners = (w - x) * (h - y)
  if (given === null || w <= x || h <= y || (x === 0 && y === 0)) return false
  const isNearly = (value: number) => Math.abs(given - value) <= 0.01 * value
  return isNearly(ofCorners) && !isNearly(w * h)
}

/** CVAT writes a turned box as the upright one, and its angle (degrees clockwise) as an attribute. */
function rotationOf(attributes: unknown): number {
  const rotation = isJsonObject(attributes) ? numberOf(attributes.rotation) : null
  return rotation === null ? 0 : normaliseAngle(rotation)
}

function boxShape(box: Box, rotation: number): Shape {
  const { x, y, w, h } = box
  if (!(w > 0 && h > 0)) throw new FormatError('bbox', 'needs a width and a height greater than 0')
  if (rotation === 0) return { kind: 'bbox', x, y, w, h }
  return { kind: 'oriented_box', cx: x + w / 2, cy: y + h / 2, w, h, angleDeg: rotation }
}

const saysNoJoints = (keypoints: unknown): boolean =>
  keypoints === null ||
  keypoints === undefined ||
  (Array.isArray(keypoints) && keypoints.every((value) => numberOf(value) === 0))

function readJoints(keypoints: unknown, { joints, className }: CocoCategory): Annotation[] {
  if (saysNoJoints(keypoints)) return []
  if (!Array.isArray(keypoints))
    throw new FormatError('keypoints', `must be a list, not ${shown(keypoints)}`)
  const values = numbersOf(keypoints, 'keypoints')
  if (values.length !== joints.length * 3)
    throw new FormatError(
      'keypoints',
      `has ${values.length} numbers; the ${joints.length} keypoints of the category “${className}” need ${joints.length * 3}`,
    )
  return joints.flatMap((name, index) => {
    const [x, y, visibility] = values.slice(index * 3, index * 3 + 3)
    if (visibility === 0) return []
    const attributes: Annotation['attributes'] = visibility === 1 ? { occluded: 'true' } : {}
    return [newAnnotation({ kind: 'keypoint', x, y }, name, { attributes })]
  })
}

/** The outlines of an annotation; empty where it names none. Throws a FormatError. */
function readRegions(
  segmentation: unknown,
  context: Pick<Context, 'losses' | 'where' | 'budget' | 'size'>,
): Shape[] {
  if (typeof segmentation === 'string') {
    // Tables that were made JSON have empty cells, and lists as texts.
    if (/^\s*(?:\[\s*\]\s*)?$/.test(segmentation)) return []
    throw new FormatError(
      'segmentation',
      `must be a list or an RLE, not the text ${shown(segmentation)}`,
    )
  }
  if (isJsonObject(segmentation))
    return fitMask(readRle(segmentation, context.budget), segmentation, context)
  return Array.isArray(segmentation) ? readPolygons(segmentation, context) : []
}

const hasArea = (box: Box | null): box is Box => box !== null && box.w > 0 && box.h > 0

/**
 * Box, outlines and joints of an annotation. A fault in one of them leaves the others, and `fail` hears of it. Throws the
 * first fault where nothing is left to draw.
 */
function readParts(raw: JsonObject, category: CocoCategory, context: Context) {
  const faults: unknown[] = []
  const attempt = <T>(read: () => T, otherwise: T): T => {
    try {
      return read()
    } catch (error) {
      faults.push(error)
      return otherwise
    }
  }
  const box = attempt(() => readBox(raw.bbox), null)
  const regions = attempt(() => readRegions(raw.segmentation, context), [])
  const hasMore = regions.length > 0 || hasArea(box)
  const areUnnamed = hasMore && category.joints.length === 0
  const joints = attempt(() => (areUnnamed ? [] : readJoints(raw.keypoints, category)), [])
  if (areUnnamed && !saysNoJoints(raw.keypoints))
    context.losses.add(
      'keypoints whose category does not name them go back to COCO alone',
      context.where,
    )
  const [first] = faults
  if (first !== undefined && !hasMore && joints.length === 0) throw first
  for (const fault of faults) context.fail('', fault)
  return { box, regions, joints }
}

interface Context {
  /** Faults of a part of the annotation. */
  fail: OnFault
  classes: readonly AnnotationClass[]
  size: Size | null
  losses: LossLog
  where: string
  nextInstance: () => number
  budget: MaskBudget
}

/** Whether the joints alone would be taken for another category's. */
function isAmbiguous(
  joints: readonly Annotation[],
  className: string,
  classes: readonly AnnotationClass[],
): boolean {
  const fits = skeletonsWith(
    joints.map((joint) => joint.className),
    classes,
  )
  return fits[0]?.name !== className || fits.length > 1
}

const isOn = (value: unknown) => value === true || numberOf(value) === 1

/** One annotation, which may be several of ours: they share an instance. Throws a FormatError. */
export function readCocoAnnotation(
  raw: JsonObject,
  category: CocoCategory,
  context: Context,
): Annotation[] {
  const { classes, size } = context
  const { className, isPoint } = category
  const { box, regions, joints } = readParts(raw, category, context)
  if (box && areCorners(box, raw.area))
    context.losses.add(
      '“area” is that of a box from corner to corner: is bbox x1, y1, x2, y2? It is read as x, y, width, height',
      context.where,
    )
  const rotation = rotationOf(raw.attributes)
  // An empty mask, or one without an area, says less than the box.
  if (regions.length === 0 && box && !(isPoint && joints.length > 0)) {
    const bounds =
      joints.length > 0 ? boundsOfPoints(joints.flatMap(({ shape }) => shapeVertices(shape))) : null
    const saysNothing =
      bounds !== null &&
      (isNear(bounds, box, 1e-5) || !hasArea(box)) &&
      !isAmbiguous(joints, className, classes)
    if (!saysNothing) regions.push(boxShape(box, rotation))
  }
  if (regions.length === 0 && joints.length === 0)
    throw new FormatError(
      '',
      box === null && (raw.segmentation === undefined || raw.segmentation === null)
        ? 'has neither bbox nor segmentation nor keypoints: nothing can be drawn'
        : 'encloses nothing: neither its bbox nor its segmentation has an area',
    )
  const attributes = isJsonObject(raw.attributes) ? { ...raw.attributes } : {}
  const isTurned = regions.some(({ kind }) => kind === 'oriented_box')
  if (isTurned) delete attributes.rotation
  if (isOn(raw.iscrowd)) attributes[CROWD] = 'true'
  const confidence = confidenceOf(raw.score) ?? 1
  const given = numberOf(raw.instance_id)
  const isLinked = regions.length + joints.length > 1 && !(isPoint && joints.length === 1)
  const instanceId =
    given !== null && Number.isInteger(given) && given > 0
      ? given
      : isLinked
        ? context.nextInstance()
        : undefined
  const link = instanceId === undefined ? {} : { instanceId }
  const members = [
    ...regions.map((shape) =>
      newAnnotation(shape, className, { confidence, attributes: { ...attributes }, ...link }),
    ),
    ...joints.map((joint) =>
      isPoint
        ? { ...joint, confidence, attributes: { ...attributes, ...joint.attributes }, ...link }
        : { ...joint, ...link },
    ),
  ]
  const [object] = objectsOf(members, classes)
  const hasOwn = hasArea(box) && !isTurned && !isNear(box, boundsOfParts(object), 1e-3)
  const boxed = hasOwn && !object.box ? withOwnBox(members, box) : members
  const [again] = objectsOf(boxed, classes)
  const written = cocoFields(again, again.joints.size > 0 ? category.joints : null, size, null, '')
  const said: JsonObject = withoutKeys(raw, ['image_id', 'category_id', 'instance_id'])
  if (isTurned) said.rotation = (raw.attributes as JsonObject).rotation
  if (isJsonObject(raw.attributes) || Array.isArray(raw.attributes)) delete said.attributes
  if (raw.keypoints === null) delete said.keypoints
  const { fields, given: spelt } = unsaid(said, written ?? {}, COCO_GEOMETRY)
  if (fields.iscrowd !== undefined && isOn(fields.iscrowd)) delete fields.iscrowd
  return carrying(boxed, 'coco', fields, spelt)
}

/** COCO counts joints from 1; a file that counts from 0 shows it by a 0. Edges to nowhere are dropped. */
export function readSkeleton(edges: unknown, count: number): [number, number][] {
  const pairs = (Array.isArray(edges) ? edges : []).flatMap((edge): [number, number][] => {
    if (!Array.isArray(edge) || edge.length !== 2) return []
    const [a, b] = edge.map(numberOf)
    return a === null || b === null ? [] : [[a, b]]
  })
  const first = pairs.some((edge) => edge.includes(0)) ? 0 : 1
  const isJoint = (index: number) => Number.isInteger(index) && index >= 0 && index < count
  return pairs
    .map(([a, b]): [number, number] => [a - first, b - first])
    .filter((edge) => edge.every(isJoint))
}
