import { useQuery } from '@tanstack/react-query'
import { ClipboardCheck, PenLine } from 'lucide-react'
import { useState } from 'react'
import { openRemote } from '#renderer/actions/datasets.ts'
import { orpc } from '#renderer/rpc/query.ts'
import { Button } from '#renderer/ui/button.tsx'
import { RetryLine } from '#renderer/ui/feedback.tsx'
import type { Task } from '#shared/model/service.ts'
import { counted, t } from '#shared/texts/texts.ts'

/** Shown before “Show all” is pressed. */
const FIRST = 3

function Row({ accountId, task }: { accountId: string; task: Task }) {
  const { title, kind, remoteId, datasetName, imageCount } = task
  const [isOpening, setOpening] = useState(false)
  const Icon = kind === 'review' ? ClipboardCheck : PenLine
  const open = async () => {
    if (remoteId === null) return
    setOpening(true)
    if (!(await openRemote(accountId, remoteId))) setOpening(false)
  }
  return (
    <li>
      <button
        type="button"
        disabled={remoteId === null || isOpening}
        onClick={() => void open()}
        className="flex w-full items-center gap-3 px-4 py-2 text-left hover:bg-hover disabled:opacity-60"
      >
        <Icon
          className="size-4 shrink-0 text-muted"
          aria-label={kind === 'review' ? t('To review') : t('To annotate')}
        />
        <span className="min-w-0 flex-1 truncate text-sm">{title}</span>
        <span className="min-w-0 truncate text-xs text-muted">
          {isOpening
            ? t('Opening…')
            : [...(datasetName ? [datasetName] : []), counted(imageCount, 'image')].join(' · ')}
        </span>
      </button>
    </li>
  )
}

/** The user's labeling and review tasks; hidden while there are none. */
export function Tasks({ accountId }: { accountId: string }) {
  const [showsAll, setShowsAll] = useState(false)
  const { data, error, isFetching, refetch } = useQuery(
    orpc.service.tasks.queryOptions({ input: { accountId }, staleTime: 0 }),
  )
  const open = data?.filter(({ isDone }) => !isDone) ?? []
  if (open.length === 0)
    return (
      error && (
        <RetryLine
          message={t('Couldn’t load your tasks')}
          detail={error.message}
          isTrying={isFetching}
          onRetry={() => void refetch()}
        />
      )
    )
  const shown = showsAll ? open : open.slice(0, FIRST)
  return (
    <section aria-label={t('Your tasks')} className="flex flex-col gap-2">
      <h2 className="text-xs font-medium">{t('Your tasks')}</h2>
      <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line bg-surface">
        {shown.map((task) => (
          <Row key={task.id} accountId={accountId} task={task} />
        ))}
      </ul>
      {open.length > FIRST && (
        <Button
          variant="ghost"
          className="h-7 self-start px-2 text-xs"
          aria-expanded={showsAll}
          onClick={() => setShowsAll(!showsAll)}
        >
          {showsAll ? t('Show fewer') : t('Show all {count}', { count: open.length })}
        </Button>
      )}
    </section>
  )
}
