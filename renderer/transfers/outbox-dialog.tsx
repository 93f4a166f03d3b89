import { useQuery } from '@tanstack/react-query'
import { CircleAlert, Clock, CloudCheck, GitMerge } from 'lucide-react'
import { Tabs } from 'radix-ui'
import { useState } from 'react'
import { showDialog } from '#renderer/actions/app-state.ts'
import { discardUnsent, pushNow, retryFailed } from '#renderer/actions/cloud.ts'
import { goToImage, openDataset } from '#renderer/actions/datasets.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { orpc } from '#renderer/rpc/query.ts'
import { Button } from '#renderer/ui/button.tsx'
import { ConfirmDialog } from '#renderer/ui/confirm-dialog.tsx'
import { EmptyState, ErrorNote } from '#renderer/ui/feedback.tsx'
import { Modal } from '#renderer/ui/modal.tsx'
import { RequestId } from '#renderer/ui/request-id.tsx'
import type { OutboxEntry, Pushed } from '#shared/model/sync.ts'
import { t } from '#shared/texts/texts.ts'

const time = new Intl.DateTimeFormat(undefined, { dateStyle: 'short', timeStyle: 'short' })

const ICON = { waiting: Clock, failed: CircleAlert, conflict: GitMerge }

async function goTo({ datasetId, imageId }: OutboxEntry): Promise<void> {
  showDialog(null)
  if (datasetState.getState().dataset?.id !== datasetId && !(await openDataset(datasetId))) return
  if (imageId !== null) goToImage(imageId)
}

function Entry({ entry, onDiscard }: { entry: OutboxEntry; onDiscard: () => void }) {
  const Icon = ICON[entry.state]
  return (
    <li className="flex items-start gap-3 border-b border-line py-2.5 last:border-0">
      <Icon
        className={`mt-0.5 size-4 shrink-0 ${entry.state === 'waiting' ? 'text-muted' : 'text-danger'}`}
        aria-label={entry.state}
      />
      <div className="min-w-0 flex-1">
        <p className="truncate text-sm">
          {entry.what}
          {entry.path && <span className="text-muted"> · {entry.path}</span>}
        </p>
        <p className="truncate text-2xs text-muted">
          {t('{datasetName} · since {time}', {
            datasetName: entry.datasetName,
            time: time.format(entry.queuedAtMs),
          })}
        </p>
        {entry.problem && <p className="mt-1 text-xs text-danger">{entry.problem}</p>}
        {entry.requestId && <RequestId id={entry.requestId} />}
      </div>
      <div className="flex shrink-0 gap-1">
        {entry.state === 'failed' && (
          <Button className="h-7 px-2" onClick={() => void retryFailed([entry.id])}>
            {t('Retry')}
          </Button>
        )}
        {entry.imageId && (
          <Button variant="ghost" className="h-7 px-2" onClick={() => void goTo(entry)}>
            {entry.state === 'conflict' ? t('Resolve') : t('Show')}
          </Button>
        )}
        <Button variant="ghost" className="h-7 px-2" onClick={onDiscard}>
          {t('Discard')}
        </Button>
      </div>
    </li>
  )
}

function Sent({ pushed }: { pushed: readonly Pushed[] }) {
  if (pushed.length === 0) return <EmptyState title={t('Nothing sent from this computer yet')} />
  return (
    <ul>
      {pushed.map(({ id, message, path, datasetName, atMs }) => (
        <li key={id} className="flex items-baseline gap-3 border-b border-line py-2 last:border-0">
          <CloudCheck className="size-4 shrink-0 self-center text-success" aria-hidden="true" />
          <span className="min-w-0 flex-1 truncate text-sm" title={message}>
            {message}
            <span className="text-muted"> · {path ?? datasetName}</span>
          </span>
          <span className="shrink-0 text-2xs text-muted">{time.format(atMs)}</span>
        </li>
      ))}
    </ul>
  )
}

const TAB =
  'h-8 border-b-2 border-transparent px-2 text-xs font-semibold text-muted data-[state=active]:border-accent data-[state=active]:text-text'

/** Lists waiting, refused, conflicting and sent changes. */
export function OutboxDialog() {
  const outbox = useQuery(orpc.sync.outbox.queryOptions({ staleTime: 0 }))
  const [discarding, setDiscarding] = useState<OutboxEntry | null>(null)
  const entries = outbox.data?.entries ?? []
  const failed = entries.filter(({ state }) => state === 'failed')
  return (
    <Modal
      title={t('Outbox')}
      description={t(
        'Changes that aren’t on the service yet. They are sent automatically, in order.',
      )}
      onClose={() => showDialog(null)}
      wide
      footer={
        <>
          {failed.length > 1 && (
            <Button onClick={() => void retryFailed(null)}>
              {t('Retry all {length}', { length: failed.length })}
            </Button>
          )}
          <Button variant="primary" onClick={() => void pushNow()}>
            {t('Send now')}
          </Button>
        </>
      }
    >
      {outbox.isError && <ErrorNote>{outbox.error.message}</ErrorNote>}
      <Tabs.Root defaultValue="waiting">
        <Tabs.List aria-label={t('Outbox')} className="flex gap-1 border-b border-line">
          <Tabs.Trigger value="waiting" className={TAB}>
            {t('To be sent')} <span className="tabular-nums">{entries.length || ''}</span>
          </Tabs.Trigger>
          <Tabs.Trigger value="sent" className={TAB}>
            {t('Sent')}
          </Tabs.Trigger>
        </Tabs.List>
        <Tabs.Content value="waiting" className="h-[46vh] overflow-y-auto">
          {outbox.data && entries.length === 0 ? (
            <EmptyState icon={<CloudCheck />} title={t('Everything is on the service')} />
          ) : (
            <ul>
              {entries.map((entry) => (
                <Entry key={entry.id} entry={entry} onDiscard={() => setDiscarding(entry)} />
              ))}
            </ul>
          )}
        </Tabs.Content>
        <Tabs.Content value="sent" className="h-[46vh] overflow-y-auto">
          <Sent pushed={outbox.data?.pushed ?? []} />
        </Tabs.Content>
      </Tabs.Root>
      {discarding && (
        <ConfirmDialog
          title={t('Discard this change?')}
          action={t('Discard')}
          onConfirm={() => void discardUnsent(discarding.id)}
          onClose={() => setDiscarding(null)}
        >
          {discarding.path
            ? t('{what} of {path} will be reset to the service’s version.', {
                what: discarding.what,
                path: discarding.path,
              })
            : t('{what} will be reset to the service’s version.', { what: discarding.what })}{' '}
          {discarding.kind === 'annotations'
            ? t('Your version stays in the image’s history, and undo restores it.')
            : t('This can’t be undone.')}
        </ConfirmDialog>
      )}
    </Modal>
  )
}
