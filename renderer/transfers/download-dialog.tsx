import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { showDialog } from '#renderer/actions/app-state.ts'
import { lastDownload, type RemoteTarget, startDownload } from '#renderer/actions/transfers.ts'
import { PathField } from '#renderer/dialogs/folders/path-field.tsx'
import { orpc } from '#renderer/rpc/query.ts'
import { Button } from '#renderer/ui/button.tsx'
import { ErrorNote } from '#renderer/ui/feedback.tsx'
import { Checkbox, Choice, Field, SelectField, TextField } from '#renderer/ui/field.tsx'
import { Modal } from '#renderer/ui/modal.tsx'
import { useSettled } from '#renderer/ui/use-settled.ts'
import type { Settings } from '#shared/contract/settings.ts'
import { formatBytes } from '#shared/model/bytes.ts'
import { splitSchema, stageSchema } from '#shared/model/dataset.ts'
import { formatDuration } from '#shared/model/duration.ts'
import { FORMATS, formatIdSchema } from '#shared/model/format.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { SPLIT_LABEL, STAGE_LABEL } from '#shared/model/stage-labels.ts'
import {
  ALL_FILES,
  type DownloadOptions,
  type DownloadPlan,
  downloadOptionsSchema,
} from '#shared/model/transfer.ts'
import { counted, t } from '#shared/texts/texts.ts'

