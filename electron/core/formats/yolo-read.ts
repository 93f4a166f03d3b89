import { boundsOfPoints } from '#shared/geometry/box.ts'
import { type Annotation, newAnnotation, type Point, type Shape } from '#shared/model/annotation.ts'
import type { AnnotationClass, Skeleton } from '#shared/model/annotation-class.ts'
import { skeletonsWith } from '#shared/model/pose.ts'
import { partsOfRing } from './bridge.ts'
import { carrying, sameJson } from './carry.ts'
import { instanceIds } from './common.ts'
import { numberOf } from './fields.ts'
import { FormatError } from './format-error.ts'
import { LIMITS, requireAtMost } from './limits.ts'
import type { LossLog } from './loss-log.ts'
import { isNear, objectsOf } from './objects.ts'
import { turnedBox } from './quad.ts'
import { linesOf } from './text.ts'
import type { JsonObject, OnFault, Size } from './types.ts'
import { lineValues, type YoloKind } from './yolo-lines.ts'
import type { YoloNames } from './yolo-names.ts'
import { formOf, type LineForm, trackNumber } from './yolo-tally.ts'

// The layout: https://docs.ultralytics.com/datasets/

/** Numbers of a line with several parts that are compared with what would be written. */
const LONG_LINE = 2_000

/** Further outside, values are no fractions of an image. */
const MOST_OUTSIDE = 0.5

interface Joint extends Point {
  visibility: number
  name: string
}

/** What a line says, before it is drawn. */
interface Line {
  shapes: Shape[]
  joints: Joint[]
  /** The values that place something. */
  values: number[]
  confidence: number | null
  trackId: number | null
  isQuadrilateral: boolean
}

export interface YoloContext {
  kind: YoloKind
  names: YoloNames
  size: Size
  losses: LossLog
  where: string
  /** For poses; those of the whole dataset. */
  classes: readonly AnnotationClass[]
  /** The forms of lines in which a 1 at the end is the number of a track. */
  trackedForms: ReadonlySet<LineForm>
}

/** Whether the point after a box lies in it. */
const isInBox = ([cx, cy, w, h, x, y]: readonly number[]): boolean =>
  Math.abs(x - cx) <= w / 2 && Math.abs(y - cy) <= h / 2

/** A box and points that are 0, 1 or 2 visible. Nothing that is a fraction of the image is 2. */
function jointsIn(values: readonly number[]): number | null {
  if (values.length % 3 !== 1) return null
  const visible = values.filter((_, index) => index > 4 && index % 3 === 0)
  const isPose = visible.every((value) => value === 0 || value === 1 || value === 2)
  if (!isPose || !visible.includes(2)) return null
  // A triangle with track 2 has as many values as a box with one joint.
  return visible.length > 1 || isInBox(values) ? visible.length : null
}

function requireFractions(values: readonly number[]): void {
  const worst = values.find((value) => value < -MOST_OUTSIDE || value > 1 + MOST_OUTSIDE)
  if (worst === undefined) return
  throw new FormatError(
    '',
    `has the coordinate ${worst}, which is no fraction of the image (0 to 1): are these pixels or percent? Divide them by the image's size`,
  )
}

function boxOf([cx, cy, w, h]: readonly number[], { width, height }: Size): Shape {
  if (!(w > 0 && h > 0)) throw new FormatError('', 'width and height must be greater than 0')
  return {
    kind: 'bbox',
    x: (cx - w / 2) * width,
    y: (cy - h / 2) * height,
    w: w * width,
    h: h * height,
  }
}

function pointsIn(values: readonly number[], { width, height }: Size): Point[] {
  const points: Point[] = []
  for (let i = 0; i + 1 < values.length; i += 2)
    points.push({ x: values[i] * width, y: values[i + 1] * height })
  return points
}

const plainLine = (shapes: Shape[], values: number[], confidence: number | null = null): Line => ({
  shapes,
  values,
  confidence,
  joints: [],
  trackId: null,
  isQuadrilateral: false,
})

/** A last value beside the coordinates, as predictions are saved with it. Throws where it is none. */
function confidenceIn(value: number): number {
  if (value >= 0 && value <= 1) return value
  throw new FormatError('', `has ${value} at its end, where a confidence (0 to 1) stands`)
}

