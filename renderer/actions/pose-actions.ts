import { say } from '#renderer/document/status-line.ts'
import type { Editor } from '#renderer/tools/editor.ts'
import { boundsOfPoints } from '#shared/geometry/box.ts'
import { shapeVertices, stretchShape } from '#shared/geometry/shape.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import { isKeypoint, isOccluded, mirroredJoint, withOccluded } from '#shared/model/pose.ts'
import { t } from '#shared/texts/texts.ts'
import type { Action } from './action.ts'
import { hasSelection, poseOf, updateAnnotations } from './edit-actions.ts'

const hasKeypoint = ({ selection }: Editor) => selection.annotations().some(isKeypoint)

/** The whole instances that the selection has parts of, and what belongs to none. */
function wholeInstances({ document, selection }: Editor): Annotation[] {
  const all = selection
    .annotations()
    .flatMap((annotation) =>
      annotation.instanceId === undefined
        ? [annotation]
        : document.annotations.instance(annotation.instanceId),
    )
  return [...new Map(all.map((annotation) => [annotation.id, annotation])).values()]
}

/** A joint under the name of the one on the other side. */
function otherSide(editor: Editor, annotation: Annotation): Annotation {
  const owner = isKeypoint(annotation) ? poseOf(editor, annotation) : null
  if (!owner) return annotation
  return { ...annotation, className: mirroredJoint(owner.skeleton, annotation.className) }
}

function swapSides(editor: Editor): void {
  const joints = wholeInstances(editor).filter(
    (annotation) => otherSide(editor, annotation).className !== annotation.className,
  )
  if (joints.length === 0) {
    say(t('The class’s skeleton has no left and right pairs. Define them in the class settings'))
    return
  }
  updateAnnotations(editor, t('Swap left and right'), joints, (joint) => otherSide(editor, joint))
}

/** Mirrors the selection about its center, and swaps left and right joints. */
function flip(editor: Editor): void {
  const parts = wholeInstances(editor).filter(
    (annotation) => !editor.selection.isLocked(annotation),
  )
  const { x, w } = boundsOfPoints(parts.flatMap(({ shape }) => shapeVertices(shape)))
  const stretch = { sx: -1, sy: 1, dx: 2 * x + w, dy: 0 }
  updateAnnotations(editor, t('Flip horizontally'), parts, (annotation) => ({
    ...otherSide(editor, annotation),
    shape: stretchShape(annotation.shape, stretch),
  }))
}

export const POSE_ACTIONS: readonly Action[] = [
  {
    id: 'skip-joint',
    label: t('Skip this joint of the pose'),
    group: 'Shapes',
    context: 'image',
    keys: ['S'],
    enabled: ({ tool }) => tool.getState().active.skip !== undefined,
    run: ({ tool }) => tool.getState().active.skip?.(),
  },
  {
    id: 'occluded',
    label: t('Mark the joint as occluded or visible'),
    group: 'Shapes',
    context: 'image',
    keys: ['Shift+O'],
    enabled: hasKeypoint,
    run: (editor) => {
      const joints = editor.selection.annotations().filter(isKeypoint)
      const occluded = !joints.every(isOccluded)
      updateAnnotations(
        editor,
        occluded ? t('Occluded') : t('Not occluded'),
        joints,
        (annotation) => withOccluded(annotation, occluded),
      )
      say(`${joints.length} ${occluded ? 'occluded: hollow' : 'seen'}`)
    },
  },
  {
    id: 'select-instance',
    label: t('Select the whole instance'),
    group: 'Shapes',
    context: 'image',
    keys: ['Shift+G'],
    enabled: hasSelection,
    run: (editor) => editor.selection.select(wholeInstances(editor).map(({ id }) => id)),
  },
  {
    id: 'swap-sides',
    label: t('Swap left and right of a pose'),
    group: 'Shapes',
    context: 'image',
    keys: ['Shift+S'],
    enabled: hasKeypoint,
    run: swapSides,
  },
  {
    id: 'flip',
    label: t('Flip horizontally, left and right of poses swapped'),
    group: 'Shapes',
    context: 'image',
    keys: ['Shift+X'],
    enabled: hasSelection,
    run: flip,
  },
]
