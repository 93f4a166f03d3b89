import { ScanSearch } from 'lucide-react'
import { showDialog } from '#renderer/actions/app-state.ts'
import { proposalState } from '#renderer/document/proposal-state.ts'
import { useStore } from '#renderer/ui/use-store.ts'
import { t } from '#shared/texts/texts.ts'

/** How far the detections that run are, in the bar; a click shows them. Nothing while none runs. */
export function DetectIndicator() {
  const percent = useStore(proposalState, ({ jobs }) => {
    const running = jobs.filter(({ state }) => state === 'running')
    if (running.length === 0) return null
    const total = running.reduce((sum, { images }) => sum + images.total, 0)
    const looked = running.reduce((sum, { images }) => sum + images.done + images.failed, 0)
    return total === 0 ? 0 : Math.floor((looked / total) * 100)
  })
  if (percent === null) return null
  return (
    <button
      type="button"
      title={t('Detection on this machine')}
      aria-label={t('Detection: {percent} %', { percent })}
      onClick={() => showDialog({ kind: 'transfers' })}
      className="flex h-7 items-center gap-1.5 rounded-md px-2 text-xs whitespace-nowrap text-muted tabular-nums hover:bg-hover"
    >
      <ScanSearch className="size-4" aria-hidden="true" />
      {percent} %
    </button>
  )
}
