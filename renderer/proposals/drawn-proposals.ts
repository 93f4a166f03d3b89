import type { DrawnProposal } from '#renderer/canvas/draw-proposals.ts'
import { classColors } from '#renderer/canvas/palette.ts'
import { choices } from '#renderer/document/choices.ts'
import type { ShownProposal } from '#renderer/document/image-proposals.ts'
import type { Editor } from '#renderer/tools/editor.ts'
import { type AnnotationClass, withClassNames } from '#shared/model/annotation-class.ts'

export const percentOf = (confidence: number): string => `${Math.round(confidence * 100)}%`

/** Colours of classes; those that are made when a proposal is accepted have theirs already. */
export function proposalColors(
  classes: readonly AnnotationClass[],
  shown: readonly ShownProposal[],
): (className: string) => string {
  return classColors(
    withClassNames(
      classes,
      shown.map(({ className }) => className),
    ),
  )
}

/** What the canvas draws of the editor's proposals. */
export function drawnProposals(
  { proposals }: Editor,
  classes: readonly AnnotationClass[],
): DrawnProposal[] {
  if (choices.getState().allHidden) return []
  const shown = proposals.shown()
  if (shown.length === 0) return []
  const colorOf = proposalColors(classes, shown)
  const currentId = proposals.current()?.proposal.id
  return shown.map(({ proposal, className, covered }) => ({
    shape: proposal.shape,
    joints: proposal.keypoints,
    label: `${className} ${percentOf(proposal.confidence)}`,
    color: colorOf(className),
    isCurrent: proposal.id === currentId,
    isCovered: covered !== null,
  }))
}
