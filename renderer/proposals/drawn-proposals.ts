import type { DrawnProposal } from '#renderer/canvas/draw-proposals.ts'
import { choices } from '#renderer/document/choices.ts'
import type { Editor } from '#renderer/tools/editor.ts'

export const percentOf = (confidence: number): string => `${Math.round(confidence * 100)} %`

/** What the canvas draws of the editor's proposals. */
export function drawnProposals(
  { proposals }: Editor,
  colorOf: (className: string) => string,
): DrawnProposal[] {
  if (choices.getState().allHidden) return []
  const shown = proposals.shown()
  if (shown.length === 0) return []
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
