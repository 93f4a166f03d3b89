import { Check, CloudAlert, LoaderCircle } from 'lucide-react'
import { LostConnection } from '#renderer/account/lost-connection.tsx'
import { retrySaving, session } from '#renderer/document/session.ts'
import { connection } from '#renderer/rpc/connection.ts'
import { Button } from '#renderer/ui/button.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import { t } from '#shared/texts/texts.ts'

/** Whether every edit is on disk; an alert with the reason if one is not. */
export function SaveIndicator() {
  const save = useStore(session, (state) => state.save)
  const lost = useStore(connection, ({ state }) => state === 'lost')
  if (save.kind === 'failed') {
    return (
      <div
        role="alert"
        className="flex min-w-0 items-center gap-2 rounded-md bg-danger-soft py-0.5 pr-0.5 pl-2.5 text-xs text-danger"
      >
        <CloudAlert className="size-4 shrink-0" />
        <span className="truncate" title={save.reason}>
          {t('{waiting} not saved: {reason}', { waiting: save.waiting, reason: save.reason })}
        </span>
        <Button variant="ghost" className="h-6 px-2 text-xs text-danger" onClick={retrySaving}>
          {t('Retry')}
        </Button>
      </div>
    )
  }
  if (lost) return <LostConnection />
  return (
    <output
      className="relative flex items-center gap-1.5 text-xs text-muted"
      title={save.kind === 'saved' ? t('Saved') : t('Saving…')}
      data-save={save.kind}
    >
      {save.kind === 'saved' ? (
        <Check className="size-3.5" />
      ) : (
        <LoaderCircle className="size-3.5 animate-spin" />
      )}
      <span className="max-[1200px]:sr-only">
        {save.kind === 'saved' ? t('Saved') : t('Saving…')}
      </span>
    </output>
  )
}
