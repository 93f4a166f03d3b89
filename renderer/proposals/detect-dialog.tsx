import { useQuery } from '@tanstack/react-query'
import { useEffect, useId, useRef, useState } from 'react'
import { afterWaiting, notifyError, showDialog } from '#renderer/actions/app-state.ts'
import { choose, startDetection } from '#renderer/actions/proposals.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { proposalState } from '#renderer/document/proposal-state.ts'
import { orpc } from '#renderer/rpc/query.ts'
import { workspace } from '#renderer/tools/workspace.ts'
import { Button } from '#renderer/ui/button.tsx'
import { EmptyState, ErrorNote } from '#renderer/ui/feedback.tsx'
import { Choice, Field, SelectField } from '#renderer/ui/field.tsx'
import { Modal } from '#renderer/ui/modal.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import type { DetectModelInfo } from '#shared/contract/proposals.ts'
import { originOf } from '#shared/model/proposal.ts'
import { counted, t } from '#shared/texts/texts.ts'
import { ClassMapping } from './class-mapping.tsx'

type Scope = 'image' | 'chosen' | 'dataset'

/** What a model was taken for and why, or why it cannot be asked. */
function TakenFor({ model }: { model: DetectModelInfo }) {
  if (model.problem !== null || !model.takenFor) return <ErrorNote>{model.problem}</ErrorNote>
  const { title, why } = model.takenFor
  return (
    <p className="rounded-md bg-raised px-3 py-2 text-xs text-muted">
      <span className="font-medium text-text">{t('Recognized as {title}', { title })}</span>
      {': '}
      {why}.
    </p>
  )
}

function NoModel() {
  return (
    <EmptyState title={t('No detection model on this computer yet')}>
      {t('Add an ONNX file, or download one of your models from Pictograph.')}
    </EmptyState>
  )
}

/** Asks a model of this machine about this image, the chosen ones, or the whole dataset. `imageIds`: the chosen ones. */
export function DetectDialog({ imageIds }: { imageIds: string[] | null }) {
  const models = useQuery(orpc.detection.models.queryOptions({ staleTime: 0 }))
  const openId = useStore(workspace, (state) => state.imageId)
  const total = useStore(datasetState, (state) => state.images.length)
  const choices = useStore(proposalState, (state) => state.choices)
  const usable = models.data?.filter(({ problem }) => problem === null) ?? []
  const [modelId, setModelId] = useState<string | null>(null)
  const model =
    models.data?.find(({ id }) => id === modelId) ??
    usable.find(({ name }) => choices[name] !== undefined) ??
    usable[0] ??
    models.data?.[0]
  const [scope, setScope] = useState<Scope>(imageIds ? 'chosen' : openId ? 'image' : 'dataset')
  const form = useId()
  const detect = useRef<HTMLButtonElement>(null)
  const canStart = model !== undefined && model.problem === null
  // The models are known a moment after the dialog is shown.
  useEffect(() => {
    if (canStart) detect.current?.focus()
  }, [canStart])
  const [showsClasses, setShowsClasses] = useState(false)
  const scopes = [
    ...(openId ? [{ value: 'image' as const, label: t('This image') }] : []),
    ...(imageIds
      ? [
          {
            value: 'chosen' as const,
            label: t('{count} selected', { count: counted(imageIds.length, 'image') }),
          },
        ]
      : []),
    {
      value: 'dataset' as const,
      label: t('All {count}', { count: counted(total, 'image') }),
    },
  ]
  const start = async () => {
    if (!model) return
    const asked = scope === 'image' && openId ? [openId] : scope === 'chosen' ? imageIds : null
    const showNext = afterWaiting()
    try {
      await startDetection(model.id, asked)
      showNext(null)
    } catch (error) {
      notifyError(error)
    }
  }
  const chosen = model && (choices[model.name] ?? model.usual)
  return (
    <Modal
      title={t('Detect objects')}
      description={t('A model on this computer detects objects. No image leaves it.')}
      onClose={() => showDialog(null)}
      footer={
        <>
          <Button className="mr-auto" onClick={() => showDialog({ kind: 'models' })}>
            {t('Models…')}
          </Button>
          <Button onClick={() => showDialog(null)}>{t('Cancel')}</Button>
          <Button variant="primary" type="submit" form={form} ref={detect} disabled={!canStart}>
            {t('Detect')}
          </Button>
        </>
      }
    >
      {models.isError && <ErrorNote>{models.error.message}</ErrorNote>}
      {models.data?.length === 0 && <NoModel />}
      {model && chosen && (
        <form
          id={form}
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault()
            if (canStart) void start()
          }}
          // A list has no Enter of its own.
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || !(event.target instanceof HTMLSelectElement)) return
            event.preventDefault()
            event.currentTarget.requestSubmit()
          }}
        >
          <Field label={t('Model')}>
            {(id) => (
              <SelectField
                id={id}
                value={model.id}
                onChange={({ target }) => setModelId(target.value)}
              >
                {models.data?.map((item) => (
                  <option key={item.id} value={item.id}>
                    {originOf({ model: item.name, version: item.version })}
                  </option>
                ))}
              </SelectField>
            )}
          </Field>
          <TakenFor model={model} />
          <Choice
            label={t('Images')}
            name="scope"
            value={scope}
            options={scopes}
            onChange={setScope}
          />
          {model.classes.length > 0 && (
            <div>
              <Button
                variant="ghost"
                className="h-7 px-1.5 text-xs"
                aria-expanded={showsClasses}
                onClick={() => setShowsClasses(!showsClasses)}
              >
                {t('Classes ({count})', { count: model.classes.length })}
              </Button>
              {showsClasses && (
                <div className="max-h-60 overflow-y-auto">
                  <ClassMapping
                    classes={model.classes}
                    chosen={chosen.classes}
                    onChange={(classes) => choose(model.name, { ...chosen, classes })}
                  />
                </div>
              )}
            </div>
          )}
          <p className="text-xs text-muted">
            {t(
              'Results are proposals. They are drawn dashed, and are neither exported nor sent until you accept them.',
            )}
          </p>
        </form>
      )}
    </Modal>
  )
}
