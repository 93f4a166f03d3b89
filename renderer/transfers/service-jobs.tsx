import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { notifyError } from '#renderer/actions/app-state.ts'
import { client } from '#renderer/rpc/connection.ts'
import { orpc, queryClient } from '#renderer/rpc/query.ts'
import { IconButton } from '#renderer/ui/button.tsx'
import { ErrorNote, ProgressBar } from '#renderer/ui/feedback.tsx'
import type { Account } from '#shared/model/account.ts'
import type { Job } from '#shared/model/service.ts'
import { t } from '#shared/texts/texts.ts'

/** Polling intervals while a job runs, and while none does. Milliseconds. */
const RUNNING_MS = 3_000
const IDLE_MS = 30_000

const time = new Intl.DateTimeFormat(undefined, { dateStyle: 'short', timeStyle: 'short' })

const STATE: Record<Job['state'], string> = {
  queued: t('Waiting'),
  running: t('Running'),
  completed: t('Done'),
  failed: t('Failed'),
  cancelled: t('Canceled'),
}

/** The kind of a job in words; unknown kinds are shown as the service names them. */
const TYPES: Readonly<Record<string, string>> = {
  export: t('Export'),
  auto_annotate: t('Batch annotation'),
  video_extract: t('Video frames'),
  public_dataset_import: t('Public dataset import'),
  connector_import: t('Import from another service'),
  dataset_freeze: t('Move to cold storage'),
  dataset_restore: t('Restore from cold storage'),
}

const isRunning = ({ state }: Job) => state === 'queued' || state === 'running'

function Row({ accountId, job }: { accountId: string; job: Job }) {
  const { id, type, name, state, progress, problem, canCancel, createdAtMs } = job
  const kind = TYPES[type] ?? type.replaceAll('_', ' ')
  const shown = name ?? kind
  const cancel = async () => {
    try {
      await client.service.cancelJob({ accountId, id })
      await queryClient.invalidateQueries({ queryKey: orpc.service.jobs.key() })
    } catch (error) {
      notifyError(error)
    }
  }
  return (
    <li
      data-job={state}
      className="flex flex-col gap-1.5 border-b border-line py-2.5 last:border-0"
    >
      <div className="flex items-center gap-3">
        <span className="min-w-0 flex-1">
          <span className="block truncate text-sm font-medium">{shown}</span>
          <span className="block truncate text-xs text-muted">
            {[
              ...(name === null ? [] : [kind]),
              ...(createdAtMs === null ? [] : [time.format(createdAtMs)]),
            ].join(' · ')}
          </span>
        </span>
        <span className="shrink-0 text-xs text-muted">{STATE[state]}</span>
        {canCancel && (
          <IconButton label={t('Cancel {name}', { name: shown })} onClick={() => void cancel()}>
            <X />
          </IconButton>
        )}
      </div>
      {isRunning(job) && progress !== null && (
        <ProgressBar
          isBare
          label={t('Progress of {name}', { name: shown })}
          done={progress}
          total={100}
        />
      )}
      {problem && <p className="text-xs break-words text-danger">{problem}</p>}
    </li>
  )
}

/** Background jobs of an organization on the service, including those of other members. */
export function ServiceJobs({ account }: { account: Account }) {
  const jobs = useQuery(
    orpc.service.jobs.queryOptions({
      input: { accountId: account.id },
      staleTime: 0,
      enabled: account.state === 'online',
      refetchInterval: ({ state }) => (state.data?.some(isRunning) ? RUNNING_MS : IDLE_MS),
    }),
  )
  const title = t('On the service: {organization}', { organization: account.organization })
  return (
    <section aria-label={title} className="border-t border-line pt-3">
      <h3 className="text-xs font-semibold text-muted">{title}</h3>
      {account.state !== 'online' && (
        <p className="py-2 text-xs text-muted">{t('Couldn’t reach the service.')}</p>
      )}
      {jobs.isError && <ErrorNote>{jobs.error.message}</ErrorNote>}
      {jobs.data?.length === 0 && (
        <p className="py-2 text-xs text-muted">{t('No exports, imports or batches.')}</p>
      )}
      <ul>
        {jobs.data?.map((job) => (
          <Row key={job.id} accountId={account.id} job={job} />
        ))}
      </ul>
    </section>
  )
}
