import { useState } from 'react'
import { afterWaiting, showDialog } from '#renderer/actions/app-state.ts'
import { openRemote } from '#renderer/actions/datasets.ts'
import type { Dropped } from '#renderer/actions/transfers.ts'
import { client } from '#renderer/rpc/connection.ts'
import { orpc, queryClient } from '#renderer/rpc/query.ts'
import { Button } from '#renderer/ui/button.tsx'
import { ErrorNote } from '#renderer/ui/feedback.tsx'
import { Field, TextField } from '#renderer/ui/field.tsx'
import { Modal } from '#renderer/ui/modal.tsx'
import { withClassNames } from '#shared/model/annotation-class.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { t } from '#shared/texts/texts.ts'

/** Makes a dataset on the service and opens it. */
export function NewDatasetDialog({
  accountId,
  dropped,
}: {
  accountId: string
  /** To be uploaded into it. */
  dropped: Dropped | null
}) {
  const [name, setName] = useState('')
  const [description, setDescription] = useState('')
  const [classes, setClasses] = useState('')
  const [error, setError] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const create = async () => {
    setBusy(true)
    setError(null)
    const showNext = afterWaiting()
    try {
      const names = classes.split(/[,\n]/).map((item) => item.trim())
      const made = await client.remote.create({
        accountId,
        name,
        description: description.trim() === '' ? null : description.trim(),
        classes: withClassNames([], new Set(names.filter((item) => item !== ''))),
      })
      void queryClient.invalidateQueries({ queryKey: orpc.remote.list.key() })
      if (!showNext(null)) return
      if (!(await openRemote(accountId, made.remoteId)) || !dropped) return
      const target = { accountId, remoteId: made.remoteId, name: made.name }
      showDialog({ kind: 'upload', target, dropped })
    } catch (reason) {
      setError(messageOf(reason))
      setBusy(false)
    }
  }
  return (
    <Modal
      title={t('New dataset')}
      description={t('On the service, for everyone in the organization.')}
      onClose={() => showDialog(null)}
      footer={
        <>
          <Button onClick={() => showDialog(null)}>{t('Cancel')}</Button>
          <Button
            variant="primary"
            disabled={busy || name.trim() === ''}
            onClick={() => void create()}
          >
            {busy ? t('Creating…') : t('Create and open')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <Field label={t('Name')}>
          {(id) => (
            <TextField id={id} value={name} onChange={({ target }) => setName(target.value)} />
          )}
        </Field>
        <Field label={t('Description (optional)')}>
          {(id) => (
            <TextField
              id={id}
              value={description}
              onChange={({ target }) => setDescription(target.value)}
            />
          )}
        </Field>
        <Field
          label={t('Classes (optional)')}
          hint={t('Separated by commas. More can be added at any time.')}
        >
          {(id) => (
            <TextField
              id={id}
              placeholder="car, person, lane"
              value={classes}
              onChange={({ target }) => setClasses(target.value)}
            />
          )}
        </Field>
        {error && <ErrorNote>{error}</ErrorNote>}
      </div>
    </Modal>
  )
}
