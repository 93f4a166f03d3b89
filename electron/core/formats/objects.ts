import { boundsOfPoints } from '#shared/geometry/box.ts'
import { shapeBounds } from '#shared/geometry/shape.ts'
import type { Annotation, Box } from '#shared/model/annotation.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import {
  hasSkeleton,
  isKeypoint,
  type KeypointAnnotation,
  type SkeletonClass,
  skeletonsWith,
} from '#shared/model/pose.ts'
import { shapeMark } from './carry.ts'
import type { Json } from './types.ts'

/**
 * One thing in an image. Annotations with the same instance id and class are its parts; a box beside other parts is the
 * box of the whole. The keypoints of an instance belong to the part whose class has their skeleton.
 */
export interface LabelObject {
  className: string
  /** All of its annotations, in the image's order. */
  members: Annotation[]
  /** Its shapes, without keypoints and without the box of the whole. */
  regions: Annotation[]
  /** By name. */
  joints: Map<string, KeypointAnnotation>
  /** The class whose skeleton has the joints; null for points that no skeleton knows. */
  owner: SkeletonClass | null
  /** The box of the whole, where somebody drew one. */
  box: Annotation | null
}

/** In `extra`: what an object has of its own, in whichever format it came. */
const OBJECT_KEY = 'object'

/** The object's first annotation, which carries what belongs to the whole. */
export const leadOf = ({ members }: LabelObject): Annotation => members[0]

/** Keeps a box that differs from the bounds of the parts, until the parts change. Marks the first of `members`. */
export function withOwnBox(members: readonly Annotation[], box: Box): Annotation[] {
  const [lead, ...others] = members
  const own: Json = { box: [box.x, box.y, box.w, box.h], of: shapeMark(members) }
  return [{ ...lead, extra: { ...lead.extra, [OBJECT_KEY]: own } }, ...others]
}

function ownBox({ members }: LabelObject): Box | null {
  for (const { extra } of members) {
    const own = extra?.[OBJECT_KEY] as { box?: number[]; of?: string } | undefined
    if (!own || !Array.isArray(own.box) || own.of !== shapeMark(members)) continue
    const [x, y, w, h] = own.box
    return { x, y, w, h }
  }
  return null
}

/** Bounds of the shapes, without regard to a box that somebody gave. */
export function boundsOfParts({ regions, joints }: Pick<LabelObject, 'regions' | 'joints'>): Box {
  if (regions.length === 1) return shapeBounds(regions[0].shape)
  if (regions.length === 0) return boundsOfPoints([...joints.values()].map(({ shape }) => shape))
  const corners = regions.flatMap(({ shape }) => {
    const { x, y, w, h } = shapeBounds(shape)
    return [
      { x, y },
      { x: x + w, y: y + h },
    ]
  })
  return boundsOfPoints(corners)
}

/** The box of an object: its own, the one that was drawn, else the bounds of its parts. Image pixels. */
export function boxOfObject(object: LabelObject): Box {
  return ownBox(object) ?? (object.box ? shapeBounds(object.box.shape) : boundsOfParts(object))
}

/** Whether the object's box says more than its parts do, by more than a pixel of rounding. */
export function hasOwnBox(object: LabelObject): boolean {
  if (object.box) return false
  const own = ownBox(object)
  return own !== null && !isNear(own, boundsOfParts(object), 1)
}

export function isNear(a: Box, b: Box, tolerance: number): boolean {
  return (
    Math.abs(a.x - b.x) <= tolerance &&
    Math.abs(a.y - b.y) <= tolerance &&
    Math.abs(a.x + a.w - b.x - b.w) <= tolerance &&
    Math.abs(a.y + a.h - b.y - b.h) <= tolerance
  )
}

const isUpright = ({ shape }: Annotation) => shape.kind === 'bbox'

/** An annotation that is an object by itself. */
export function simpleObject(annotation: Annotation): LabelObject {
  return {
    className: annotation.className,
    members: [annotation],
    regions: [annotation],
    joints: new Map(),
    owner: null,
    box: null,
  }
}

