import { stringify as toYaml } from 'yaml'
import { boundsOfPoints, boxCorners } from '#shared/geometry/box.ts'
import { minimumAreaRectangle } from '#shared/geometry/ring.ts'
import { shapeBounds } from '#shared/geometry/shape.ts'
import { orientedCorners } from '#shared/geometry/shapes/oriented-box.ts'
import type { Box, Point, Shape } from '#shared/model/annotation.ts'
import type { AnnotationClass, Skeleton } from '#shared/model/annotation-class.ts'
import type { Split } from '#shared/model/dataset.ts'
import type { FormatId } from '#shared/model/format.ts'
import { guessPairs, isOccluded, mirroredJoint } from '#shared/model/pose.ts'
import { bridgeHoles } from './bridge.ts'
import { decimal } from './common.ts'
import type { LossLog } from './loss-log.ts'
import { posesOf } from './poses.ts'
import type { LabelledImage, LabelSet } from './types.ts'

// The layout: https://docs.ultralytics.com/datasets/

/** Eight decimals are a hundred-thousandth of a pixel even in an image 1,000 pixels wide. */
const DIGITS = 8

interface Line {
  className: string
  values: number[]
}

/** Turns an image's annotations into lines whose values are normalised to the image's size. */
type LineWriter = (image: LabelledImage, set: LabelSet, losses: LossLog) => Line[]

function normalise(points: readonly Point[], image: LabelledImage): number[] {
  return points.flatMap(({ x, y }) => [x / image.width, y / image.height])
}

function boxValues({ x, y, w, h }: Box, image: LabelledImage): number[] {
  return [(x + w / 2) / image.width, (y + h / 2) / image.height, w / image.width, h / image.height]
}

const ENCLOSED: Partial<Record<Shape['kind'], string>> = {
  oriented_box: 'oriented boxes are written as the upright box around them',
  polygon: 'polygons are written as the upright box around them',
}

const detectLines: LineWriter = (image, _set, losses) =>
  image.annotations.flatMap(({ className, shape }) => {
    if (shape.kind === 'polyline' || shape.kind === 'keypoint') {
      losses.leaveOut(`${shape.kind}s have no place in YOLO detect and are left out`, image.path)
      return []
    }
    const enclosed = ENCLOSED[shape.kind]
    if (enclosed) losses.add(enclosed, image.path)
    return [{ className, values: boxValues(shapeBounds(shape), image) }]
  })

const segmentLines: LineWriter = (image, _set, losses) =>
  image.annotations.flatMap(({ className, shape }) => {
    switch (shape.kind) {
      case 'bbox':
        losses.add('boxes are written as four-cornered polygons', image.path)
        return [{ className, values: normalise(boxCorners(shape), image) }]
      case 'oriented_box':
        losses.add('oriented boxes are written as four-cornered polygons', image.path)
        return [{ className, values: normalise(orientedCorners(shape), image) }]
      case 'polygon': {
        if (shape.rings.length > 1)
          losses.add('holes are joined to the outline by a cut of no width', image.path)
        return [{ className, values: normalise(bridgeHoles(shape.rings), image) }]
      }
      default:
        losses.leaveOut(`${shape.kind}s have no place in YOLO segment and are left out`, image.path)
        return []
    }
  })

const obbLines: LineWriter = (image, _set, losses) =>
  image.annotations.flatMap(({ className, shape }) => {
    switch (shape.kind) {
      case 'bbox':
        return [{ className, values: normalise(boxCorners(shape), image) }]
      case 'oriented_box':
        return [{ className, values: normalise(orientedCorners(shape), image) }]
      case 'polygon': {
        losses.add('polygons are written as the smallest oriented box around them', image.path)
        const box = minimumAreaRectangle(shape.rings[0])
        return [
          {
            className,
            values: normalise(orientedCorners({ kind: 'oriented_box', ...box }), image),
          },
        ]
      }
      default:
        losses.leaveOut(`${shape.kind}s have no place in YOLO OBB and are left out`, image.path)
        return []
    }
  })

