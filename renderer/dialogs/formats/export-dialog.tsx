import { CircleCheck, TriangleAlert } from 'lucide-react'
import { useCallback, useEffect, useRef, useState } from 'react'
import { notifyError, showDialog } from '#renderer/actions/app-state.ts'
import { changeSettings } from '#renderer/actions/view-actions.ts'
import { PathField } from '#renderer/dialogs/folders/path-field.tsx'
import { flushEdits } from '#renderer/document/session.ts'
import { client } from '#renderer/rpc/connection.ts'
import { workspace } from '#renderer/tools/workspace.ts'
import { Button } from '#renderer/ui/button.tsx'
import { ErrorNote, ProgressBar } from '#renderer/ui/feedback.tsx'
import { Checkbox, Choice, Field, SelectField } from '#renderer/ui/field.tsx'
import { Modal } from '#renderer/ui/modal.tsx'
import type { ExportReport } from '#shared/contract/formats.ts'
import type { Settings } from '#shared/contract/settings.ts'
import type { Dataset } from '#shared/model/dataset.ts'
import { type ExportChoice, FORMATS, type FormatId, formatIdSchema } from '#shared/model/format.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { t } from '#shared/texts/texts.ts'
import { Figure, Losses } from './conversion-report.tsx'

interface Options extends ExportChoice {
  scope: 'all' | 'current'
}

const FIRST_CHOICE: ExportChoice = {
  format: 'coco',
  onlyAnnotated: true,
  images: 'none',
  clampToImage: false,
}

/** YOLO training needs the images next to the labels, because data.yaml refers to them. */
function withFormat(options: Options, format: FormatId): Options {
  const isYolo = format.startsWith('yolo')
  const images = isYolo && options.images === 'none' ? 'copy' : options.images
  return { ...options, format, images }
}

type State =
  | { step: 'choosing'; error: string | null }
  | { step: 'running'; done: number; total: number; doing: string }
  | { step: 'done'; report: ExportReport }

const IMAGE_MODES = [
  { value: 'none', label: t('Skip') },
  { value: 'copy', label: t('Copy') },
  { value: 'link', label: t('Link') },
] as const

function OptionsForm({
  options,
  onChange,
}: {
  options: Options
  onChange: (change: Partial<Options>) => void
}) {
  const keeps = FORMATS.find(({ id }) => id === options.format)?.keeps()
  return (
    <>
      <Field label={t('Format')} hint={t('Supports: {keeps}', { keeps })}>
        {(id) => (
          <SelectField
            id={id}
            value={options.format}
            onChange={(event) =>
              onChange(withFormat(options, formatIdSchema.parse(event.target.value)))
            }
          >
            {FORMATS.map((format) => (
              <option key={format.id} value={format.id}>
                {format.label}
              </option>
            ))}
          </SelectField>
        )}
      </Field>
      <div className="flex flex-wrap gap-6">
        <Choice
          label={t('Contents')}
          name="scope"
          value={options.scope}
          options={[
            { value: 'all', label: t('The dataset') },
            { value: 'current', label: t('This image') },
          ]}
          onChange={(scope) => onChange({ scope })}
        />
        <Choice
          label={t('Images')}
          name="images"
          value={options.images}
          options={IMAGE_MODES}
          onChange={(images) => onChange({ images })}
        />
      </div>
      <Checkbox
        label={t('Only images with annotations')}
        checked={options.onlyAnnotated}
        onChange={(event) => onChange({ onlyAnnotated: event.target.checked })}
      />
      <Checkbox
        label={t('Clip shapes to the image')}
        hint={t(
          'Some training code rejects shapes outside the image. The report lists what was clipped.',
        )}
        checked={options.clampToImage}
        onChange={(event) => onChange({ clampToImage: event.target.checked })}
      />
    </>
  )
}