/** Keypoints as poses: a second point of the same joint begins another. */
function posesIn(points: readonly KeypointAnnotation[]): Map<string, KeypointAnnotation>[] {
  const poses: Map<string, KeypointAnnotation>[] = []
  /** Points of each joint so far: the next one is of the pose with that number. */
  const counts = new Map<string, number>()
  for (const point of points) {
    const number = counts.get(point.className) ?? 0
    counts.set(point.className, number + 1)
    poses[number] ??= new Map()
    poses[number].set(point.className, point)
  }
  return poses
}

/** The annotations that share an instance id. */
function objectsOfGroup(
  group: readonly Annotation[],
  classes: readonly AnnotationClass[],
): LabelObject[] {
  const objects = [
    ...Map.groupBy(
      group.filter((annotation) => !isKeypoint(annotation)),
      ({ className }) => className,
    ),
  ].map(
    ([className, regions]): LabelObject => ({
      className,
      members: regions,
      regions,
      joints: new Map(),
      owner: null,
      box: null,
    }),
  )
  const withRegions = [...objects]
  for (const joints of posesIn(group.filter(isKeypoint))) {
    const fits = skeletonsWith(joints.keys(), classes)
    const wanted = new Set(fits.map(({ name }) => name))
    const place = withRegions.findIndex(({ className }) => wanted.has(className))
    const [whole] = place < 0 ? [] : withRegions.splice(place, 1)
    const points = [...joints.values()]
    if (whole) {
      whole.joints = joints
      whole.owner = fits.find(({ name }) => name === whole.className) ?? null
      continue
    }
    const owner = fits[0] ?? null
    // Points that no skeleton joins are not one object.
    const alone = owner ? [joints] : points.map((point) => new Map([[point.className, point]]))
    for (const own of alone)
      objects.push({
        className: owner?.name ?? [...own.keys()][0],
        members: [...own.values()],
        regions: [],
        joints: own,
        owner,
        box: null,
      })
  }
  const order = new Map(group.map((annotation, index) => [annotation, index]))
  const placeOf = (annotation: Annotation) => order.get(annotation) ?? 0
  for (const object of objects) {
    const boxes = object.regions.filter(isUpright)
    const hasMore = object.regions.length > boxes.length || object.joints.size > 0
    if (boxes.length === 1 && hasMore) {
      object.box = boxes[0]
      object.regions = object.regions.filter((region) => region !== object.box)
    }
    const own = new Set<Annotation>([...object.members, ...object.joints.values()])
    object.members = [...own].sort((a, b) => placeOf(a) - placeOf(b))
  }
  return objects
}

/** The objects of an image, in the order of their first annotations. Every annotation is in exactly one. */
export function objectsOf(
  annotations: readonly Annotation[],
  classes: readonly AnnotationClass[],
): LabelObject[] {
  const groups = new Map<number, Annotation[]>()
  for (const annotation of annotations) {
    const { instanceId } = annotation
    if (instanceId === undefined) continue
    const group = groups.get(instanceId)
    if (group) group.push(annotation)
    else groups.set(instanceId, [annotation])
  }
  if (groups.size === 0 && !annotations.some(isKeypoint)) return annotations.map(simpleObject)
  const byLead = new Map<Annotation, LabelObject>()
  for (const group of groups.values())
    for (const object of objectsOfGroup(group, classes)) byLead.set(object.members[0], object)
  for (const annotation of annotations) {
    if (annotation.instanceId !== undefined) continue
    const [object] = isKeypoint(annotation)
      ? objectsOfGroup([annotation], classes)
      : [simpleObject(annotation)]
    byLead.set(annotation, object)
  }
  return annotations.flatMap((annotation) => byLead.get(annotation) ?? [])
}

/** In `attributes`: a region of many things that were not labelled one by one (COCO's `iscrowd`). */
export const CROWD = 'iscrowd'

export function isCrowd({ members }: LabelObject): boolean {
  return members.some(({ attributes }) => {
    const value = attributes[CROWD]
    return value === true || value === 1 || value === '1' || value === 'true'
  })
}

/** Classes that are joints of another class alone: they get no number unless something is drawn as one. */
export function jointClasses(classes: readonly AnnotationClass[]): Set<string> {
  const joints = classes.flatMap(({ skeleton }) => skeleton?.nodes.map(({ name }) => name) ?? [])
  const owners = new Set(classes.filter(hasSkeleton).map(({ name }) => name))
  return new Set(joints.filter((name) => !owners.has(name)))
}
