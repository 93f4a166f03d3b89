import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { takeTool } from '#renderer/actions/actions.ts'
import { afterWaiting, focusCanvas, showDialog } from '#renderer/actions/app-state.ts'
import { cloudState } from '#renderer/document/cloud-state.ts'
import { takeDataset } from '#renderer/document/shown-dataset.ts'
import { client } from '#renderer/rpc/connection.ts'
import { orpc } from '#renderer/rpc/query.ts'
import { Button } from '#renderer/ui/button.tsx'
import { ErrorNote } from '#renderer/ui/feedback.tsx'
import { Field, SelectField } from '#renderer/ui/field.tsx'
import { Modal } from '#renderer/ui/modal.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import type { Dataset } from '#shared/model/dataset.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { formatMicroUsd } from '#shared/model/money.ts'
import { t } from '#shared/texts/texts.ts'

/** Asks, once a folder, whether its images may be sent to the service for assisted labelling. */
export function AllowAssistDialog({ dataset }: { dataset: Dataset }) {
  const accounts = useStore(cloudState, (state) => state.accounts)
  const [accountId, setAccountId] = useState(accounts[0]?.id ?? '')
  const [error, setError] = useState<string | null>(null)
  const account = accounts.find(({ id }) => id === accountId)
  const asked = useQuery(
    orpc.service.promptPrice.queryOptions({
      input: { accountId },
      staleTime: 0,
      enabled: accountId !== '',
    }),
  )
  const { price = null, remaining = null } = asked.data ?? {}
  const allow = async () => {
    const showNext = afterWaiting()
    try {
      const changed = await client.datasets.setAssistAccount({ id: dataset.id, accountId })
      takeDataset(changed)
      if (!showNext(null)) return
      takeTool('assist')
      focusCanvas()
    } catch (reason) {
      setError(messageOf(reason))
    }
  }
  return (
    <Modal
      title={t('Send images of “{name}” to Pictograph?', { name: dataset.name })}
      onClose={() => showDialog(null)}
      footer={
        <>
          <Button onClick={() => showDialog(null)}>{t('Don’t send')}</Button>
          <Button variant="primary" disabled={!account} onClick={() => void allow()}>
            {t('Allow for this folder')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3 text-sm">
        <p>
          {t(
            'Assisted labeling runs on the service. Only the images you use it on are sent to {host}. They aren’t added to a dataset.',
            { host: account ? new URL(account.baseUrl).host : '' },
          )}
        </p>
        {accounts.length > 1 && (
          <Field label={t('Paid by')}>
            {(id) => (
              <SelectField
                id={id}
                value={accountId}
                onChange={({ target }) => setAccountId(target.value)}
              >
                {accounts.map(({ id, organization }) => (
                  <option key={id} value={id}>
                    {organization}
                  </option>
                ))}
              </SelectField>
            )}
          </Field>
        )}
        <p>
          {asked.isPending && t('Getting the price…')}
          {asked.isError && messageOf(asked.error)}
          {asked.data &&
            (price === null
              ? t(
                  'Each image is charged to {organization}’s plan. The service doesn’t say how much.',
                  {
                    organization: account?.organization ?? '',
                  },
                )
              : t('{price} per image, no matter how often you ask, paid by {organization}.', {
                  price: formatMicroUsd(price),
                  organization: account?.organization ?? '',
                }))}
          {remaining !== null && ` ${t('{left} left.', { left: formatMicroUsd(remaining) })}`}
        </p>
        <p className="text-xs text-muted">
          {t('You are asked once per folder, and can revoke it in Settings → Accounts.')}
        </p>
        {error !== null && <ErrorNote>{error}</ErrorNote>}
      </div>
    </Modal>
  )
}
