import { boundsOfPoints, boxCorners, clampBox } from '#shared/geometry/box.ts'
import { encodeRle, rasterise } from '#shared/geometry/raster.ts'
import { shapeArea } from '#shared/geometry/shape.ts'
import { orientedCorners } from '#shared/geometry/shapes/oriented-box.ts'
import type { Annotation, Box, Point } from '#shared/model/annotation.ts'
import { isOccluded } from '#shared/model/pose.ts'
import { rounded } from './common.ts'
import type { LossLog } from './loss-log.ts'
import { boxOfObject, CROWD, isCrowd, type LabelObject } from './objects.ts'
import type { JsonObject, Size } from './types.ts'

// The layout: https://cocodataset.org/#format-data

/** Fields that describe the shapes: they hold as long as those stay as they are. */
export const COCO_GEOMETRY: ReadonlySet<string> = new Set([
  'segmentation',
  'bbox',
  'area',
  'keypoints',
  'num_keypoints',
  'rotation',
])

function flat(ring: readonly Point[]): number[] {
  const numbers: number[] = []
  for (const { x, y } of ring) numbers.push(rounded(x), rounded(y))
  return numbers
}

const NOTHING: Box = { x: 0, y: 0, w: 0, h: 0 }

const boxOf = ({ x, y, w, h }: Box): number[] => [x, y, w, h].map(rounded)

/** The outlines of a region; empty for what COCO has no place for. */
function ringsOf({ shape }: Annotation): readonly (readonly Point[])[] {
  if (shape.kind === 'bbox') return [boxCorners(shape)]
  if (shape.kind === 'oriented_box') return [orientedCorners(shape)]
  return shape.kind === 'polygon' ? shape.rings : []
}

/** The regions of an object as polygons, or as RLE where there are holes or many things in one. */
function segmentationOf(
  object: LabelObject,
  regions: readonly Annotation[],
  size: Size | null,
  losses: LossLog | null,
  where: string,
): JsonObject[string] {
  const [only] = regions
  if (regions.length === 1 && only.shape.kind === 'bbox' && object.joints.size === 0) return []
  if (regions.some(({ shape }) => shape.kind === 'oriented_box'))
    losses?.add('oriented boxes are written as four-cornered polygons', where)
  const parts = regions.map(ringsOf)
  const hasHoles = parts.some((rings) => rings.length > 1)
  if (!hasHoles && !isCrowd(object)) return parts.map(([ring]) => flat(ring))
  if (!size) {
    if (hasHoles) losses?.add('holes are filled where the size of the image is not known', where)
    return parts.map(([ring]) => flat(ring))
  }
  if (hasHoles) losses?.add('polygons with holes are written as RLE, to whole pixels', where)
  return { size: [size.height, size.width], counts: runsOf(parts, size) }
}

/** The run lengths of filled rings; only the box around them is made pixels. */
function runsOf(parts: readonly (readonly (readonly Point[])[])[], size: Size): number[] {
  const { x, y, w, h } = clampBox(boundsOfPoints(parts.flat(2)), size.width, size.height) ?? NOTHING
  const [left, top] = [Math.floor(x), Math.floor(y)]
  const [width, height] = [Math.ceil(x + w) - left, Math.ceil(y + h) - top]
  const data = new Uint8Array(width * height)
  for (const rings of parts) {
    const mask = rasterise(rings, width, height, left, top)
    for (let index = 0; index < data.length; index++) data[index] |= mask.data[index]
  }
  return encodeRle({ width, height, data }, { ...size, left, top })
}

/** The COCO fields of an object, without ids; null if COCO cannot hold it. `losses`: null while reading. */
export function cocoFields(
  object: LabelObject,
  joints: readonly string[] | null,
  size: Size | null,
  losses: LossLog | null,
  where: string,
): JsonObject | null {
  const regions = object.regions.filter(({ shape }) => shape.kind !== 'polyline')
  for (const { shape } of object.regions)
    if (shape.kind === 'polyline')
      losses?.add('polylines have no place in COCO and are left out', where)
  const shapes = regions.filter(({ shape }) => shape.kind !== 'keypoint')
  if (shapes.length === 0 && object.joints.size === 0 && !object.box) return null
  const box = boxOfObject(object)
  const area =
    shapes.length > 0 ? shapes.reduce((sum, { shape }) => sum + shapeArea(shape), 0) : box.w * box.h
  const fields: JsonObject = {
    iscrowd: isCrowd(object) ? 1 : 0,
    segmentation: shapes.length > 0 ? segmentationOf(object, shapes, size, losses, where) : [],
    area: rounded(area),
    bbox: boxOf(box),
  }
  if (joints && object.joints.size > 0) {
    fields.keypoints = joints.flatMap((name) => {
      const joint = object.joints.get(name)
      if (!joint) return [0, 0, 0]
      return [rounded(joint.shape.x), rounded(joint.shape.y), isOccluded(joint) ? 1 : 2]
    })
    fields.num_keypoints = object.joints.size
  }
  const main = object.box ?? object.regions[0]
  const { [CROWD]: _crowd, ...attributes } = main?.attributes ?? soleJointAttributes(object, joints)
  const confidence = (main ?? object.members[0]).confidence
  if (Object.keys(attributes).length > 0) fields.attributes = attributes
  if (confidence !== 1) fields.score = confidence
  return fields
}

/** A class that is its own only joint has its attributes on the point. */
function soleJointAttributes(
  { joints, className }: LabelObject,
  names: readonly string[] | null,
): Annotation['attributes'] {
  if (names?.length !== 1 || names[0] !== className) return {}
  const { occluded: _occluded, ...attributes } = joints.get(className)?.attributes ?? {}
  return attributes
}
