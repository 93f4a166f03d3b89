import { LoaderCircle, X } from 'lucide-react'
import { cancelWork } from '#renderer/actions/works.ts'
import { workState } from '#renderer/document/work-state.ts'
import { IconButton } from '#renderer/ui/button.tsx'
import { Bar } from '#renderer/ui/feedback.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import { plural, t } from '#shared/texts/texts.ts'

/** Progress of long work on many images, with a button that cancels it. */
export function WorkIndicator() {
  const works = useStore(workState, (state) => state.works)
  const [work] = works
  if (!work) return null
  const { id, label, share, canCancel } = work
  const percent = share === null ? null : Math.floor(share * 100)
  const more = works.length - 1
  return (
    <div className="flex h-7 items-center gap-1.5 rounded-md bg-raised pl-2 text-xs whitespace-nowrap text-muted">
      <LoaderCircle className="size-4 shrink-0 motion-safe:animate-spin" aria-hidden="true" />
      <span
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        {...(percent !== null && { 'aria-valuenow': percent })}
        className="flex items-center gap-1.5"
      >
        <span className="max-w-48 truncate max-[1100px]:max-w-24" title={label} data-name="">
          {label}
        </span>
        {percent !== null && (
          <>
            <span className="h-1 w-12 overflow-hidden rounded-full bg-line max-[1100px]:hidden">
              <Bar percent={percent} />
            </span>
            <span className="w-8 text-right tabular-nums">{`${percent}%`}</span>
          </>
        )}
      </span>
      {more > 0 && <span>{plural(more, '+ {count} more', '+ {count} more')}</span>}
      {canCancel ? (
        <IconButton label={t('Cancel: {label}', { label })} onClick={() => void cancelWork(id)}>
          <X />
        </IconButton>
      ) : (
        <span className="w-1" />
      )}
    </div>
  )
}
