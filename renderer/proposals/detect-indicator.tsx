import { CircleAlert, ScanSearch } from 'lucide-react'
import { showDialog } from '#renderer/actions/app-state.ts'
import { proposalState } from '#renderer/document/proposal-state.ts'
import { classNames } from '#renderer/ui/class-names.ts'
import { useStore } from '#renderer/ui/use-store.ts'
import { t } from '#shared/texts/texts.ts'

/** How far the detections that run are, in the bar; a click shows them and those before. Nothing while there is none. */
export function DetectIndicator() {
  const percent = useStore(proposalState, ({ jobs }) => {
    const running = jobs.filter(({ state }) => state === 'running')
    if (running.length === 0) return null
    const total = running.reduce((sum, { images }) => sum + images.total, 0)
    const looked = running.reduce((sum, { images }) => sum + images.done + images.failed, 0)
    return total === 0 ? 0 : Math.floor((looked / total) * 100)
  })
  const any = useStore(proposalState, ({ jobs }) => jobs.length > 0)
  const hasFailed = useStore(proposalState, ({ jobs }) =>
    jobs.some(({ state }) => state === 'failed'),
  )
  if (!any) return null
  const Icon = hasFailed ? CircleAlert : ScanSearch
  return (
    <button
      type="button"
      title={t('Detection on this computer')}
      aria-label={percent === null ? t('Detection') : t('Detection: {percent}%', { percent })}
      onClick={() => showDialog({ kind: 'transfers' })}
      className="flex h-7 items-center gap-1.5 rounded-md px-2 text-xs whitespace-nowrap text-muted tabular-nums hover:bg-hover"
    >
      <Icon className={classNames('size-4', hasFailed && 'text-danger')} aria-hidden="true" />
      {percent !== null && `${percent}%`}
    </button>
  )
}
