import { useQuery } from '@tanstack/react-query'
import { LoaderCircle } from 'lucide-react'
import { useEffect, useState } from 'react'
import { requestIdOf, showDialog } from '#renderer/actions/app-state.ts'
import type { RemoteTarget } from '#renderer/actions/transfers.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { client } from '#renderer/rpc/connection.ts'
import { orpc, queryClient } from '#renderer/rpc/query.ts'
import { Button } from '#renderer/ui/button.tsx'
import { ErrorNote } from '#renderer/ui/feedback.tsx'
import { Modal } from '#renderer/ui/modal.tsx'
import { RequestId } from '#renderer/ui/request-id.tsx'
import { formatBytes } from '#shared/model/bytes.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { formatMicroUsd } from '#shared/model/money.ts'
import type { Storage } from '#shared/model/service.ts'
import { counted, t } from '#shared/texts/texts.ts'

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })

/** How often the service is asked while it works, milliseconds. */
const ASK_AGAIN_MS = 2_000

/** Refreshes the lists and the open dataset, which show whether it is cold. */
async function readAgain({ accountId, remoteId }: RemoteTarget): Promise<void> {
  void queryClient.invalidateQueries({ queryKey: orpc.remote.list.key() })
  void queryClient.invalidateQueries({ queryKey: orpc.service.credits.key() })
  const { dataset } = datasetState.getState()
  if (dataset?.remote?.accountId === accountId && dataset.remote.remoteId === remoteId)
    await client.remote.refresh({ datasetId: dataset.id })
}

function Facts({ storage, left }: { storage: Storage; left: number | null }) {
  const { restore } = storage
  const rows: [string, string][] = [
    [
      t('In cold storage'),
      [counted(storage.imageCount, 'image'), formatBytes(storage.bytes)].join(', '),
    ],
    ...(storage.coldSinceMs === null
      ? []
      : [[t('Since'), day.format(storage.coldSinceMs)] satisfies [string, string]]),
    ...(restore ? [[t('Price'), formatMicroUsd(restore.microUsd)] satisfies [string, string]] : []),
    ...(left === null
      ? []
      : [[t('Remaining credit'), formatMicroUsd(left)] satisfies [string, string]]),
  ]
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1.5 text-sm">
      {rows.map(([term, value]) => (
        <div key={term} className="contents">
          <dt className="text-muted">{term}</dt>
          <dd className="tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** Shows the price of restoring a dataset from cold storage, and restores it. */
export function RestoreDialog({ target }: { target: RemoteTarget }) {
  const { accountId, remoteId, name } = target
  const [error, setError] = useState<unknown>(null)
  const [isAsked, setAsked] = useState(false)
  const storage = useQuery(
    orpc.service.storage.queryOptions({
      input: { accountId, remoteId },
      staleTime: 0,
      refetchInterval: ({ state }) =>
        state.data && state.data.state !== 'idle' ? ASK_AGAIN_MS : false,
    }),
  )
  const credits = useQuery(
    orpc.service.credits.queryOptions({ input: { accountId }, staleTime: 0 }),
  )
  const left =
    credits.data?.includedRemaining == null
      ? null
      : credits.data.includedRemaining + (credits.data.budgetRemaining ?? 0)
  const state = storage.data
  const isBack = state !== undefined && !state.isCold && state.state === 'idle'
  const isBusy = state?.state === 'restoring' || isAsked
  const restore = async () => {
    setError(null)
    setAsked(true)
    try {
      await client.service.restore({ accountId, remoteId })
      await storage.refetch()
    } catch (reason) {
      setError(reason)
    }
    setAsked(false)
  }
  useEffect(() => {
    if (isBack) readAgain({ accountId, remoteId, name }).catch(setError)
  }, [isBack, accountId, remoteId, name])
  const problem = error ?? storage.error
  const requestId = requestIdOf(problem)
  const price = state?.restore?.microUsd ?? null
  const early = state?.restore ? Math.ceil(state.restore.minDays - state.restore.daysInCold) : 0
  return (
    <Modal
      title={t('Restore “{name}” from cold storage', { name })}
      onClose={() => showDialog(null)}
      footer={
        <>
          <Button onClick={() => showDialog(null)}>{isBack ? t('Close') : t('Cancel')}</Button>
          {!isBack && (
            <Button
              variant="primary"
              disabled={isBusy || price === null || (left !== null && left < price)}
              onClick={() => void restore()}
            >
              {price === null
                ? t('Restore')
                : t('Restore for {price}', { price: formatMicroUsd(price) })}
            </Button>
          )}
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {storage.isPending && (
          <output className="text-sm text-muted">{t('Getting the price…')}</output>
        )}
        {state && !isBack && <Facts storage={state} left={left} />}
        {early > 0 && (
          <p className="text-xs text-muted">
            {t(
              'Restoring costs less in {days}: cold storage is billed for at least {minDays} days.',
              {
                days: counted(early, 'day'),
                minDays: state?.restore?.minDays ?? 0,
              },
            )}
          </p>
        )}
        {price !== null && left !== null && left < price && (
          <ErrorNote>{t('There isn’t enough credit left in this period.')}</ErrorNote>
        )}
        {isBusy && (
          <output className="flex items-center gap-2 text-sm">
            <LoaderCircle className="size-4 animate-spin" aria-hidden="true" />
            {t('The service is restoring the dataset. You can close this window.')}
          </output>
        )}
        {isBack && (
          <output className="text-sm">
            {t('Restored. Its images can be viewed, uploaded and downloaded again.')}
          </output>
        )}
        {problem !== null && problem !== undefined && (
          <ErrorNote>
            {messageOf(problem)}
            {requestId && <RequestId id={requestId} />}
          </ErrorNote>
        )}
      </div>
    </Modal>
  )
}