/** One layout of joints for all classes, as YOLO pose needs it: the first skeleton's. */
function poseSkeleton(
  classes: readonly AnnotationClass[],
): { owner: string; skeleton: Skeleton } | null {
  for (const { name, skeleton } of classes) if (skeleton) return { owner: name, skeleton }
  return null
}

const poseLines: LineWriter = (image, set, losses) => {
  const template = poseSkeleton(set.classes)
  const { poses, rest } = posesOf(image, set.classes)
  for (const { shape } of rest)
    losses.leaveOut(
      `a ${shape.kind} outside a pose has no place in YOLO pose and is left out`,
      image.path,
    )
  return poses.flatMap(({ owner, joints, box }) => {
    if (!template || owner?.name !== template.owner) {
      losses.leaveOut(
        'keypoints outside the first skeleton are left out: YOLO pose has one layout',
        image.path,
      )
      return []
    }
    for (const { attributes } of joints.values()) {
      if (Object.keys(attributes).some((name) => name !== 'occluded'))
        losses.add('attributes other than "occluded" have no place in this format', image.path)
    }
    const around = box
      ? shapeBounds(box.shape)
      : boundsOfPoints([...joints.values()].map(({ shape }) => shape))
    const values = template.skeleton.nodes.flatMap(({ name }) => {
      const joint = joints.get(name)
      if (!joint) return [0, 0, 0]
      return [...normalise([joint.shape], image), isOccluded(joint) ? 1 : 2]
    })
    return [{ className: owner.name, values: [...boxValues(around, image), ...values] }]
  })
}

/** The classes that get a number: in pose, only those with a skeleton. */
function numbered(set: LabelSet, id: FormatId): string[] {
  const classes = id === 'yolo_pose' ? set.classes.filter(({ skeleton }) => skeleton) : set.classes
  return classes.map(({ name }) => name)
}

export function dataYaml(set: LabelSet, id: FormatId): string {
  const splits = new Set(set.images.map(({ split }) => split ?? 'train'))
  const template = id === 'yolo_pose' ? poseSkeleton(set.classes) : null
  const names = template?.skeleton.nodes.map((node) => node.name) ?? []
  // Where nobody said which joints are left and right of each other, their names do.
  const { skeleton } = template ?? {}
  const sided: Skeleton = {
    nodes: [],
    edges: [],
    ...skeleton,
    pairs: skeleton?.pairs ?? guessPairs(skeleton?.nodes ?? []),
  }
  const train = ['train', 'val', 'test'].find((split) => splits.has(split as Split)) ?? 'train'
  return toYaml({
    // No `path`: without it, everything is looked for beside this file, wherever it lies.
    train: `images/${train}`,
    // Ultralytics refuses a data.yaml without `val`; the training images stand in where there are none.
    val: splits.has('val') ? 'images/val' : `images/${train}`,
    ...(splits.has('test') && { test: 'images/test' }),
    names: Object.fromEntries(numbered(set, id).map((name, index) => [index, name])),
    ...(template && {
      kpt_shape: [names.length, 3],
      flip_idx: names.map((name) => names.indexOf(mirroredJoint(sided, name))),
      kpt_names: { 0: names },
      skeleton: template.skeleton.edges,
    }),
  })
}

/** One image's lines. `classNames` gives the numbers; a class that is not there is an error of the caller. */
export function yoloLines(
  id: 'yolo' | 'yolo_seg' | 'yolo_pose' | 'yolo_obb',
  image: LabelledImage,
  set: LabelSet,
  losses: LossLog,
): string {
  const numbers = new Map(numbered(set, id).map((name, index) => [name, index]))
  const write: Record<typeof id, LineWriter> = {
    yolo: detectLines,
    yolo_seg: segmentLines,
    yolo_pose: poseLines,
    yolo_obb: obbLines,
  }
  return write[id](image, set, losses)
    .map(
      ({ className, values }) =>
        `${[numbers.get(className), ...values.map((value) => decimal(value, DIGITS))].join(' ')}\n`,
    )
    .join('')
}
