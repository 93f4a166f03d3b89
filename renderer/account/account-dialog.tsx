import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { requestIdOf, showDialog } from '#renderer/actions/app-state.ts'
import { addAccount } from '#renderer/actions/cloud.ts'
import { orpc } from '#renderer/rpc/query.ts'
import { Button } from '#renderer/ui/button.tsx'
import { ErrorNote } from '#renderer/ui/feedback.tsx'
import { Field, TextField } from '#renderer/ui/field.tsx'
import { Modal } from '#renderer/ui/modal.tsx'
import { RequestId } from '#renderer/ui/request-id.tsx'
import { messageOf } from '#shared/model/message-of.ts'
import { t } from '#shared/texts/texts.ts'

const USUAL_ADDRESS = 'https://api.pictograph.io'

/** Asks for an API key, and checks it with the service before saving it. */
export function AccountDialog() {
  const [apiKey, setApiKey] = useState('')
  const [baseUrl, setBaseUrl] = useState(USUAL_ADDRESS)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const accounts = useQuery(orpc.accounts.list.queryOptions({ staleTime: 0 }))
  const add = async () => {
    setBusy(true)
    setError(null)
    try {
      await addAccount(baseUrl, apiKey)
    } catch (reason) {
      setError(reason)
      setBusy(false)
    }
  }
  const requestId = requestIdOf(error)
  return (
    <Modal
      title={t('Add a Pictograph account')}
      description={t('With an API key of your organization, from Pictograph’s settings.')}
      onClose={() => showDialog(null)}
      footer={
        <>
          <Button onClick={() => showDialog(null)}>{t('Cancel')}</Button>
          <Button
            variant="primary"
            type="submit"
            form="add-account"
            disabled={busy || apiKey.trim() === ''}
          >
            {busy ? t('Checking…') : t('Add account')}
          </Button>
        </>
      }
    >
      <form
        id="add-account"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          void add()
        }}
      >
        <Field
          label={t('API key')}
          hint={t('The key is stored on this computer only, and sent only to the address below.')}
        >
          {(id) => (
            <TextField
              id={id}
              type="password"
              autoComplete="off"
              spellCheck={false}
              placeholder="pk_live_…"
              value={apiKey}
              onChange={({ target }) => setApiKey(target.value)}
            />
          )}
        </Field>
        <Field
          label={t('Service address')}
          hint={t('Change this only if your organization hosts its own service.')}
        >
          {(id) => (
            <TextField
              id={id}
              type="url"
              spellCheck={false}
              value={baseUrl}
              onChange={({ target }) => setBaseUrl(target.value)}
            />
          )}
        </Field>
        {accounts.data?.warning && (
          <p className="rounded-md bg-warning-soft px-3 py-2 text-xs text-warning">
            {accounts.data.warning}
          </p>
        )}
        {error !== null && (
          <ErrorNote>
            {messageOf(error)}
            {requestId && <RequestId id={requestId} />}
          </ErrorNote>
        )}
      </form>
    </Modal>
  )
}
