import { CircleCheck } from 'lucide-react'
import { useEffect, useState } from 'react'
import { showDialog } from '#renderer/actions/app-state.ts'
import { rememberImport, rememberLabels } from '#renderer/actions/label-memory.ts'
import { PathField } from '#renderer/dialogs/folders/path-field.tsx'
import { flushEdits } from '#renderer/document/session.ts'
import { client } from '#renderer/rpc/connection.ts'
import { Button } from '#renderer/ui/button.tsx'
import { ErrorNote, ProgressBar } from '#renderer/ui/feedback.tsx'
import { Choice, Field, SelectField } from '#renderer/ui/field.tsx'
import { Modal } from '#renderer/ui/modal.tsx'
import type { ImportPlan } from '#shared/contract/formats.ts'
import type { Settings } from '#shared/contract/settings.ts'
import type { Dataset } from '#shared/model/dataset.ts'
import { FORMATS, type FormatId, formatIdSchema, type ImportChoice } from '#shared/model/format.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { counted, plural, t } from '#shared/texts/texts.ts'
import { Failures, Figure, Losses } from './conversion-report.tsx'

type Mode = 'add' | 'replace'

type State =
  | { step: 'choosing'; error: string | null }
  | { step: 'reading'; done: number; total: number; doing: string }
  | { step: 'planned'; plan: ImportPlan }
  | { step: 'importing'; done: number; total: number; doing: string }
  | { step: 'done'; images: number; annotations: number }

function NewClasses({ classes }: { classes: ImportPlan['newClasses'] }) {
  if (classes.length === 0) return null
  return (
    <section>
      <h3 className="mb-1.5 text-xs font-semibold">{t('New classes')}</h3>
      <ul className="flex flex-wrap gap-1.5">
        {classes.map(({ name, color }) => (
          <li
            key={name}
            className="flex items-center gap-1.5 rounded-full border border-line py-0.5 pr-2.5 pl-2 text-xs"
          >
            <svg viewBox="0 0 10 10" className="size-2.5" aria-hidden="true">
              <circle cx="5" cy="5" r="5" fill={color} />
            </svg>
            {name}
          </li>
        ))}
      </ul>
    </section>
  )
}

function Unmatched({ names }: { names: readonly string[] }) {
  if (names.length === 0) return null
  return (
    <section className="rounded-md bg-warning-soft px-3 py-2.5">
      <h3 className="mb-1 text-xs font-semibold text-warning">
        {plural(
          names.length,
          '{count} image is not in this dataset and is skipped',
          '{count} images are not in this dataset and are skipped',
        )}
      </h3>
      <p className="text-xs break-words">
        {names.length > 8
          ? t('{names} and {count} more', {
              names: names.slice(0, 8).join(', '),
              count: (names.length - 8).toLocaleString(),
            })
          : names.join(', ')}
      </p>
    </section>
  )
}

function Preview({
  plan,
  mode,
  onMode,
}: {
  plan: ImportPlan
  mode: Mode
  onMode: (mode: Mode) => void
}) {
  return (
    <div className="flex flex-col gap-4">
      <p className="text-sm">
        {t('{format}, {files}. Nothing has been changed yet.', {
          format: FORMATS.find(({ id }) => id === plan.format)?.label,
          files: counted(plan.files, 'file'),
        })}
      </p>
      <dl className="grid grid-cols-4 gap-3">
        <Figure label={t('Images matched')} value={plan.matchedImages} />
        <Figure label={t('Annotations')} value={plan.annotations} />
        <Figure label={t('Not matched')} value={plan.unmatched.length} tone="warning" />
        <Figure label={t('Not readable')} value={plan.failed.length} tone="warning" />
      </dl>
      {plan.existingAnnotations > 0 && (
        <Choice
          label={t('The matched images already have {count}', {
            count: counted(plan.existingAnnotations, 'annotation'),
          })}
          name="mode"
          value={mode}
          options={[
            {
              value: 'add',
              label: t('Add, skip {count} identical', {
                count: plan.identical.toLocaleString(),
              }),
            },
            { value: 'replace', label: t('Replace them') },
          ]}
          onChange={onMode}
        />
      )}
      {mode === 'replace' && plan.incompleteImages > 0 && (
        <p className="text-sm text-warning">
          {t('{count} could only be read in part. Labels there are added, not replaced.', {
            count: counted(plan.incompleteImages, 'image'),
          })}
        </p>
      )}
      <NewClasses classes={plan.newClasses} />
      <Unmatched names={plan.unmatched} />
      <Failures failed={plan.failed} />
      <Losses title={t('Changes on import')} losses={plan.losses} />
      <p className="text-xs text-muted">{t('The import is one undo step on each image.')}</p>
    </div>
  )
}

/**
 * The path and format of the last time, unless labels were `found` in the dataset's folder. Each import begins with adding:
 * existing annotations are replaced only where that was chosen for this import.
 */
function firstChoice(dataset: Dataset, settings: Settings, found: FormatId | null): ImportChoice {
  const before = settings.importChoices[dataset.id]
  const path = dataset.remote ? '' : dataset.root
  if (found !== null) return { path, format: found, mode: 'add' }
  return before ? { ...before, mode: 'add' } : { path, format: null, mode: 'add' }
}

