import { boundsOfPoints } from '#shared/geometry/box.ts'
import { encodeRle, rasterise } from '#shared/geometry/raster.ts'
import { shapeArea, shapeBounds } from '#shared/geometry/shape.ts'
import { orientedCorners } from '#shared/geometry/shapes/oriented-box.ts'
import type { Annotation, Point, Shape } from '#shared/model/annotation.ts'
import { isOccluded } from '#shared/model/pose.ts'
import { rounded } from './common.ts'
import type { LossLog } from './loss-log.ts'
import { type Pose, posesOf } from './poses.ts'
import type { LabelledImage, LabelSet } from './types.ts'

// The layout: https://cocodataset.org/#format-data

interface CocoCategory {
  id: number
  name: string
  supercategory: string
  keypoints?: string[]
  skeleton?: [number, number][]
}

type CocoAnnotation = Record<string, unknown>

export function categoriesOf(set: LabelSet): CocoCategory[] {
  return set.classes.map(({ name, skeleton }, index) => ({
    id: index + 1,
    name,
    supercategory: '',
    ...(skeleton && {
      keypoints: skeleton.nodes.map((node) => node.name),
      // COCO counts a skeleton's joints from 1.
      skeleton: skeleton.edges.map(([a, b]): [number, number] => [a + 1, b + 1]),
    }),
  }))
}

const flat = (ring: readonly Point[]) => ring.flatMap(({ x, y }) => [rounded(x), rounded(y)])

function boxOf(shape: Shape): number[] {
  const { x, y, w, h } = shapeBounds(shape)
  return [x, y, w, h].map(rounded)
}

interface Written {
  segmentation: unknown
  area: number
  bbox: number[]
}

function writeShape(shape: Shape, image: LabelledImage, losses: LossLog): Written | null {
  const bbox = boxOf(shape)
  const area = rounded(shapeArea(shape))
  switch (shape.kind) {
    case 'bbox':
      return { segmentation: [], area, bbox }
    case 'oriented_box':
      losses.add('oriented boxes are written as four-cornered polygons', image.path)
      return { segmentation: [flat(orientedCorners(shape))], area, bbox }
    case 'polygon': {
      if (shape.rings.length === 1) return { segmentation: [flat(shape.rings[0])], area, bbox }
      losses.add('polygons with holes are written as RLE, to whole pixels', image.path)
      const mask = rasterise(shape.rings, image.width, image.height)
      const counts = encodeRle(mask)
      return { segmentation: { size: [image.height, image.width], counts }, area, bbox }
    }
    case 'polyline':
      losses.leaveOut('polylines have no place in COCO and are left out', image.path)
      return null
    case 'keypoint':
      return null
  }
}

function extras({ attributes, confidence, instanceId }: Annotation): CocoAnnotation {
  return {
    ...(Object.keys(attributes).length > 0 && { attributes }),
    ...(confidence !== 1 && { score: confidence }),
    ...(instanceId !== undefined && { instance_id: instanceId }),
  }
}

function writePose(pose: Pose, category: CocoCategory): CocoAnnotation {
  const names = category.keypoints ?? [category.name]
  const keypoints = names.flatMap((name) => {
    const joint = pose.joints.get(name)
    if (!joint) return [0, 0, 0]
    return [rounded(joint.shape.x), rounded(joint.shape.y), isOccluded(joint) ? 1 : 2]
  })
  const around = pose.box
    ? shapeBounds(pose.box.shape)
    : boundsOfPoints([...pose.joints.values()].map(({ shape }) => shape))
  const [first] = pose.joints.values()
  const box = [around.x, around.y, around.w, around.h].map(rounded)
  return {
    category_id: category.id,
    iscrowd: 0,
    segmentation: [],
    area: rounded(around.w * around.h),
    bbox: box,
    keypoints,
    num_keypoints: pose.joints.size,
    ...extras(pose.box ?? { ...first, attributes: {} }),
  }
}

export function writeImage(
  image: LabelledImage,
  set: LabelSet,
  categories: Map<string, CocoCategory>,
  losses: LossLog,
): CocoAnnotation[] {
  const { poses, rest } = posesOf(image, set.classes)
  const result: CocoAnnotation[] = []
  for (const annotation of rest) {
    const category = categories.get(annotation.className)
    const written = writeShape(annotation.shape, image, losses)
    if (category && written)
      result.push({ category_id: category.id, iscrowd: 0, ...written, ...extras(annotation) })
  }
  for (const pose of poses) {
    const [first] = pose.joints.values()
    const category = categories.get(pose.owner?.name ?? first.className)
    if (!category) continue
    if (!pose.owner) {
      if (pose.joints.size > 1)
        losses.add("keypoints that no class's skeleton joins are written one by one", image.path)
      category.keypoints ??= [category.name]
      category.skeleton ??= []
      for (const [name, joint] of pose.joints) {
        const own = categories.get(name)
        if (!own) continue
        own.keypoints ??= [own.name]
        own.skeleton ??= []
        result.push(writePose({ ...pose, joints: new Map([[name, joint]]) }, own))
      }
      continue
    }
    for (const [name, joint] of pose.joints) {
      const { occluded: _occluded, ...others } = joint.attributes
      if (Object.keys(others).length > 0)
        losses.add(
          `a joint's attributes other than "occluded" have no place in COCO`,
          `${image.path}: ${name}`,
        )
    }
    result.push(writePose(pose, category))
  }
  return result
}
