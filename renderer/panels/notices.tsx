import { CircleAlert, Info, X } from 'lucide-react'
import { appState, dismissNotice } from '#renderer/actions/app-state.ts'
import { t } from '#renderer/texts/texts.ts'
import { IconButton } from '#renderer/ui/button.tsx'
import { classNames } from '#renderer/ui/class-names.ts'
import { RequestId } from '#renderer/ui/request-id.tsx'
import { useStore } from '#renderer/ui/use-store.ts'

export function Notices() {
  const notices = useStore(appState, (state) => state.notices)
  return (
    <section
      aria-label={t('Notices')}
      aria-live="polite"
      className="pointer-events-none fixed right-4 bottom-40 z-[60] flex w-96 flex-col gap-2"
    >
      {notices.map(({ id, message, tone, requestId }) => (
        <div
          key={id}
          role={tone === 'error' ? 'alert' : 'status'}
          className="pointer-events-auto flex items-start gap-2.5 rounded-lg border border-line bg-surface py-2 pr-1.5 pl-3 text-sm shadow-float"
        >
          <span
            className={classNames(
              'mt-1 [&_svg]:size-4',
              tone === 'error' ? 'text-danger' : 'text-accent-text',
            )}
          >
            {tone === 'error' ? <CircleAlert /> : <Info />}
          </span>
          <div className="min-w-0 flex-1 py-0.5 break-words">
            {message}
            {requestId && <RequestId id={requestId} />}
          </div>
          <IconButton label={t('Dismiss')} onClick={() => dismissNotice(id)}>
            <X />
          </IconButton>
        </div>
      ))}
    </section>
  )
}
