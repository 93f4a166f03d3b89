import { boxCorners, clampBox } from '#shared/geometry/box.ts'
import { minimumAreaRectangle } from '#shared/geometry/ring.ts'
import { shapeVertices } from '#shared/geometry/shape.ts'
import { orientedCorners } from '#shared/geometry/shapes/oriented-box.ts'
import type { Annotation, Box, Point, Shape } from '#shared/model/annotation.ts'
import type { Skeleton } from '#shared/model/annotation-class.ts'
import { isOccluded } from '#shared/model/pose.ts'
import { joinRings } from './bridge.ts'
import type { LossLog } from './loss-log.ts'
import { boxOfObject, type LabelObject } from './objects.ts'
import type { Size } from './types.ts'

// The layout: https://docs.ultralytics.com/datasets/

export type YoloKind = 'yolo' | 'yolo_seg' | 'yolo_pose' | 'yolo_obb'

/** What the values of a line depend on. `losses`: null while reading. */
export interface LineContext {
  size: Size
  losses: LossLog | null
  where: string
  /** The joints of all poses; null: there are none. */
  skeleton: Pick<Skeleton, 'nodes'> | null
  jointDimensions: number
}

const fractions = (points: readonly Point[], { width, height }: Size): number[] =>
  points.flatMap(({ x, y }) => [x / width, y / height])

/** The part of a box inside the image, as centre and size. */
function boxValues(box: Box, size: Size): number[] {
  const { x, y, w, h } = clampBox(box, size.width, size.height) ?? box
  return [(x + w / 2) / size.width, (y + h / 2) / size.height, w / size.width, h / size.height]
}

export const isSolid = ({ shape }: Annotation) =>
  shape.kind !== 'polyline' && shape.kind !== 'keypoint'

/** A box as four corners, or what the other shapes are. */
function ringsOf(shape: Shape): readonly (readonly Point[])[] {
  if (shape.kind === 'bbox') return [boxCorners(shape)]
  if (shape.kind === 'oriented_box') return [orientedCorners(shape)]
  return shape.kind === 'polygon' ? shape.rings : []
}

const NAMES: Record<YoloKind, string> = {
  yolo: 'YOLO detect',
  yolo_seg: 'YOLO segment',
  yolo_pose: 'YOLO pose',
  yolo_obb: 'YOLO OBB',
}

type LineValues = (
  object: LabelObject,
  solid: readonly Annotation[],
  context: LineContext,
) => number[]

const detect: LineValues = (object, solid, { size, losses, where }) => {
  for (const { shape } of solid) {
    if (shape.kind === 'polygon')
      losses?.add('polygons are written as the upright box around them', where)
    if (shape.kind === 'oriented_box')
      losses?.add('oriented boxes are written as the upright box around them', where)
  }
  return boxValues(boxOfObject(object), size)
}

const segment: LineValues = (object, solid, { size, losses, where }) => {
  const parts =
    solid.length > 0
      ? solid.map(({ shape }) => shape)
      : [{ kind: 'bbox', ...boxOfObject(object) } as const]
  for (const { kind } of parts) {
    if (kind === 'bbox') losses?.add('boxes are written as four-cornered polygons', where)
    if (kind === 'oriented_box')
      losses?.add('oriented boxes are written as four-cornered polygons', where)
  }
  const rings = parts.flatMap(ringsOf)
  if (parts.some((shape) => shape.kind === 'polygon' && shape.rings.length > 1))
    losses?.add('holes are joined to the outline by a cut of no width', where)
  return fractions(rings.length > 1 ? joinRings(rings) : rings[0], size)
}

/** The four corners of an object, image pixels: of its own box, else of the smallest one around its parts. */
export function turnedCorners(
  object: LabelObject,
  solid: readonly Annotation[],
  losses: LossLog | null,
  where: string,
): readonly Point[] {
  const [only] = solid
  if (!only) return boxCorners(boxOfObject(object))
  const { shape } = only
  if (solid.length === 1 && shape.kind === 'bbox') return boxCorners(shape)
  if (solid.length === 1 && shape.kind === 'oriented_box') return orientedCorners(shape)
  losses?.add('polygons are written as the smallest oriented box around them', where)
  const around = minimumAreaRectangle(solid.flatMap((part) => shapeVertices(part.shape)))
  return orientedCorners({ kind: 'oriented_box', ...around })
}

const turned: LineValues = (object, solid, { size, losses, where }) =>
  fractions(turnedCorners(object, solid, losses, where), size)

const pose: LineValues = (object, solid, context) => {
  const { size, losses, where, skeleton, jointDimensions } = context
  const nodes = object.owner?.skeleton.nodes ?? skeleton?.nodes ?? []
  if (solid.some(({ shape }) => shape.kind !== 'bbox'))
    losses?.add('polygons and oriented boxes are written as the upright box around them', where)
  for (const { attributes } of object.joints.values())
    if (Object.keys(attributes).some((name) => name !== 'occluded'))
      losses?.add('attributes other than "occluded" have no place in this format', where)
  const joints = nodes.flatMap(({ name }) => {
    const joint = object.joints.get(name)
    if (!joint) return [0, 0, 0].slice(0, jointDimensions)
    const place = fractions([joint.shape], size)
    return jointDimensions === 2 ? place : [...place, isOccluded(joint) ? 1 : 2]
  })
  return [...boxValues(boxOfObject(object), size), ...joints]
}

const VALUES: Record<YoloKind, LineValues> = {
  yolo: detect,
  yolo_seg: segment,
  yolo_pose: pose,
  yolo_obb: turned,
}

/** Why an object has no line; null: it has one. */
function refusal(object: LabelObject, kind: YoloKind, context: LineContext): string | null {
  const { regions, joints, box, owner } = object
  const isDrawn = box !== null || regions.some(isSolid)
  if (kind === 'yolo_pose') {
    const count = context.skeleton?.nodes.length ?? 0
    if (joints.size > 0 && owner && owner.skeleton.nodes.length !== count)
      return 'keypoints outside the first skeleton are left out: YOLO pose has one layout'
    if (owner || (isDrawn && joints.size === 0 && count > 0)) return null
    const what = regions[0]?.shape.kind ?? 'keypoint'
    return `a ${what} outside a pose has no place in YOLO pose and is left out`
  }
  if (isDrawn || owner) return null
  const what = regions[0]?.shape.kind ?? 'keypoint'
  return `${what}s have no place in ${NAMES[kind]} and are left out`
}

/** The values after the class number; null: the object has no line, which is counted. */
export function lineValues(
  object: LabelObject,
  kind: YoloKind,
  context: LineContext,
): number[] | null {
  const { losses, where } = context
  const reason = refusal(object, kind, context)
  if (reason) {
    losses?.leaveOut(reason, where)
    return null
  }
  if (kind !== 'yolo_pose' && object.joints.size > 0)
    losses?.add(`keypoints have no place in ${NAMES[kind]}: their box is written`, where)
  if (object.regions.some((region) => !isSolid(region)))
    losses?.add(`polylines have no place in ${NAMES[kind]} and are left out`, where)
  return VALUES[kind](object, object.regions.filter(isSolid), context)
}
