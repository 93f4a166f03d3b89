import { useQuery } from '@tanstack/react-query'
import { Coins } from 'lucide-react'
import { orpc } from '#renderer/rpc/query.ts'
import { RetryLine } from '#renderer/ui/feedback.tsx'
import { formatMicroUsd } from '#shared/model/money.ts'
import { t } from '#shared/texts/texts.ts'

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })

/** The organization's remaining credit; hidden if the service does not report it. */
export function CreditsLine({ accountId }: { accountId: string }) {
  const { data, error, isFetching, refetch } = useQuery(
    orpc.service.credits.queryOptions({ input: { accountId }, staleTime: 0 }),
  )
  if (error && !data)
    return (
      <RetryLine
        message={t('Couldn’t load the credits')}
        detail={error.message}
        isTrying={isFetching}
        onRetry={() => void refetch()}
      />
    )
  if (!data || data.includedRemaining === null) return null
  const left = data.includedRemaining + (data.budgetRemaining ?? 0)
  const lines = [
    data.included === null
      ? null
      : t('{left} of the plan’s {included}', {
          left: formatMicroUsd(data.includedRemaining),
          included: formatMicroUsd(data.included),
        }),
    data.budgetRemaining === null
      ? null
      : t('{left} of the additional budget', { left: formatMicroUsd(data.budgetRemaining) }),
    data.resetsAtMs === null ? null : t('Renews on {day}', { day: day.format(data.resetsAtMs) }),
  ]
  return (
    <span
      className="flex shrink-0 items-center gap-1.5 text-xs whitespace-nowrap text-muted tabular-nums"
      title={lines.filter((line) => line !== null).join('\n')}
    >
      <Coins className="size-4" aria-hidden="true" />
      {t('{left} left', { left: formatMicroUsd(left) })}
    </span>
  )
}
