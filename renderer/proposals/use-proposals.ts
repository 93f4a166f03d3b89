import { useSyncExternalStore } from 'react'
import type { ShownProposal } from '#renderer/document/image-proposals.ts'
import type { Editor } from '#renderer/tools/editor.ts'
import { useStore } from '#renderer/ui/use-store.ts'
import type { Proposal } from '#shared/model/proposal.ts'

/** The proposals of an editor's image, those that are shown, and the one that is decided on next. */
export function useProposals({ proposals }: Editor): {
  all: readonly Proposal[]
  shown: readonly ShownProposal[]
  currentId: string | null
} {
  const { all } = useStore(proposals.state)
  const shown = useSyncExternalStore(
    (listener) => proposals.subscribe(listener),
    () => proposals.shown(),
  )
  return { all, shown, currentId: proposals.current()?.proposal.id ?? null }
}
