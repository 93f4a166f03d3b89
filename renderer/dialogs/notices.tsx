import { CircleAlert, Info, X } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { appState, dismissNotice } from '#renderer/actions/app-state.ts'
import { markBesideDialogs } from '#renderer/ui/beside-dialogs.ts'
import { IconButton } from '#renderer/ui/button.tsx'
import { classNames } from '#renderer/ui/class-names.ts'
import { RequestId } from '#renderer/ui/request-id.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import { t } from '#shared/texts/texts.ts'

/** A notice leaves by itself; it stays while somebody points at it or has the focus in it. Milliseconds. */
const PASSES_MS = { info: 8_000, error: 20_000 } as const

function Passing({
  id,
  passesMs,
  children,
}: {
  id: number
  passesMs: number
  children: ReactNode
}) {
  const [isRead, setRead] = useState(false)
  useEffect(() => {
    if (isRead) return
    const timer = setTimeout(() => dismissNotice(id), passesMs)
    return () => clearTimeout(timer)
  }, [id, passesMs, isRead])
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only stays for as long as it is read
    <div
      onPointerEnter={() => setRead(true)}
      onPointerLeave={() => setRead(false)}
      onFocus={() => setRead(true)}
      onBlur={() => setRead(false)}
    >
      {children}
    </div>
  )
}

export function Notices() {
  const notices = useStore(appState, (state) => state.notices)
  return (
    <section
      aria-label={t('Notices')}
      aria-live="polite"
      data-beside-dialogs=""
      onPointerDownCapture={markBesideDialogs}
      // Over the image: the tools, the filmstrip and the status line stay in sight.
      className="pointer-events-none fixed bottom-[calc(var(--below-image,0px)+12px)] left-[calc(var(--left-of-image,0px)+12px)] z-[60] flex w-80 flex-col gap-2"
    >
      {notices.map(({ id, message, tone, requestId }) => (
        <Passing key={id} id={id} passesMs={PASSES_MS[tone]}>
          <div
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
        </Passing>
      ))}
    </section>
  )
}