function words(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

function Filters({
  options,
  onChange,
}: {
  options: DownloadOptions
  onChange: (change: Partial<DownloadOptions>) => void
}) {
  const toggle = <T extends string>(list: readonly T[], item: T): T[] =>
    list.includes(item) ? list.filter((other) => other !== item) : [...list, item]
  return (
    <details className="rounded-md border border-line px-3 py-2">
      <summary className="text-xs font-medium">{t('Filter images')}</summary>
      <div className="mt-3 grid grid-cols-2 gap-4">
        <fieldset className="flex flex-col gap-1">
          <legend className="mb-1 text-xs text-muted">{t('Stages (none: all)')}</legend>
          {stageSchema.options.map((stage) => (
            <Checkbox
              key={stage}
              label={STAGE_LABEL[stage]}
              checked={options.stages.includes(stage)}
              onChange={() => onChange({ stages: toggle(options.stages, stage) })}
            />
          ))}
        </fieldset>
        <fieldset className="flex flex-col gap-1">
          <legend className="mb-1 text-xs text-muted">{t('Splits (none: all)')}</legend>
          {splitSchema.options.map((split) => (
            <Checkbox
              key={split}
              label={SPLIT_LABEL[split]}
              checked={options.splits.includes(split)}
              onChange={() => onChange({ splits: toggle(options.splits, split) })}
            />
          ))}
        </fieldset>
        <Field label={t('With one of these classes')}>
          {(id) => (
            <TextField
              id={id}
              placeholder="car, person"
              defaultValue={options.classes.join(', ')}
              onChange={({ target }) => onChange({ classes: words(target.value) })}
            />
          )}
        </Field>
        <Field label={t('With one of these tags')}>
          {(id) => (
            <TextField
              id={id}
              placeholder="night"
              defaultValue={options.tags.join(', ')}
              onChange={({ target }) => onChange({ tags: words(target.value) })}
            />
          )}
        </Field>
      </div>
    </details>
  )
}

function Plan({
  plan,
  hasFolder,
  byClass,
}: {
  plan: DownloadPlan
  hasFolder: boolean
  byClass: boolean
}) {
  const tooLarge = plan.bytes > plan.freeBytes
  const tooMany = plan.requestsLeft !== null && plan.requests > plan.requestsLeft
  const how = {
    none: null,
    files: t('one annotation file per image'),
    export: t('annotations in one export'),
  }[plan.annotations]
  const facts = [
    t('{images}, {size}', {
      images: counted(plan.images, 'image'),
      size: formatBytes(plan.bytes),
    }),
    counted(plan.requests, 'request'),
    how,
    plan.expectedMs !== null && plan.bytes > 0
      ? t('about {duration}, judging by the last download', {
          duration: formatDuration(plan.expectedMs),
        })
      : null,
  ]
  return (
    <div
      className="flex flex-col gap-1 rounded-md bg-raised px-3 py-2 text-xs tabular-nums"
      role="status"
    >
      <p>{facts.filter((fact) => fact !== null).join(' · ')}</p>
      {plan.images === 0 && (
        <p className="text-danger">{t('No images found: choose other stages, splits or tags.')}</p>
      )}
      {byClass && plan.images > 0 && (
        <p className="text-muted">
          {t('Images are filtered by class when the download starts, so there may be fewer.')}
        </p>
      )}
      <p className={tooLarge ? 'text-danger' : 'text-muted'} hidden={!hasFolder}>
        {t('{size} are free on the disk.', { size: formatBytes(plan.freeBytes) })}
      </p>
      {tooLarge && hasFolder && (
        <p className="text-danger">
          {t('The download pauses when the disk is full, and can be resumed when there is space.')}
        </p>
      )}
      {tooMany && (
        <p className="text-warning">
          {t('Only {count} are left this hour. The download pauses and continues automatically.', {
            count: counted(plan.requestsLeft ?? 0, 'request'),
          })}
        </p>
      )}
    </div>
  )
}

const onChangedSchema = downloadOptionsSchema.shape.onChanged.unwrap()

const CHANGED_HINT: Record<DownloadOptions['onChanged'], () => string> = {
  beside: () => t('The service’s file is then called “photo (service).jpg”.'),
  skip: () => t('Skipped images are listed as failed and can be retried.'),
  replace: () => t('Your changes to them will be lost.'),
}

/** Chooses what to download of a dataset, to which folder, and in which format. */
export function DownloadDialog({
  target,
  imageIds,
  settings,
}: {
  target: RemoteTarget
  imageIds: string[] | null
  settings: Settings
}) {
  const last = lastDownload(target)
  const [folder, setFolder] = useState(
    last && imageIds === null
      ? last.folder
      : settings.lastDownloadFolder
        ? `${settings.lastDownloadFolder.replace(/[\\/][^\\/]*$/, '')}/${target.name}`
        : '',
  )
  const [options, setOptions] = useState<DownloadOptions>({
    ...(last?.options ?? ALL_FILES),
    imageIds,
  })
  const [error, setError] = useState<string | null>(null)
  const change = (part: Partial<DownloadOptions>) => setOptions({ ...options, ...part })
  const input = useSettled({ ...target, folder: folder || '/', options })
  // A cached plan would not know what is in the folder now.
  const [openedAtMs] = useState(Date.now)
  const plan = useQuery({
    ...orpc.transfers.planDownload.queryOptions({ input, staleTime: 60_000, retry: false }),
    queryKey: ['download plan', input, openedAtMs],
  })
  const chooseFolder = (path: string) => {
    setError(null)
    setFolder(path)
  }
  const start = async () => {
    setError(null)
    try {
      await startDownload(target, { folder, options })
    } catch (reason) {
      setError(messageOf(reason))
    }
  }
  const isFiles = options.layout === 'files'
  return (
    <Modal
      title={t('Download “{name}”', { name: target.name })}
      description={imageIds ? `${counted(imageIds.length, 'chosen image')}.` : undefined}
      onClose={() => showDialog(null)}
      wide
      footer={
        <>
          <Button onClick={() => showDialog(null)}>{t('Cancel')}</Button>
          <Button
            variant="primary"
            disabled={folder === '' || plan.data?.images === 0}
            onClick={() => void start()}
          >
            {t('Download')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <PathField label={t('Target folder')} value={folder} onChange={chooseFolder} allowCreate />
        <div className="flex flex-wrap items-end gap-6">
          <div className="w-80">
            <Field label={t('Format')}>
              {(id) => (
                <SelectField
                  id={id}
                  value={options.layout}
                  onChange={({ target: field }) =>
                    change(
                      field.value === 'files'
                        ? { layout: 'files' }
                        : { layout: formatIdSchema.parse(field.value), what: 'full' },
                    )
                  }
                >
                  <option value="files">{t('Images and one JSON file per image')}</option>
                  {FORMATS.map(({ id: format, label }) => (
                    <option key={format} value={format}>
                      {label}
                    </option>
                  ))}
                </SelectField>
              )}
            </Field>
          </div>
          {isFiles && (
            <Choice
              label={t('Contents')}
              name="what"
              value={options.what}
              options={[
                { value: 'full', label: t('Everything') },
                { value: 'images_only', label: t('Images') },
                { value: 'annotations_only', label: t('Annotations') },
              ]}
              onChange={(what) => change({ what })}
            />
          )}
        </div>
        {imageIds === null && <Filters options={options} onChange={change} />}
        {folder !== '' && plan.data?.holdsFiles && (
          <Field
            label={t('The folder is not empty. Files that you added or changed')}
            hint={CHANGED_HINT[options.onChanged]()}
          >
            {(id) => (
              <SelectField
                id={id}
                value={options.onChanged}
                onChange={({ target: field }) =>
                  change({ onChanged: onChangedSchema.parse(field.value) })
                }
              >
                <option value="beside">
                  {t('Keep them, and add the service’s files next to them')}
                </option>
                <option value="skip">{t('Keep them, and skip those images')}</option>
                <option value="replace">{t('Replace them')}</option>
              </SelectField>
            )}
          </Field>
        )}
        {plan.isError && <ErrorNote>{plan.error.message}</ErrorNote>}
        {plan.data ? (
          <Plan plan={plan.data} hasFolder={folder !== ''} byClass={options.classes.length > 0} />
        ) : (
          !plan.isError && <p className="text-xs text-muted">{t('Asking the service…')}</p>
        )}
        {error && <ErrorNote>{error}</ErrorNote>}
      </div>
    </Modal>
  )
}
