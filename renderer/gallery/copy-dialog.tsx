import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { afterWaiting, requestIdOf, showDialog } from '#renderer/actions/app-state.ts'
import { copyImages } from '#renderer/actions/curation.ts'
import { orpc } from '#renderer/rpc/query.ts'
import { Button } from '#renderer/ui/button.tsx'
import { ErrorNote } from '#renderer/ui/feedback.tsx'
import { Field, SelectField, TextField } from '#renderer/ui/field.tsx'
import { Modal } from '#renderer/ui/modal.tsx'
import { RequestId } from '#renderer/ui/request-id.tsx'
import type { Dataset } from '#shared/model/dataset.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { counted, t } from '#shared/texts/texts.ts'

/** Asks which dataset images are copied to, and copies them. */
export function CopyDialog({ dataset, imageIds }: { dataset: Dataset; imageIds: string[] }) {
  const [chosen, setChosen] = useState('')
  const [directory, setDirectory] = useState('')
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const accountId = dataset.remote?.accountId ?? ''
  const listed = useQuery(
    orpc.remote.list.queryOptions({ input: { accountId, archived: false }, staleTime: 0 }),
  )
  const targets =
    listed.data?.datasets.filter(
      ({ remoteId, isCold }) => remoteId !== dataset.remote?.remoteId && !isCold,
    ) ?? []
  const target = targets.find(({ remoteId }) => remoteId === chosen)
  const copy = async () => {
    if (!target) return
    setBusy(true)
    setError(null)
    const showNext = afterWaiting()
    try {
      await copyImages(dataset.id, imageIds, target, directory)
      showNext(null)
    } catch (reason) {
      setError(reason)
      setBusy(false)
    }
  }
  const problem = error ?? listed.error
  const requestId = requestIdOf(problem)
  return (
    <Modal
      title={t('Copy {count} to another dataset', { count: counted(imageIds.length, 'image') })}
      description={t('With their annotations, tags, splits and stages.')}
      onClose={() => showDialog(null)}
      footer={
        <>
          <Button onClick={() => showDialog(null)}>{t('Cancel')}</Button>
          <Button variant="primary" type="submit" form="copy-images" disabled={!target || isBusy}>
            {isBusy ? t('Copying…') : t('Copy')}
          </Button>
        </>
      }
    >
      <form
        id="copy-images"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          void copy()
        }}
      >
        <Field
          label={t('Dataset')}
          hint={
            listed.data && targets.length === 0
              ? t('The organization has no other dataset that accepts images.')
              : undefined
          }
        >
          {(id) => (
            <SelectField id={id} value={chosen} onChange={({ target }) => setChosen(target.value)}>
              <option value="" disabled>
                {listed.isPending ? t('Asking the service…') : t('Choose a dataset')}
              </option>
              {targets.map(({ remoteId, name }) => (
                <option key={remoteId} value={remoteId}>
                  {name}
                </option>
              ))}
            </SelectField>
          )}
        </Field>
        <Field
          label={t('Directory')}
          hint={t(
            'If empty, images go to the top of the dataset. If a name is taken, a number is added.',
          )}
        >
          {(id) => (
            <TextField
              id={id}
              placeholder="day/rain"
              value={directory}
              onChange={({ target }) => setDirectory(target.value)}
            />
          )}
        </Field>
        {problem !== null && problem !== undefined && (
          <ErrorNote>
            {messageOf(problem)}
            {requestId && <RequestId id={requestId} />}
          </ErrorNote>
        )}
      </form>
    </Modal>
  )
}