function Report({ report }: { report: ExportReport }) {
  return (
    <div className="flex flex-col gap-4">
      <p className="flex items-center gap-2 text-sm">
        {report.annotations === 0 ? (
          <TriangleAlert className="size-5 shrink-0 text-warning" />
        ) : (
          <CircleCheck className="size-5 shrink-0 text-success" />
        )}
        <span className="min-w-0 break-all">
          {t('Written to {folder}', { folder: report.folder })}
        </span>
      </p>
      <dl className="grid grid-cols-3 gap-3">
        <Figure label={t('Images')} value={report.images} />
        <Figure label={t('Annotations written')} value={report.annotations} />
        <Figure label={t('Files')} value={report.files} />
      </dl>
      {report.losses.length === 0 ? (
        <p className="text-sm text-muted">{t('Nothing was lost.')}</p>
      ) : (
        <Losses title={t('Not supported by the format')} losses={report.losses} />
      )}
    </div>
  )
}

/** `isAgain`: begins at once, as the last time. */
export function ExportDialog({
  dataset,
  settings,
  isAgain,
}: {
  dataset: Dataset
  settings: Settings
  isAgain: boolean
}) {
  const [options, setOptions] = useState<Options>({
    ...FIRST_CHOICE,
    ...settings.exportChoices[dataset.id],
    scope: 'all',
  })
  const [folder, setFolder] = useState(
    settings.exportFolders[dataset.id] ?? settings.lastExportFolder ?? '',
  )
  const [state, setState] = useState<State>({ step: 'choosing', error: null })
  const abort = useRef(new AbortController())
  const close = useCallback(() => {
    abort.current.abort()
    showDialog(null)
  }, [])

  const run = async () => {
    abort.current = new AbortController()
    const { signal } = abort.current
    setState({ step: 'running', done: 0, total: 0, doing: t('Starting') })
    try {
      await flushEdits()
      const { scope, ...choice } = options
      const { format, images, onlyAnnotated, clampToImage } = choice
      const exportChoices = { ...settings.exportChoices, [dataset.id]: choice }
      const exportFolders = { ...settings.exportFolders, [dataset.id]: folder }
      await changeSettings({ lastExportFolder: folder, exportChoices, exportFolders })
      const { imageId } = workspace.getState()
      const steps = await client.formats.export(
        {
          datasetId: dataset.id,
          imageIds: scope === 'current' && imageId !== null ? [imageId] : null,
          onlyAnnotated: scope === 'all' && onlyAnnotated,
          format,
          folder,
          images,
          options: { clampToImage, vocPixelOrigin: 0 },
        },
        { signal },
      )
      for await (const step of steps)
        setState(
          step.type === 'done'
            ? { step: 'done', report: step.report }
            : { step: 'running', ...step },
        )
    } catch (error) {
      if (signal.aborted) return
      setState({ step: 'choosing', error: messageOf(error) })
    }
  }

  const isBegun = useRef(false)
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when it opens
  useEffect(() => {
    if (!isAgain || folder === '' || isBegun.current) return
    isBegun.current = true
    void run().catch(notifyError)
  }, [])

  return (
    <Modal
      title={t('Export')}
      description={t('Labels of “{name}” in a format that other programs read.', {
        name: dataset.name,
      })}
      onClose={close}
      wide
      footer={
        state.step === 'done' ? (
          <>
            <Button onClick={() => setState({ step: 'choosing', error: null })}>
              {t('Change…')}
            </Button>
            <Button variant="primary" onClick={close}>
              {t('Done')}
            </Button>
          </>
        ) : (
          <>
            <Button onClick={close}>{t('Cancel')}</Button>
            <Button
              variant="primary"
              disabled={folder === '' || state.step === 'running'}
              onClick={() => void run().catch(notifyError)}
            >
              {t('Export')}
            </Button>
          </>
        )
      }
    >
      {state.step === 'done' && <Report report={state.report} />}
      {state.step === 'running' && (
        <ProgressBar label={state.doing} done={state.done} total={state.total} />
      )}
      {state.step === 'choosing' && (
        <div className="flex flex-col gap-4">
          {state.error && <ErrorNote>{state.error}</ErrorNote>}
          <OptionsForm
            options={options}
            onChange={(change) => setOptions({ ...options, ...change })}
          />
          <PathField
            label={t('Target folder')}
            hint={t('Files with the same names are replaced.')}
            value={folder}
            onChange={setFolder}
            allowCreate
          />
        </div>
      )}
    </Modal>
  )
}