function readPose(values: number[], number: number, { names, size }: YoloContext): Line {
  const { jointCount: count, jointDimensions: dimensions } = names
  const expected = 4 + count * dimensions
  const extra = values.length - expected
  if (extra !== 0 && extra !== 1)
    throw new FormatError(
      '',
      `has ${values.length + 1} numbers; kpt_shape in data.yaml asks for ${expected + 1}`,
    )
  const placing = values.slice(0, expected)
  const joints = names.jointsOf(number).flatMap((name, index): Joint[] => {
    const [x, y, visibility = 2] = placing.slice(
      4 + index * dimensions,
      4 + (index + 1) * dimensions,
    )
    requireFractions([x, y])
    const isPlaced = dimensions === 3 ? visibility > 0 : x !== 0 || y !== 0
    return isPlaced ? [{ x: x * size.width, y: y * size.height, visibility, name }] : []
  })
  requireFractions(placing.slice(0, 4))
  return {
    ...plainLine(
      [boxOf(placing, size)],
      placing,
      extra === 1 ? confidenceIn(values[expected]) : null,
    ),
    joints,
  }
}

function readDetect(values: number[], { size }: YoloContext): Line {
  const box = values.slice(0, 4)
  requireFractions(box)
  const line = plainLine([boxOf(box, size)], box)
  if (values.length > 4) line.confidence = confidenceIn(values[4])
  return line
}

function readTurned(values: number[], { size }: YoloContext): Line {
  const corners = values.slice(0, 8)
  requireFractions(corners)
  const { shape, isRectangle } = turnedBox(pointsIn(corners, size))
  const line = plainLine([shape], corners, values.length === 9 ? confidenceIn(values[8]) : null)
  return { ...line, isQuadrilateral: !isRectangle }
}

function readPolygon(values: number[], { size }: YoloContext): Line {
  const joints = jointsIn(values)
  if (joints !== null)
    throw new FormatError(
      '',
      `looks like a pose of ${joints} joints: add a data.yaml with “kpt_shape: [${joints}, 3]” to say so`,
    )
  const hasConfidence = values.length % 2 === 1
  const outline = hasConfidence ? values.slice(0, -1) : values
  requireFractions(outline)
  const shapes = partsOfRing(pointsIn(outline, size)).map(
    (rings): Shape => ({ kind: 'polygon', rings }),
  )
  return plainLine(shapes, outline, hasConfidence ? confidenceIn(values[values.length - 1]) : null)
}

/** Which kind of line it is, by how many values it has. Throws a FormatError where none has so many. */
function readValues(values: number[], number: number, context: YoloContext): Line {
  const { kind, names } = context
  const count = values.length
  const isPose = names.jointCount > 0 && count === 4 + names.jointCount * names.jointDimensions
  if (kind === 'yolo_pose' || isPose) return readPose(values, number, context)
  if (count === 4 || count === 5) return readDetect(values, context)
  if (kind === 'yolo_obb') {
    if (count === 8 || count === 9) return readTurned(values, context)
    throw new FormatError(
      '',
      `has ${count + 1} numbers; YOLO OBB needs 9. For polygons read the files as yolo_seg`,
    )
  }
  // All files together say that boxes with confidences have numbers of tracks (detect.ts).
  if (kind === 'yolo' && count === 6 && Number.isInteger(values[5])) {
    return { ...readDetect(values.slice(0, 5), context), trackId: values[5] }
  }
  if (count < 6)
    throw new FormatError('', `has ${count + 1} numbers; a box needs 5, a polygon at least 7`)
  return readPolygon(values, context)
}

function numbersIn(line: string): number[] {
  const words = line.trim().split(/\s+/)
  requireAtMost(words.length, 2 * LIMITS.points + 2, 'numbers', '')
  return words.map((word) => {
    const number = numberOf(word)
    if (number === null) throw new FormatError('', `has “${word.slice(0, 20)}”, which is no number`)
    return number
  })
}