/** `found`: the format of label files that lie in the dataset's folder. */
export function ImportDialog({
  dataset,
  settings,
  found,
}: {
  dataset: Dataset
  settings: Settings
  found: FormatId | null
}) {
  const [first] = useState(() => firstChoice(dataset, settings, found))
  const [path, setPath] = useState(first.path)
  const [format, setFormat] = useState<string>(first.format ?? '')
  const [mode, setMode] = useState<Mode>(first.mode)
  const [state, setState] = useState<State>({ step: 'choosing', error: null })
  const [cancel] = useState(() => new AbortController())
  // Closing the dialog cancels reading and importing.
  useEffect(() => () => cancel.abort(), [cancel])
  const close = () => showDialog(null)
  const failed = (error: unknown) => {
    if (!cancel.signal.aborted) setState({ step: 'choosing', error: messageOf(error) })
  }

  const read = async () => {
    setState({ step: 'reading', done: 0, total: 0, doing: t('Starting') })
    try {
      await flushEdits()
      const wanted = format === '' ? null : formatIdSchema.parse(format)
      await rememberImport(dataset.id, { path, format: wanted, mode })
      const wish = { datasetId: dataset.id, path, format: wanted }
      const { signal } = cancel
      for await (const step of await client.formats.planImport(wish, { signal }))
        setState(
          step.type === 'plan'
            ? { step: 'planned', plan: step.plan }
            : { step: 'reading', ...step },
        )
    } catch (error) {
      failed(error)
    }
  }

  const apply = async ({ planId, format: read }: ImportPlan) => {
    setState({ step: 'importing', done: 0, total: 0, doing: t('Starting') })
    try {
      const wanted = format === '' ? null : formatIdSchema.parse(format)
      await rememberImport(dataset.id, { path, format: wanted, mode })
      for await (const step of await client.formats.applyImport(
        { planId, mode },
        { signal: cancel.signal },
      ))
        setState(
          step.type === 'done' ? { step: 'done', ...step.report } : { step: 'importing', ...step },
        )
      await rememberLabels(dataset.id, [read])
    } catch (error) {
      failed(error)
    }
  }

  const footer = () => {
    if (state.step === 'done')
      return (
        <Button variant="primary" onClick={close}>
          {t('Done')}
        </Button>
      )
    if (state.step === 'planned') {
      const { plan } = state
      return (
        <>
          <Button onClick={() => setState({ step: 'choosing', error: null })}>{t('Back')}</Button>
          <Button
            variant="primary"
            disabled={
              plan.annotations === 0 || (mode === 'add' && plan.annotations === plan.identical)
            }
            onClick={() => void apply(plan)}
          >
            {t('Import {count}', {
              count: counted(
                plan.annotations - (mode === 'add' ? plan.identical : 0),
                'annotation',
              ),
            })}
          </Button>
        </>
      )
    }
    return (
      <>
        <Button onClick={close}>{t('Cancel')}</Button>
        <Button
          variant="primary"
          disabled={path === '' || state.step !== 'choosing'}
          onClick={() => void read()}
        >
          {t('Preview')}
        </Button>
      </>
    )
  }

  return (
    <Modal
      title={t('Import labels')}
      description={t('Into “{name}”, with a preview before anything changes.', {
        name: dataset.name,
      })}
      onClose={close}
      wide
      footer={footer()}
    >
      {state.step === 'choosing' && (
        <div className="flex flex-col gap-4">
          {state.error && <ErrorNote>{state.error}</ErrorNote>}
          <PathField
            label={t('Label file or folder')}
            hint={t(
              'A COCO file, a YOLO or Pascal VOC folder, or a folder of labelme, X-AnyLabeling or Pictograph JSON files.',
            )}
            value={path}
            onChange={setPath}
            onEnter={() => void read()}
            showFiles={/\.(json|jsonl|ndjson|xml|csv|tsv|txt|ya?ml)$/i}
          />
          <Field label={t('Format')}>
            {(id) => (
              <SelectField
                id={id}
                value={format}
                onChange={(event) => setFormat(event.target.value)}
              >
                <option value="">{t('Detect automatically')}</option>
                {FORMATS.map((item) => (
                  <option key={item.id} value={item.id}>
                    {item.label}
                  </option>
                ))}
              </SelectField>
            )}
          </Field>
        </div>
      )}
      {state.step === 'reading' && (
        <>
          <p className="mb-3 text-sm text-muted">{t('Reading the label files…')}</p>
          <ProgressBar label={state.doing} done={state.done} total={state.total} />
        </>
      )}
      {state.step === 'planned' && <Preview plan={state.plan} mode={mode} onMode={setMode} />}
      {state.step === 'importing' && (
        <ProgressBar label={state.doing} done={state.done} total={state.total} />
      )}
      {state.step === 'done' && (
        <p className="flex items-center gap-2 text-sm">
          <CircleCheck className="size-5 text-success" />
          {t('{count} imported on {count2}.', {
            count: counted(state.annotations, 'annotation'),
            count2: counted(state.images, 'image'),
          })}
        </p>
      )}
    </Modal>
  )
}
