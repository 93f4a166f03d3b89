import { isLocked, select, selection } from '#renderer/document/selection.ts'
import { session } from '#renderer/document/session.ts'
import { say, selectedAnnotations, toolState } from '#renderer/tools/tool-state.ts'
import { boundsOfPoints } from '#shared/geometry/box.ts'
import { shapeVertices, stretchShape } from '#shared/geometry/shape.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import { isKeypoint, isOccluded, mirroredJoint, withOccluded } from '#shared/model/pose.ts'
import { t } from '#shared/texts/texts.ts'
import type { Action } from './action.ts'
import { poseOf, updateAnnotations } from './edit-actions.ts'

const hasSelection = () => selection.getState().selected.size > 0
const hasKeypoint = () => selectedAnnotations().some(isKeypoint)

/** The whole instances that the selection has parts of, and what belongs to none. */
function wholeInstances(): Annotation[] {
  const store = session.getState().document?.annotations
  const all = selectedAnnotations().flatMap((annotation) =>
    annotation.instanceId === undefined
      ? [annotation]
      : (store?.instance(annotation.instanceId) ?? []),
  )
  return [...new Map(all.map((annotation) => [annotation.id, annotation])).values()]
}

/** A joint under the name of the one on the other side. */
function otherSide(annotation: Annotation): Annotation {
  const owner = isKeypoint(annotation) ? poseOf(annotation) : null
  if (!owner) return annotation
  return { ...annotation, className: mirroredJoint(owner.skeleton, annotation.className) }
}

function swapSides(): void {
  const joints = wholeInstances().filter(
    (annotation) => otherSide(annotation).className !== annotation.className,
  )
  if (joints.length === 0) {
    say(t('No left and right here: the class’s skeleton names the pairs'))
    return
  }
  updateAnnotations(t('Swap left and right'), joints, otherSide)
}

/** Mirrors about the middle of the selection; what was left of a pose is right then. */
function flip(): void {
  const parts = wholeInstances().filter((annotation) => !isLocked(annotation))
  const { x, w } = boundsOfPoints(parts.flatMap(({ shape }) => shapeVertices(shape)))
  const stretch = { sx: -1, sy: 1, dx: 2 * x + w, dy: 0 }
  updateAnnotations(t('Flip horizontally'), parts, (annotation) => ({
    ...otherSide(annotation),
    shape: stretchShape(annotation.shape, stretch),
  }))
}

export const POSE_ACTIONS: readonly Action[] = [
  {
    id: 'skip-joint',
    label: t('Skip this joint of the pose'),
    group: 'Shapes',
    context: 'canvas',
    keys: ['S'],
    enabled: () => toolState.getState().active.skip !== undefined,
    run: () => toolState.getState().active.skip?.(),
  },
  {
    id: 'occluded',
    label: t('Joint occluded, or seen again'),
    group: 'Shapes',
    context: 'canvas',
    keys: ['Shift+O'],
    enabled: hasKeypoint,
    run: () => {
      const joints = selectedAnnotations().filter(isKeypoint)
      const occluded = !joints.every(isOccluded)
      updateAnnotations(occluded ? t('Occluded') : t('Not occluded'), joints, (annotation) =>
        withOccluded(annotation, occluded),
      )
      say(`${joints.length} ${occluded ? 'occluded: hollow' : 'seen'}`)
    },
  },
  {
    id: 'select-instance',
    label: t('Select the whole instance'),
    group: 'Shapes',
    context: 'canvas',
    keys: ['Shift+G'],
    enabled: hasSelection,
    run: () => select(wholeInstances().map(({ id }) => id)),
  },
  {
    id: 'swap-sides',
    label: t('Swap left and right of a pose'),
    group: 'Shapes',
    context: 'canvas',
    keys: ['Shift+S'],
    enabled: hasKeypoint,
    run: swapSides,
  },
  {
    id: 'flip',
    label: t('Flip horizontally, left and right of poses swapped'),
    group: 'Shapes',
    context: 'canvas',
    keys: ['Shift+X'],
    enabled: hasSelection,
    run: flip,
  },
]