function annotationsOf(
  line: Line,
  className: string,
  { classes }: YoloContext,
  nextInstance: () => number,
): Annotation[] {
  const { joints, confidence } = line
  const isLinked = line.shapes.length > 1 || joints.length > 0
  const link = isLinked ? { instanceId: nextInstance() } : {}
  const points = joints.map(({ x, y, visibility, name }) =>
    newAnnotation({ kind: 'keypoint', x, y }, name, {
      ...link,
      attributes: visibility === 1 ? { occluded: 'true' } : {},
    }),
  )
  const around = joints.length > 0 ? boundsOfPoints(joints) : null
  const fits = skeletonsWith(
    joints.map(({ name }) => name),
    classes,
  )
  // A box that only surrounds the joints says nothing, where those tell their class.
  const isTold = fits.length === 1 && fits[0].name === className
  const shapes = line.shapes.filter(
    (shape) => !(shape.kind === 'bbox' && around && isTold && isNear(around, shape, 1e-3)),
  )
  return [
    ...shapes.map((shape) =>
      newAnnotation(shape, className, { ...link, ...(confidence !== null && { confidence }) }),
    ),
    ...points,
  ]
}

/** Notes what writing would not say again. */
function carryLine(
  annotations: Annotation[],
  line: Line,
  { kind, size, classes, names }: YoloContext,
  skeleton: Pick<Skeleton, 'nodes'> | null,
): Annotation[] {
  const [object, ...others] = objectsOf(annotations, classes)
  const { jointDimensions } = names
  const context = { size, losses: null, where: '', skeleton, jointDimensions }
  // Joining the parts of an outline again takes long where there are many points: it goes back as it came.
  const isLong = line.shapes.length > 1 && line.values.length > LONG_LINE
  const written = others.length === 0 && !isLong ? lineValues(object, kind, context) : null
  const fields: JsonObject = {
    ...(line.confidence !== null && { confidence: line.confidence }),
    ...(line.trackId !== null && { track_id: line.trackId }),
  }
  const isSame = written !== null && sameJson(written, line.values)
  return carrying(annotations, 'yolo', fields, isSame ? {} : { values: line.values, kind })
}

/** Whether the last of the values is the number of a track. `line` is their text, with the class before them. */
function hasTrack(line: string, values: readonly number[], context: YoloContext): boolean {
  const track = trackNumber(/\S+$/.exec(line.trimEnd())?.[0])
  if (track === null) return false
  const { kind, names, trackedForms } = context
  const count = values.length
  const isTrack = track > 1 || trackedForms.has(formOf(count + 1))
  const pose = 4 + names.jointCount * names.jointDimensions
  // Where the number of values is fixed, one more is a confidence or a track, and two more are both.
  if (kind === 'yolo_pose') return count === pose + 2 || (count === pose + 1 && isTrack)
  if (names.jointCount > 0 && count === pose) return false
  if (kind === 'yolo_obb' && count > 6) return count === 10 || (count === 9 && isTrack)
  return count > 4 && isTrack && jointsIn(values) === null
}

/** Labels of one image, for import and for label files in step. Single lines' faults go to `onFault`. */
export function readYoloText(text: string, context: YoloContext, onFault: OnFault): Annotation[] {
  const { names, losses, where } = context
  const nextInstance = instanceIds([])
  const unnamed = new Set<number>()
  const lines = linesOf(text)
  return lines.flatMap((words, index) => {
    if (words.trim() === '') return []
    try {
      const [number, ...values] = numbersIn(words)
      if (!Number.isInteger(number) || number < 0)
        throw new FormatError('', 'must begin with the number of a class, from 0')
      const trackId = hasTrack(words, values, context) ? (values.pop() ?? null) : null
      const line = readValues(values, number, context)
      line.trackId ??= trackId
      const className = names.byNumber.get(number) ?? `class ${number}`
      if (!names.byNumber.has(number) && names.byNumber.size > 0) unnamed.add(number)
      if (line.isQuadrilateral)
        losses.add(
          'quadrilaterals that are no rectangles become the smallest box around them',
          where,
        )
      const nodes = names.jointsOf(number).map((name) => ({ name }))
      const annotations = annotationsOf(line, className, context, nextInstance)
      return carryLine(annotations, line, context, nodes.length > 0 ? { nodes } : null)
    } catch (error) {
      onFault(`line ${index + 1}`, error)
      return []
    } finally {
      for (const number of unnamed)
        losses.add(
          `the number ${number} is beyond the list of ${names.byNumber.size} classes: its class is called “class ${number}”`,
          where,
        )
      unnamed.clear()
    }
  })
}
