import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { focusCanvas, showDialog } from '#renderer/actions/app-state.ts'
import { editClasses } from '#renderer/actions/class-actions.ts'
import { changeSettings } from '#renderer/actions/view-actions.ts'
import { imageById } from '#renderer/document/dataset-state.ts'
import { editorSettings } from '#renderer/document/editor-settings.ts'
import { thumbnailUrl } from '#renderer/rpc/media.ts'
import { orpc } from '#renderer/rpc/query.ts'
import { workspace } from '#renderer/tools/workspace.ts'
import { Button } from '#renderer/ui/button.tsx'
import { ErrorNote } from '#renderer/ui/feedback.tsx'
import { Field, SelectField } from '#renderer/ui/field.tsx'
import { Modal } from '#renderer/ui/modal.tsx'
import type { Instructions } from '#shared/model/annotation-class.ts'
import type { Dataset } from '#shared/model/dataset.ts'
import { t } from '#shared/texts/texts.ts'

const NONE: Instructions = { text: '', imageId: null }
/** Device pixels. */
const EXAMPLE_WIDTH = 640

/** What the dataset's makers wrote on the service; it is changed there. */
function OnTheService({ datasetId }: { datasetId: string }) {
  const asked = useQuery(
    orpc.curation.instructions.queryOptions({ input: { datasetId }, staleTime: 0 }),
  )
  const { readme = null, description = null } = asked.data ?? {}
  return (
    <div className="flex flex-col gap-2 rounded-md bg-raised px-3 py-2 text-sm">
      <h3 className="text-xs font-semibold text-muted">{t('On the service')}</h3>
      {asked.isPending && <output className="text-muted">{t('Asking the service…')}</output>}
      {description !== null && <p className="break-words">{description}</p>}
      {readme !== null && <p className="break-words whitespace-pre-wrap">{readme}</p>}
      {asked.data && readme === null && description === null && (
        <p className="text-muted">{t('The dataset has no readme on the service.')}</p>
      )}
      {asked.isError && <ErrorNote>{asked.error.message}</ErrorNote>}
    </div>
  )
}

function Example({
  imageId,
  onChange,
}: {
  imageId: string | null
  onChange: (imageId: string | null) => void
}) {
  const image = imageId === null ? undefined : imageById(imageId)
  const { imageId: openId } = workspace.getState()
  return (
    <div className="flex flex-col gap-2">
      <p className="text-xs font-medium">{t('Example image')}</p>
      {image && (
        <figure className="flex flex-col gap-1">
          <img
            src={thumbnailUrl(image, EXAMPLE_WIDTH)}
            alt={t('Example: {path}', { path: image.path })}
            className="max-h-60 rounded-md border border-line bg-raised object-contain"
          />
          <figcaption className="truncate text-2xs text-muted">{image.path}</figcaption>
        </figure>
      )}
      <div className="flex gap-2">
        <Button disabled={openId === null || openId === imageId} onClick={() => onChange(openId)}>
          {t('Use the open image')}
        </Button>
        {imageId !== null && <Button onClick={() => onChange(null)}>{t('Clear')}</Button>}
      </div>
    </div>
  )
}

/** Text and example of one class or of the dataset. `name`: the class; null: the dataset. */
function Form({
  dataset,
  name,
  onClose,
}: {
  dataset: Dataset
  name: string | null
  onClose: () => void
}) {
  const known =
    name === null
      ? editorSettings.getState().datasetInstructions[dataset.id]
      : dataset.classes.find((item) => item.name === name)?.instructions
  const [draft, setDraft] = useState<Instructions>(known ?? NONE)
  const isEmpty = draft.text.trim() === '' && draft.imageId === null
  const save = async () => {
    if (name !== null) {
      const instructions = isEmpty ? null : draft
      if (await editClasses({ kind: 'instruct', name, instructions })) onClose()
      return
    }
    const { [dataset.id]: _before, ...others } = editorSettings.getState().datasetInstructions
    await changeSettings({
      datasetInstructions: isEmpty ? others : { ...others, [dataset.id]: draft },
    })
    onClose()
  }
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <Field label={t('Instructions')} hint={t('They are kept on this computer.')}>
        {(id) => (
          <textarea
            id={id}
            rows={7}
            maxLength={20_000}
            placeholder={t(
              'What to include, what to leave out, and how tight the shapes should be.',
            )}
            className="w-full rounded-md border border-line-strong bg-surface px-2.5 py-1.5 text-sm text-text placeholder:text-muted"
            value={draft.text}
            onChange={({ target }) => setDraft({ ...draft, text: target.value })}
          />
        )}
      </Field>
      <Example imageId={draft.imageId} onChange={(imageId) => setDraft({ ...draft, imageId })} />
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t('Cancel')}</Button>
        <Button variant="primary" type="submit">
          {t('Save instructions')}
        </Button>
      </div>
    </form>
  )
}

/** How to label the dataset and each of its classes. `first`: the class that is shown; null: the dataset. */
export function InstructionsDialog({ dataset, first }: { dataset: Dataset; first: string | null }) {
  const [name, setName] = useState(first)
  const close = () => {
    showDialog(null)
    focusCanvas()
  }
  return (
    <Modal title={t('How to label “{name}”', { name: name ?? dataset.name })} onClose={close} wide>
      <div className="flex flex-col gap-4">
        <Field label={t('Instructions for')}>
          {(id) => (
            <SelectField
              id={id}
              value={name === null ? '' : `class ${name}`}
              onChange={({ target }) =>
                setName(target.value === '' ? null : target.value.slice('class '.length))
              }
            >
              <option value="">{t('The whole dataset')}</option>
              {dataset.classes.map((item) => (
                <option key={item.name} value={`class ${item.name}`}>
                  {t('Class {name}', { name: item.name })}
                </option>
              ))}
            </SelectField>
          )}
        </Field>
        {name === null && dataset.remote && <OnTheService datasetId={dataset.id} />}
        <Form key={name} dataset={dataset} name={name} onClose={close} />
      </div>
    </Modal>
  )
}
