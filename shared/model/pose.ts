import type { Annotation, Box, KeypointShape, Point } from './annotation.ts'
import type { AnnotationClass, Skeleton } from './annotation-class.ts'

export type SkeletonClass = AnnotationClass & { skeleton: Skeleton }
export type KeypointAnnotation = Annotation & { shape: KeypointShape }

export function isKeypoint(annotation: Annotation): annotation is KeypointAnnotation {
  return annotation.shape.kind === 'keypoint'
}

export function hasSkeleton(item: AnnotationClass): item is SkeletonClass {
  return item.skeleton !== undefined && item.skeleton.nodes.length > 0
}

/** Accepts all forms of "yes" in files. */
export function isTrue(value: unknown): boolean {
  return value === true || value === 1 || value === '1' || value === 'true'
}

/** A joint that is hidden, as the service marks it. */
export function isOccluded(annotation: Annotation): boolean {
  return isTrue(annotation.attributes.occluded)
}

export function withOccluded(annotation: Annotation, occluded: boolean): Annotation {
  const { occluded: _old, ...others } = annotation.attributes
  return { ...annotation, attributes: occluded ? { ...others, occluded: 'true' } : others }
}

const knownJoints = new WeakMap<Skeleton, ReadonlySet<string>>()

/** Collected once for each skeleton: thousands of poses ask for it in a frame. */
function jointNames(skeleton: Skeleton): ReadonlySet<string> {
  const names = knownJoints.get(skeleton) ?? new Set(skeleton.nodes.map(({ name }) => name))
  knownJoints.set(skeleton, names)
  return names
}

/** Lists of classes are never changed in place: each is gone over once. */
const indexes = new WeakMap<readonly AnnotationClass[], SkeletonIndex>()

interface SkeletonIndex {
  all: SkeletonClass[]
  byJoint: Map<string, SkeletonClass[]>
}

function skeletonIndex(classes: readonly AnnotationClass[]): SkeletonIndex {
  const there = indexes.get(classes)
  if (there) return there
  const all = classes.filter(hasSkeleton)
  const byJoint = new Map<string, SkeletonClass[]>()
  for (const item of all)
    for (const name of jointNames(item.skeleton)) {
      const list = byJoint.get(name)
      if (list) list.push(item)
      else byJoint.set(name, [item])
    }
  const index = { all, byJoint }
  indexes.set(classes, index)
  return index
}

/** The classes whose skeletons have all of these joints, those with fewest joints first. */
export function skeletonsWith(
  joints: Iterable<string>,
  classes: readonly AnnotationClass[],
): SkeletonClass[] {
  const names = [...joints]
  const { all, byJoint } = skeletonIndex(classes)
  const some = names.length === 0 ? all : (byJoint.get(names[0]) ?? [])
  return some
    .filter(({ skeleton }) => {
      const known = jointNames(skeleton)
      return names.every((name) => known.has(name))
    })
    .sort((a, b) => a.skeleton.nodes.length - b.skeleton.nodes.length)
}

/** The lines between existing joints, in image pixels. `at`: a joint's place by name. */
export function poseLinks(
  { nodes, edges }: Skeleton,
  at: (joint: string) => Point | undefined,
): [Point, Point][] {
  return edges.flatMap(([from, to]): [Point, Point][] => {
    const [a, b] = [at(nodes[from]?.name ?? ''), at(nodes[to]?.name ?? '')]
    return a && b ? [[a, b]] : []
  })
}

/** The places of the nodes when the template's square is stretched to a box, in image pixels. */
export function templateIn({ nodes }: Skeleton, box: Box): Point[] {
  const places = nodes.map(({ x, y }, index) => ({
    // Nodes without a position form a row.
    x: x ?? (index + 0.5) / nodes.length,
    y: y ?? 0.5,
  }))
  const [xs, ys] = [places.map(({ x }) => x), places.map(({ y }) => y)]
  const spread = (values: number[]) => {
    const low = Math.min(...values)
    const size = Math.max(...values) - low
    return (value: number) => (size > 0 ? (value - low) / size : 0.5)
  }
  const [across, down] = [spread(xs), spread(ys)]
  return places.map(({ x, y }) => ({
    x: box.x + across(x) * box.w,
    y: box.y + down(y) * box.h,
  }))
}

/** The name of the joint on the other side; its own name if it has none. */
export function mirroredJoint({ nodes, pairs = [] }: Skeleton, joint: string): string {
  const index = nodes.findIndex(({ name }) => name === joint)
  const pair = pairs.find((sides) => sides.includes(index))
  const other = pair?.find((side) => side !== index)
  return other === undefined ? joint : (nodes[other]?.name ?? joint)
}

/** Pairs of nodes whose names differ only in left and right, or in a separate l and r. */
export function guessPairs(nodes: readonly { name: string }[]): [number, number][] {
  const other: Record<string, string> = { left: 'right', right: 'left', l: 'r', r: 'l' }
  const swapped = (name: string) =>
    name.toLowerCase().replace(/left|right|(?<![a-z])[lr](?![a-z])/, (side) => other[side] ?? side)
  return nodes.flatMap(({ name }, index): [number, number][] => {
    const partner = nodes.findIndex((node) => node.name.toLowerCase() === swapped(name))
    return partner > index ? [[index, partner]] : []
  })
}

/**
 * The class whose attributes apply to an annotation: for a joint, the class of its pose, because all joints carry the
 * pose's attributes. `members`: the annotations of its instance.
 */
export function askingClass(
  annotation: Annotation,
  members: readonly Annotation[],
  classes: readonly AnnotationClass[],
): AnnotationClass | undefined {
  const owner = isKeypoint(annotation) ? linksOf(members, classes).owner : null
  return owner ?? classes.find(({ name }) => name === annotation.className)
}

/** The pose of keypoints with one instance id: the class whose skeleton has them, and its lines. */
export function linksOf(
  members: readonly Annotation[],
  classes: readonly AnnotationClass[],
): { owner: SkeletonClass | null; links: [Point, Point][] } {
  const places = new Map(
    members.filter(isKeypoint).map(({ className, shape }) => [className, shape]),
  )
  const [owner] = places.size === 0 ? [] : skeletonsWith(places.keys(), classes)
  if (!owner) return { owner: null, links: [] }
  return { owner, links: poseLinks(owner.skeleton, (joint) => places.get(joint)) }
}
