import { useQuery } from '@tanstack/react-query'
import { Pause, Play, ScanSearch, Trash2, X } from 'lucide-react'
import { changeDetection } from '#renderer/actions/proposals.ts'
import { proposalState } from '#renderer/document/proposal-state.ts'
import { orpc } from '#renderer/rpc/query.ts'
import { IconButton } from '#renderer/ui/button.tsx'
import { FailureDetails, FailureList } from '#renderer/ui/failures.tsx'
import { ProgressBar } from '#renderer/ui/feedback.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import type { DetectJob } from '#shared/model/detect-job.ts'
import { counted, t } from '#shared/texts/texts.ts'

const STATE: Record<DetectJob['state'], string> = {
  running: t('Running'),
  paused: t('Paused'),
  done: t('Done'),
  failed: t('Stopped'),
  cancelled: t('Canceled'),
}

function Failures({ id, count }: { id: string; count: number }) {
  const failures = useQuery(
    orpc.detection.failures.queryOptions({
      input: { id },
      staleTime: 0,
      queryKey: ['detect-failures', id, count],
    }),
  )
  return (
    <FailureList
      error={failures.error}
      failures={failures.data?.map(({ imageId, path, problem }) => ({
        id: imageId,
        title: path,
        problem,
      }))}
    />
  )
}

function Row({ job }: { job: DetectJob }) {
  const { id, model, datasetName, state, problem, images, found } = job
  const name = t('{model} on {dataset}', { model, dataset: datasetName })
  const looked = images.done + images.failed
  const isRunning = state === 'running'
  const canGoOn = state === 'paused' || state === 'failed' || (images.failed > 0 && !isRunning)
  return (
    <li
      data-detection={state}
      className="flex flex-col gap-2 border-b border-line py-3 last:border-0"
    >
      <div className="flex items-start gap-3">
        <ScanSearch className="mt-0.5 size-4 shrink-0 text-muted" aria-hidden="true" />
        <div className="min-w-0 flex-1">
          <p className="truncate text-sm font-medium">{model}</p>
          <p className="truncate text-xs text-muted">{datasetName}</p>
        </div>
        <span className="shrink-0 text-xs leading-7 text-muted">{STATE[state]}</span>
        <div className="flex shrink-0">
          {(isRunning || canGoOn) && (
            <IconButton
              label={isRunning ? t('Pause {name}', { name }) : t('Resume {name}', { name })}
              onClick={() => void changeDetection(isRunning ? 'pause' : 'resume', id)}
            >
              {isRunning ? <Pause /> : <Play />}
            </IconButton>
          )}
          <IconButton
            label={
              isRunning || state === 'paused'
                ? t('Cancel {name}', { name })
                : t('Remove {name} from the list', { name })
            }
            onClick={() =>
              void changeDetection(isRunning || state === 'paused' ? 'cancel' : 'remove', id)
            }
          >
            {isRunning || state === 'paused' ? <X /> : <Trash2 />}
          </IconButton>
        </div>
      </div>
      {state !== 'done' && state !== 'cancelled' && (
        <ProgressBar
          isBare
          label={t('Progress of {name}', { name })}
          done={looked}
          total={images.total}
        />
      )}
      <p className="text-xs text-muted tabular-nums">
        {t('{done} of {total} · {found}', {
          done: looked.toLocaleString(),
          total: counted(images.total, 'image'),
          found: counted(found, 'proposal'),
        })}
      </p>
      {problem && <p className="text-xs break-words text-danger">{problem}</p>}
      {images.failed > 0 && (
        <FailureDetails label={t('{count} failed', { count: counted(images.failed, 'image') })}>
          <Failures id={id} count={images.failed} />
        </FailureDetails>
      )}
    </li>
  )
}

/** Models that look through images of this machine in the background. */
export function DetectJobs() {
  const jobs = useStore(proposalState, (state) => state.jobs)
  if (jobs.length === 0) return null
  const title = t('Detection on this computer')
  return (
    <section aria-label={title} className="border-t border-line pt-3 first:border-0 first:pt-0">
      <h3 className="text-xs font-semibold text-muted">{title}</h3>
      <ul>
        {jobs.map((job) => (
          <Row key={job.id} job={job} />
        ))}
      </ul>
    </section>
  )
}
