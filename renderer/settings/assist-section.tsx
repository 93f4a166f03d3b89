import { useQuery } from '@tanstack/react-query'
import { notifyError } from '#renderer/actions/app-state.ts'
import { cloudState } from '#renderer/document/cloud-state.ts'
import { takeDataset } from '#renderer/document/shown-dataset.ts'
import { client } from '#renderer/rpc/connection.ts'
import { orpc, queryClient } from '#renderer/rpc/query.ts'
import { Button } from '#renderer/ui/button.tsx'
import { ErrorNote } from '#renderer/ui/feedback.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import { t } from '#shared/texts/texts.ts'

async function takeBack(id: string): Promise<void> {
  try {
    const changed = await client.datasets.setAssistAccount({ id, accountId: null })
    takeDataset(changed)
    await queryClient.invalidateQueries({ queryKey: orpc.datasets.list.key() })
  } catch (error) {
    notifyError(error)
  }
}

/** Folders whose images may be sent to the service for assisted labeling, and revoking that. */
export function AssistSection() {
  const accounts = useStore(cloudState, (state) => state.accounts)
  const { data, error } = useQuery(orpc.datasets.list.queryOptions({ staleTime: 0 }))
  const allowed = data?.filter(({ assistAccountId }) => assistAccountId !== null) ?? []
  const nameOf = (accountId: string | null) =>
    accounts.find(({ id }) => id === accountId)?.organization ?? ''
  return (
    <section aria-label={t('Assisted labeling of folders')} className="flex flex-col gap-2">
      <h3 className="text-sm font-semibold">{t('Assisted labeling of folders')}</h3>
      <p className="text-xs text-muted">
        {allowed.length === 0
          ? t(
              'No folder’s images may be sent to the service. The Segment tool asks before sending the first one.',
            )
          : t('Images of these folders are sent to the service when you ask about them.')}
      </p>
      {error && <ErrorNote>{error.message}</ErrorNote>}
      <ul className="flex flex-col gap-2">
        {allowed.map(({ id, name, root, assistAccountId }) => (
          <li key={id} className="flex items-center gap-2">
            <span className="min-w-0 flex-1">
              <span className="block truncate text-sm">{name}</span>
              <span className="block truncate text-2xs text-muted" title={root}>
                {t('paid by {organization} · {folder}', {
                  organization: nameOf(assistAccountId),
                  folder: root,
                })}
              </span>
            </span>
            <Button
              className="h-7 px-2.5"
              aria-label={t('Stop sending images of {name}', { name })}
              onClick={() => void takeBack(id)}
            >
              {t('Revoke')}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  )
}
