import { useQuery } from '@tanstack/react-query'
import {
  ArrowDownToLine,
  ArrowUpFromLine,
  FolderOpen,
  Inbox,
  Pause,
  Play,
  RotateCcw,
  Trash2,
  X,
} from 'lucide-react'
import { useState } from 'react'
import { showDialog } from '#renderer/actions/app-state.ts'
import {
  cancelTransfer,
  pauseTransfer,
  removeTransfer,
  resumeTransfer,
  retryTransfer,
  revealTransfer,
} from '#renderer/actions/transfers.ts'
import { cloudState, transferState } from '#renderer/document/cloud-state.ts'
import { proposalState } from '#renderer/document/proposal-state.ts'
import { DetectJobs } from '#renderer/proposals/detect-jobs.tsx'
import { orpc } from '#renderer/rpc/query.ts'
import { Button, IconButton } from '#renderer/ui/button.tsx'
import { ConfirmDialog } from '#renderer/ui/confirm-dialog.tsx'
import { EmptyState, ProgressBar } from '#renderer/ui/feedback.tsx'
import { Modal } from '#renderer/ui/modal.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import { formatBytes } from '#shared/model/bytes.ts'
import { formatDuration } from '#shared/model/duration.ts'
import { isLive, shareOf, type Transfer } from '#shared/model/transfer.ts'
import { counted, t } from '#shared/texts/texts.ts'
import { ServiceJobs } from './service-jobs.tsx'

const STATE: Record<Transfer['state'], string> = {
  planning: t('Getting ready'),
  running: t('Running'),
  finishing: t('Finishing'),
  paused: t('Paused'),
  done: t('Done'),
  failed: t('Stopped'),
  cancelled: t('Cancelled'),
}

