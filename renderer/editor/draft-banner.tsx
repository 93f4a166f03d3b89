import { PencilLine } from 'lucide-react'
import { takeTool } from '#renderer/actions/actions.ts'
import { choices } from '#renderer/document/choices.ts'
import type { ImageDocument } from '#renderer/document/image-document.ts'
import { TOOLS } from '#renderer/tools/tools.ts'
import { Button } from '#renderer/ui/button.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import { t } from '#shared/texts/texts.ts'

/** Offers to continue a shape that was left unfinished on this image. */
export function DraftBanner({ document }: { document: ImageDocument }) {
  const drafts = useStore(document.drafts)
  const toolId = useStore(choices, (state) => state.toolId)
  const tool = TOOLS.find(({ id }) => id !== toolId && drafts[id] !== undefined)
  if (!tool) return null
  return (
    <output className="absolute top-3 left-1/2 z-10 flex -translate-x-1/2 items-center gap-3 rounded-lg border border-line bg-surface py-1.5 pr-1.5 pl-3 text-sm shadow-float">
      <PencilLine className="size-4 text-accent-text" />
      {t('Unfinished drawing: {tool}', { tool: tool.label })}
      <span className="flex gap-1">
        <Button variant="primary" className="h-7" onClick={() => takeTool(tool.id)}>
          {t('Continue drawing')}
        </Button>
        <Button variant="ghost" className="h-7" onClick={() => document.setDraft(tool.id, null)}>
          {t('Discard')}
        </Button>
      </span>
    </output>
  )
}
