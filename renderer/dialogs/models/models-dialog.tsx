import { useQuery } from '@tanstack/react-query'
import { Trash2, X } from 'lucide-react'
import { useState } from 'react'
import { notifyError, showDialog } from '#renderer/actions/app-state.ts'
import { changeSettings } from '#renderer/actions/view-actions.ts'
import { client } from '#renderer/rpc/connection.ts'
import { orpc, queryClient } from '#renderer/rpc/query.ts'
import { Button, IconButton } from '#renderer/ui/button.tsx'
import { Bar, ErrorNote } from '#renderer/ui/feedback.tsx'
import { Field, SelectField } from '#renderer/ui/field.tsx'
import { Modal } from '#renderer/ui/modal.tsx'
import type { Settings } from '#shared/contract/settings.ts'
import type { AssistModel, ModelFetch } from '#shared/model/assist-model.ts'
import { formatBytes } from '#shared/model/bytes.ts'
import { t } from '#shared/texts/texts.ts'
import { AddModels } from './add-models.tsx'

const USES: Record<NonNullable<AssistModel['use']>, string> = {
  'segment-encoder': t('Segment: encoder'),
  'segment-decoder': t('Segment: decoder'),
  detect: t('Detect'),
}

function ModelRow({ model, onRemove }: { model: AssistModel; onRemove: () => void }) {
  const { name, version, licence, sizeBytes, use, takenFor } = model
  const facts = [
    use === null ? t('Unknown') : USES[use],
    formatBytes(sizeBytes),
    version && t('version {version}', { version }),
    licence,
  ].filter(Boolean)
  return (
    <li className="flex items-start gap-3 border-b border-line py-2 last:border-0">
      <div className="min-w-0 flex-1">
        <p className="truncate text-sm font-medium" data-name>
          {name}
        </p>
        <p className="text-xs text-muted">{facts.join(' · ')}</p>
        <p className="mt-0.5 text-xs break-words text-muted" data-name>
          {takenFor}
        </p>
      </div>
      <IconButton label={t('Remove {name}', { name })} onClick={onRemove}>
        <Trash2 />
      </IconButton>
    </li>
  )
}

function FetchRow({ fetch: { name, doneBytes, totalBytes } }: { fetch: ModelFetch }) {
  const percent = totalBytes ? (100 * doneBytes) / totalBytes : 0
  return (
    <li className="flex items-center gap-3 py-2">
      <div className="min-w-0 flex-1">
        <p className="truncate text-sm">
          {t('Downloading {name}: {done}', { name, done: formatBytes(doneBytes) })}
        </p>
        <div className="mt-1 h-1.5 overflow-hidden rounded bg-raised">
          <Bar percent={percent} />
        </div>
      </div>
      <IconButton
        label={t('Stop downloading {name}', { name })}
        onClick={() => client.models.cancelFetch({ name }).catch(notifyError)}
      >
        <X />
      </IconButton>
    </li>
  )
}

const KEPT_LIMITS = [500e6, 1e9, 2e9, 5e9, 10e9, 20e9]

/** The cache of image embeddings, which makes clicks fast. */
function Kept({ settings }: { settings: Settings }) {
  const { data } = useQuery(orpc.segment.kept.queryOptions({ staleTime: 0 }))
  const forget = async () => {
    try {
      await client.segment.forgetKept()
      await queryClient.invalidateQueries({ queryKey: orpc.segment.kept.key() })
    } catch (error) {
      notifyError(error)
    }
  }
  const { embeddingLimitBytes } = settings
  return (
    <div className="flex items-end gap-3">
      <Field
        label={t('Prepared images on this disk')}
        hint={t('{size} used. The least recently used are removed first.', {
          size: formatBytes(data?.bytes ?? 0),
        })}
      >
        {(id) => (
          <SelectField
            id={id}
            className="w-44"
            value={embeddingLimitBytes}
            onChange={({ target }) =>
              void changeSettings({ embeddingLimitBytes: Number(target.value) })
            }
          >
            {[...new Set([...KEPT_LIMITS, embeddingLimitBytes])]
              .sort((a, b) => a - b)
              .map((limit) => (
                <option key={limit} value={limit}>
                  {formatBytes(limit)}
                </option>
              ))}
          </SelectField>
        )}
      </Field>
      <Button className="mb-6" disabled={!data?.bytes} onClick={() => void forget()}>
        {t('Empty')}
      </Button>
    </div>
  )
}

/** The models on this machine, and where more come from. */
export function ModelsDialog({ settings }: { settings: Settings }) {
  const { data, error } = useQuery(orpc.models.list.queryOptions({ staleTime: 0 }))
  const [removing, setRemoving] = useState<AssistModel | null>(null)
  const remove = async ({ id }: AssistModel) => {
    setRemoving(null)
    try {
      await client.models.remove({ id })
    } catch (failure) {
      notifyError(failure)
    }
  }
  const models = data?.models ?? []
  return (
    <Modal
      title={t('Models')}
      description={t(
        'Models run on this computer, and no image leaves it. Segment needs an encoder and its decoder.',
      )}
      onClose={() => showDialog(null)}
      wide
    >
      <div className="flex flex-col gap-5">
        {error && <ErrorNote>{error.message}</ErrorNote>}
        <section aria-label={t('Models on this computer')}>
          <h3 className="text-sm font-semibold">{t('Models on this computer')}</h3>
          {data && models.length === 0 && data.fetching.length === 0 && (
            <p className="mt-1 text-xs text-muted">{t('No models yet. Add one below.')}</p>
          )}
          <ul>
            {models.map((model) => (
              <ModelRow key={model.id} model={model} onRemove={() => setRemoving(model)} />
            ))}
            {data?.fetching.map((fetch) => (
              <FetchRow key={fetch.name} fetch={fetch} />
            ))}
          </ul>
          {removing && (
            <div className="mt-2 flex items-center gap-2 rounded-md bg-danger-soft px-3 py-2 text-sm">
              <p className="min-w-0 flex-1">
                {t('Remove {name} from this computer?', { name: removing.name })}
              </p>
              <Button onClick={() => setRemoving(null)}>{t('Cancel')}</Button>
              <Button variant="danger" onClick={() => void remove(removing)}>
                {t('Remove')}
              </Button>
            </div>
          )}
        </section>
        <AddModels />
        <Kept settings={settings} />
        {data && (
          <p className="text-xs break-all text-muted">
            {t('Models are stored in {folder}. Copy that folder to use them on another computer.', {
              folder: data.folder,
            })}
          </p>
        )}
      </div>
    </Modal>
  )
}