/** Bytes a second over the last minute. */
function Graph({ history }: { history: readonly number[] }) {
  const top = Math.max(1, ...history)
  const points = history.map((value, index) => `${index},${30 - (value / top) * 28}`).join(' ')
  return (
    <svg
      viewBox={`0 0 ${Math.max(1, history.length - 1)} 30`}
      preserveAspectRatio="none"
      className="h-8 w-full"
      role="img"
      aria-label={t('Throughput of the last {length} seconds, up to {size} a second', {
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
  )
}

function line(transfer: Transfer): string {
  const { files, bytes, isPlanned, bytesPerSecond, leftMs, connections } = transfer
  // While it waits for the service there is no speed to speak of.
  const moves = isLive(transfer) && transfer.problem === null
  const done = files.done + files.skipped
  const parts = [
    isPlanned
      ? t('{done} of {total}', {
          done: done.toLocaleString(),
          total: counted(files.total, 'file'),
        })
      : t('{count} found so far', { count: counted(files.total, 'file') }),
    bytes.total > 0 &&
      t('{done} of {total}', { done: formatBytes(bytes.done), total: formatBytes(bytes.total) }),
    moves && bytesPerSecond > 0 && `${formatBytes(bytesPerSecond)}/s`,
    moves && leftMs !== null && t('{duration} left', { duration: formatDuration(leftMs) }),
    moves && connections > 0 && counted(connections, 'connection'),
  ]
  return parts.filter(Boolean).join(' · ')
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
    <ul className="max-h-40 overflow-y-auto rounded-md bg-danger-soft px-3 py-2 text-xs">
      {failures.data?.map(({ seq, title, problem }) => (
        <li key={seq} className="py-0.5">
          <span className="font-medium break-all">{title}</span>: {problem}
        </li>
      ))}
    </ul>
  )
}

function Row({ transfer, onCancel }: { transfer: Transfer; onCancel: () => void }) {
  const [showsFailures, setShowsFailures] = useState(false)
  const [showsReport, setShowsReport] = useState(false)
  const { id, kind, name, place, state, problem, doing, files, history, report } = transfer
  const Icon = kind === 'download' ? ArrowDownToLine : ArrowUpFromLine
  const live = isLive(transfer)
  const canCancel = live || state === 'paused'
  return (
    <li
      className="flex flex-col gap-2 border-b border-line py-3.5 last:border-0"
      data-transfer={state}
    >
      <div className="flex items-start gap-3">
        <Icon className="mt-0.5 size-4 shrink-0 text-muted" aria-label={kind} />
        <div className="min-w-0 flex-1">
          <p className="truncate text-sm font-medium">{name}</p>
          <p className="truncate text-xs text-muted" title={place}>
            {kind === 'download' ? `to ${place}` : t('from {place}', { place })}
          </p>
        </div>
        <span className="shrink-0 text-xs leading-7 text-muted">
          {live && doing ? `${doing}…` : STATE[state]}
        </span>
        <div className="flex shrink-0">
          {(live || state === 'paused' || (state === 'failed' && files.failed === 0)) && (
            // One button, so that the focus stays on it.
            <IconButton
              label={live ? t('Pause {name}', { name }) : t('Go on with {name}', { name })}
              onClick={() => void (live ? pauseTransfer(id) : resumeTransfer(id))}
            >
              {live ? <Pause /> : <Play />}
            </IconButton>
          )}
          {files.failed > 0 && !live && (
            <IconButton
              label={t('Try the failed files of {name} again', { name })}
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
          <IconButton
            label={
              canCancel ? t('Cancel {name}', { name }) : t('Take {name} off the list', { name })
            }
            onClick={() => (canCancel ? onCancel() : void removeTransfer(id))}
          >
            {canCancel ? <X /> : <Trash2 />}
          </IconButton>
        </div>
      </div>
      {state !== 'done' && state !== 'cancelled' && (
        <ProgressBar
          isBare
          label={t('Progress of {name}', { name })}
          done={Math.round(shareOf(transfer) * 1_000)}
          total={1_000}
        />
      )}
      <p className="text-xs text-muted tabular-nums">{line(transfer)}</p>
      {live && history.length > 2 && <Graph history={history} />}
      {problem && (
        <p className={live ? 'text-xs text-warning' : 'text-xs text-danger'}>{problem}</p>
      )}
      {files.failed > 0 && (
        <Button
          variant="ghost"
          className="h-6 self-start px-1.5 text-xs text-danger"
          aria-expanded={showsFailures}
          onClick={() => setShowsFailures(!showsFailures)}
        >
          {t('{count} failed: why', { count: counted(files.failed, 'file') })}
        </Button>
      )}
      {showsFailures && <Failures id={id} count={files.failed} />}
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
    </li>
  )
}

/** Every download and upload: what it does, how far it is, and what it could not do. */
export function TransfersDialog() {
  const transfers = useStore(transferState, (state) => state.transfers)
  const accounts = useStore(cloudState, (state) => state.accounts)
  const hasJobs = useStore(proposalState, ({ jobs }) => jobs.length > 0)
  const [cancelling, setCancelling] = useState<Transfer | null>(null)
  return (
    <Modal
      title={t('Downloads and uploads')}
      description={t('They go on when this is closed, and after the app was closed.')}
      onClose={() => showDialog(null)}
      wide
    >
      <div className="flex min-h-[46vh] flex-col gap-4">
        {transfers.length === 0 && hasJobs ? null : transfers.length === 0 ? (
          <EmptyState icon={<Inbox />} title={t('Nothing is being transferred')}>
            {t('Choose Download on a dataset, or drop a folder on the window.')}
          </EmptyState>
        ) : (
          <ul>
            {transfers.map((transfer) => (
              <Row key={transfer.id} transfer={transfer} onCancel={() => setCancelling(transfer)} />
            ))}
          </ul>
        )}
        <DetectJobs />
        {accounts.map((account) => (
          <ServiceJobs key={account.id} account={account} />
        ))}
      </div>
      {cancelling && (
        <ConfirmDialog
          title={t('Cancel the {kind} of “{name}”?', {
            kind: cancelling.kind,
            name: cancelling.name,
          })}
          action={t('Cancel the {kind}', { kind: cancelling.kind })}
          onConfirm={() => void cancelTransfer(cancelling.id)}
          onClose={() => setCancelling(null)}
        >
          {cancelling.kind === 'download'
            ? t('Complete files stay in the folder; half ones are removed.')
            : t('Images that are on the service stay there; the others are not sent.')}
        </ConfirmDialog>
      )}
    </Modal>
  )
}
