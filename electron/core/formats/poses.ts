import type { Annotation } from '#shared/model/annotation.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import {
  isKeypoint,
  type KeypointAnnotation,
  type SkeletonClass,
  skeletonsWith,
} from '#shared/model/pose.ts'
import type { LabelledImage } from './types.ts'

/** The keypoints of one object: the joint is the class of each point. */
export interface Pose {
  /** The class whose skeleton has the joints; null for points that no skeleton knows. */
  owner: SkeletonClass | null
  joints: Map<string, KeypointAnnotation>
  /** A box of the same instance, where there is one. */
  box: Annotation | null
}

/**
 * Groups an image's keypoints into poses by instance id. Points without one, and a second point of the
 * same joint, are poses of their own. `rest` is everything that is in no pose.
 */
export function posesOf(
  image: Pick<LabelledImage, 'annotations'>,
  classes: readonly AnnotationClass[],
): { poses: Pose[]; rest: Annotation[] } {
  const groups = new Map<number | string, Map<string, KeypointAnnotation>>()
  const others: Annotation[] = []
  for (const annotation of image.annotations) {
    if (!isKeypoint(annotation)) {
      others.push(annotation)
      continue
    }
    const joints = groups.get(annotation.instanceId ?? annotation.id) ?? new Map()
    const crowded = joints.has(annotation.className)
    if (crowded) groups.set(annotation.id, new Map([[annotation.className, annotation]]))
    else
      groups.set(
        annotation.instanceId ?? annotation.id,
        joints.set(annotation.className, annotation),
      )
  }
  const used = new Set<string>()
  const poses = [...groups].map(([key, joints]): Pose => {
    const linked = others.filter(
      ({ id, instanceId, shape }) =>
        typeof key === 'number' && instanceId === key && shape.kind === 'bbox' && !used.has(id),
    )
    const fits = skeletonsWith(joints.keys(), classes)
    const owner =
      fits.find(({ name }) => linked.some(({ className }) => className === name)) ?? fits[0] ?? null
    const box = linked.find(({ className }) => className === owner?.name) ?? null
    if (box) used.add(box.id)
    return { owner, joints, box }
  })
  return { poses, rest: others.filter(({ id }) => !used.has(id)) }
}
