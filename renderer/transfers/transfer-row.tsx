import { useQuery } from '@tanstack/react-query'
import {
  ArrowDownToLine,
  ArrowUpFromLine,
  FolderOpen,
  Images,
  Pause,
  Play,
  RotateCcw,
  Trash2,
  X,
} from 'lucide-react'
import { useEffect, useState } from 'react'
import { openRemote } from '#renderer/actions/datasets.ts'
import {
  pauseTransfer,
  removeTransfer,
  resumeTransfer,
  retryTransfer,
  revealTransfer,
} from '#renderer/actions/transfers.ts'
import { orpc } from '#renderer/rpc/query.ts'
import { Button, IconButton } from '#renderer/ui/button.tsx'
import { FailureDetails, FailureList } from '#renderer/ui/failures.tsx'
import { ProgressBar } from '#renderer/ui/feedback.tsx'
import { formatBytes } from '#shared/model/bytes.ts'
import { counted as countedInEnglish } from '#shared/model/counted.ts'
import { isLive, shareOf, type Transfer } from '#shared/model/transfer.ts'
import { counted, t } from '#shared/texts/texts.ts'
import { isWaiting, plainProblem, progressWords, stateWords } from './transfer-words.ts'

/** Bytes per second over the last minute. */
function Graph({ history }: { history: readonly number[] }) {
  const top = Math.max(1, ...history)
  const points = history.map((value, index) => `${index},${30 - (value / top) * 28}`).join(' ')
  return (
    <div className="flex items-end gap-2">
      <svg
        viewBox={`0 0 ${Math.max(1, history.length - 1)} 30`}
        preserveAspectRatio="none"
        className="h-8 min-w-0 flex-1"
        role="img"
        aria-label={t('Throughput of the last {length} seconds, up to {size} per second', {
          length: history.length,
          size: formatBytes(top),
        })}
      >
        <polyline
          points={points}
          fill="none"
          className="stroke-accent"
          strokeWidth="1.5"
          vectorEffect="non-scaling-stroke"
        />
      </svg>
      <span
        className="flex h-8 w-24 shrink-0 flex-col justify-between text-2xs text-muted tabular-nums"
        aria-hidden="true"
      >
        <span>{formatBytes(top)}/s</span>
        <span>{t('last {length} s', { length: history.length })}</span>
      </span>
    </div>
  )
}

/** A problem in plain words, with its technical details on request. */
function Problem({ text }: { text: string }) {
  const { words, details } = plainProblem(text)
  if (details === null) return words
  return (
    <>
      {words}
      <details className="text-muted">
        <summary>{t('Details')}</summary>
        <code className="text-2xs break-all">{details}</code>
      </details>
    </>
  )
}

/** The current time, updated every second while `isCounting`. Milliseconds since 1970. */
function useNow(isCounting: boolean): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    if (!isCounting) return
    setNow(Date.now())
    const timer = setInterval(() => setNow(Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [isCounting])
  return now
}

function Failures({ id, count }: { id: string; count: number }) {
  const failures = useQuery(
    orpc.transfers.failures.queryOptions({
      input: { id },
      staleTime: 0,
      queryKey: ['failures', id, count],
    }),
  )
  return (
    <FailureList
      error={failures.error}
      failures={failures.data?.map(({ seq, title, problem }) => ({
        id: seq,
        title,
        problem: <Problem text={problem} />,
      }))}
    />
  )
}

/** One download or upload: its state, progress and failures. */
export function TransferRow({ transfer, onCancel }: { transfer: Transfer; onCancel: () => void }) {
  const [showsReport, setShowsReport] = useState(false)
  const { id, kind, name, place, state, problem, files, history, report } = transfer
  const Icon = kind === 'download' ? ArrowDownToLine : ArrowUpFromLine
  const live = isLive(transfer)
  const now = useNow(isWaiting(transfer))
  const canCancel = live || state === 'paused'
  // The list of failures below shows the same.
  const onlyCountsFailures = problem === `${countedInEnglish(files.failed, 'file')} failed`
  return (
    <li
      className="flex flex-col gap-2 border-b border-line py-3.5 last:border-0"
      data-transfer={state}
    >
      <div className="flex items-start gap-3">
        <Icon
          className="mt-0.5 size-4 shrink-0 text-muted"
          aria-label={kind === 'download' ? t('Download') : t('Upload')}
        />
        <div className="min-w-0 flex-1">
          <p className="truncate text-sm font-medium">{name}</p>
          <p className="truncate text-xs text-muted" title={place}>
            {kind === 'download' ? t('to {place}', { place }) : t('from {place}', { place })}
          </p>
        </div>
        <span className="shrink-0 text-xs leading-7 text-muted">{stateWords(transfer, now)}</span>
        <div className="flex shrink-0">
          {(live || state === 'paused' || (state === 'failed' && files.failed === 0)) && (
            // One button for both states, so that it keeps the focus.
            <IconButton
              label={live ? t('Pause {name}', { name }) : t('Resume {name}', { name })}
              onClick={() => void (live ? pauseTransfer(id) : resumeTransfer(id))}
            >
              {live ? <Pause /> : <Play />}
            </IconButton>
          )}
          {files.failed > 0 && !live && (
            <IconButton
              label={t('Retry the failed files of {name}', { name })}
              onClick={() => void retryTransfer(id)}
            >
              <RotateCcw />
            </IconButton>
          )}
          {kind === 'download' && state === 'done' && (
            <IconButton
              label={t('Show the folder of {name}', { name })}
              onClick={() => void revealTransfer(place)}
            >
              <FolderOpen />
            </IconButton>
          )}
          {kind === 'upload' && state === 'done' && (
            <IconButton
              label={t('Open the dataset {name}', { name })}
              onClick={() => void openRemote(transfer.accountId, transfer.remoteId)}
            >
              <Images />
            </IconButton>
          )}
          <IconButton
            label={
              canCancel ? t('Cancel {name}', { name }) : t('Remove {name} from the list', { name })
            }
            onClick={() => (canCancel ? onCancel() : void removeTransfer(id))}
          >
            {canCancel ? <X /> : <Trash2 />}
          </IconButton>
        </div>
      </div>
      {/* In line with the name, beside the icon. */}
      <div className="flex flex-col gap-2 pl-7">
        {state !== 'done' && state !== 'cancelled' && (
          <ProgressBar
            isBare
            label={t('Progress of {name}', { name })}
            done={Math.round(shareOf(transfer) * 1_000)}
            total={1_000}
          />
        )}
        <p className="text-xs text-muted tabular-nums">{progressWords(transfer)}</p>
        {live && history.length > 2 && <Graph history={history} />}
        {problem && !onlyCountsFailures && (
          <p className={live ? 'text-xs text-warning' : 'text-xs text-danger'}>
            <Problem text={problem} />
          </p>
        )}
        {files.failed > 0 && (
          <FailureDetails label={t('{count} failed', { count: counted(files.failed, 'file') })}>
            <Failures id={id} count={files.failed} />
          </FailureDetails>
        )}
        {report.length > 0 && (
          <Button
            variant="ghost"
            className="h-6 self-start px-1.5 text-xs"
            aria-expanded={showsReport}
            onClick={() => setShowsReport(!showsReport)}
          >
            {t('Report ({length})', { length: report.length })}
          </Button>
        )}
        {showsReport && (
          <ul className="max-h-40 overflow-y-auto rounded-md bg-raised px-3 py-2 text-xs">
            {report.map((words) => (
              <li key={words} className="py-0.5 break-words">
                {words}
              </li>
            ))}
          </ul>
        )}
      </div>
    </li>
  )
}
