import { CircleAlert, CloudCheck, CloudOff } from 'lucide-react'
import { tryConnecting } from '#renderer/actions/cloud.ts'
import { Button } from '#renderer/ui/button.tsx'
import type { Account } from '#shared/model/account.ts'
import { plural, t } from '#shared/texts/texts.ts'

const time = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' })

/** Whether the service can be reached with this account. */
export function AccountBadge({ account }: { account: Account }) {
  if (account.state === 'online')
    return (
      <span className="inline-flex items-center gap-1.5 text-xs text-success">
        <CloudCheck className="size-4" aria-hidden="true" />
        {account.pausedUntilMs === null
          ? t('Online')
          : t('Paused until {time}', { time: time.format(account.pausedUntilMs) })}
      </span>
    )
  return (
    <span className="inline-flex items-center gap-1.5 text-xs text-warning">
      {account.state === 'offline' ? (
        <CloudOff className="size-4" aria-hidden="true" />
      ) : (
        <CircleAlert className="size-4" aria-hidden="true" />
      )}
      {account.state === 'offline' ? t('Offline') : t('API key refused')}
    </span>
  )
}

/** Why nothing can be sent to the service at the moment; nothing if it can. */
export function AccountBanner({ account, waiting }: { account: Account; waiting: number }) {
  const paused = account.pausedUntilMs !== null
  if (account.state === 'online' && !paused) return null
  const words =
    account.state === 'offline'
      ? t('Working offline.')
      : account.state === 'refused'
        ? (account.problem ?? t('The service refused the API key.'))
        : t('This hour’s requests are used up. Sending resumes at {time}.', {
            time: time.format(account.pausedUntilMs ?? 0),
          })
  const kept =
    waiting > 0
      ? plural(
          waiting,
          '{count} change is kept here and sent automatically.',
          '{count} changes are kept here and sent automatically.',
        )
      : t('Changes are kept on this computer and sent automatically.')
  return (
    <output
      className="flex shrink-0 items-center gap-2.5 border-b border-line bg-warning-soft px-3 py-1 text-xs text-warning"
      title={account.problem ?? undefined}
    >
      <CloudOff className="size-4 shrink-0" aria-hidden="true" />
      <span className="min-w-0 flex-1 truncate">
        {words} {account.state !== 'refused' && kept}
      </span>
      {account.state === 'offline' && (
        <Button
          variant="ghost"
          className="h-6 px-2 text-xs text-warning"
          onClick={() => void tryConnecting(account.id)}
        >
          {t('Try now')}
        </Button>
      )}
    </output>
  )
}
