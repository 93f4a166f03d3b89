import { useState } from 'react'
import { showDialog } from '#renderer/actions/app-state.ts'
import { createAndOpen } from '#renderer/actions/new-dataset.ts'
import type { Dropped } from '#renderer/actions/transfers.ts'
import { Button } from '#renderer/ui/button.tsx'
import { ErrorNote } from '#renderer/ui/feedback.tsx'
import { Field, TextField } from '#renderer/ui/field.tsx'
import { Modal } from '#renderer/ui/modal.tsx'
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
    const names = classes.split(/[,\n]/).map((item) => item.trim())
    try {
      await createAndOpen({
        accountId,
        name,
        description,
        classes: names.filter((item) => item !== ''),
        dropped,
      })
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
