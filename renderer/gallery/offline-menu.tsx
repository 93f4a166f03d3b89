import { useQuery } from '@tanstack/react-query'
import { CircleAlert, HardDriveDownload, Pause, Play } from 'lucide-react'
import { Popover } from 'radix-ui'
import { keepOffline, releaseOffline } from '#renderer/actions/cloud.ts'
import { cloudState } from '#renderer/document/cloud-state.ts'
import { client } from '#renderer/rpc/connection.ts'
import { orpc } from '#renderer/rpc/query.ts'
import { Button } from '#renderer/ui/button.tsx'
import { ErrorNote, ProgressBar } from '#renderer/ui/feedback.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import { formatBytes } from '#shared/model/bytes.ts'
import type { Dataset } from '#shared/model/dataset.ts'
import { counted, t } from '#shared/texts/texts.ts'

/** Makes the whole dataset available offline, and removes it from the disk again. */
export function OfflineMenu({
  datasetId,
  remote,
}: {
  datasetId: string
  remote: NonNullable<Dataset['remote']>
}) {
  const told = useStore(cloudState, ({ offline }) => offline[datasetId])
  const asked = useQuery(
    orpc.remote.offlineState.queryOptions({ input: { datasetId }, staleTime: 0 }),
  )
  const state = told ?? asked.data
  const isKept = state !== undefined && state.total > 0
  const isComplete = isKept && state.done === state.total
  return (
    <Popover.Root onOpenChange={(open) => open && void asked.refetch()}>
      <Popover.Trigger asChild>
        <Button className="h-7 px-2.5 text-xs">
          <HardDriveDownload className="size-4" />
          {!isKept
            ? t('Make available offline')
            : isComplete
              ? t('Available offline')
              : t('Offline: {count} of {count2}', {
                  count: state.done.toLocaleString(),
                  count2: state.total.toLocaleString(),
                })}
        </Button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="end"
          sideOffset={6}
          className="z-50 flex w-80 flex-col gap-3 rounded-lg border border-line bg-surface p-4 text-sm shadow-float"
        >
          <p className="text-xs text-muted">
            {t(
              'Keeps images, annotations and classes on this disk, so that you can work without a network.',
            )}
          </p>
          {asked.isError && <ErrorNote>{asked.error.message}</ErrorNote>}
          {isKept && (
            <ProgressBar label={t('Available offline')} done={state.done} total={state.total} />
          )}
          <dl className="grid grid-cols-[1fr_auto] gap-y-1 text-xs">
            {isKept && (
              <>
                <dt className="text-muted">{t('On this disk')}</dt>
                <dd className="tabular-nums">
                  {t('{done} of {total}', {
                    done: formatBytes(state.bytes),
                    total: formatBytes(state.totalBytes),
                  })}
                </dd>
              </>
            )}
            <dt className="text-muted">{t('Cached from this dataset')}</dt>
            <dd className="tabular-nums">{counted(remote.cachedImages, 'image')}</dd>
            {asked.data && (
              <>
                <dt className="text-muted">{t('Free on the disk')}</dt>
                <dd className="tabular-nums">{formatBytes(asked.data.freeBytes)}</dd>
              </>
            )}
          </dl>
          {state?.problems.map((problem) => (
            <p key={problem} className="flex gap-2 text-xs text-danger">
              <CircleAlert className="size-4 shrink-0" aria-hidden="true" /> {problem}
            </p>
          ))}
          <div className="flex gap-2">
            {!isComplete && state?.state !== 'running' && (
              <Button
                variant="primary"
                className="h-8"
                onClick={() =>
                  isKept
                    ? void client.remote.resumeOffline({ datasetId })
                    : void keepOffline(datasetId, null)
                }
              >
                <Play className="size-4" /> {isKept ? t('Continue') : t('Download all images')}
              </Button>
            )}
            {state?.state === 'running' && (
              <Button onClick={() => void client.remote.pauseOffline({ datasetId })}>
                <Pause className="size-4" /> {t('Pause')}
              </Button>
            )}
            {isKept && (
              <Button variant="ghost" onClick={() => void releaseOffline(datasetId, null)}>
                {t('Remove from this disk')}
              </Button>
            )}
          </div>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}
