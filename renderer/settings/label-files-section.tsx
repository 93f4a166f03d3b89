import { useState } from 'react'
import { notifyError } from '#renderer/actions/app-state.ts'
import { PathField } from '#renderer/dialogs/folders/path-field.tsx'
import { takeFields } from '#renderer/document/shown-dataset.ts'
import { client } from '#renderer/rpc/connection.ts'
import { Button } from '#renderer/ui/button.tsx'
import { Choice } from '#renderer/ui/field.tsx'
import type { Dataset, LabelFileFormat } from '#shared/model/dataset.ts'
import { t } from '#shared/texts/texts.ts'

const LABEL_FORMATS: readonly { value: LabelFileFormat | 'off'; label: string }[] = [
  { value: 'off', label: t('Off') },
  { value: 'pictograph', label: 'Pictograph JSON' },
  { value: 'labelme', label: 'labelme' },
  { value: 'yolo', label: 'YOLO' },
]

/** Label files of the open folder that follow each edit. */
export function LabelFilesSection({ dataset }: { dataset: Dataset }) {
  const [format, setFormat] = useState<LabelFileFormat | 'off'>(dataset.labelFiles?.format ?? 'off')
  const [beside, setBeside] = useState(
    dataset.labelFiles === null || dataset.labelFiles.folder === null,
  )
  const [folder, setFolder] = useState(dataset.labelFiles?.folder ?? '')
  const [busy, setBusy] = useState(false)
  const next = format === 'off' ? null : { format, folder: beside ? null : folder }
  const same = JSON.stringify(next) === JSON.stringify(dataset.labelFiles)
  const apply = async () => {
    setBusy(true)
    try {
      const changed = await client.datasets.setLabelFiles({ id: dataset.id, labelFiles: next })
      // Another dataset may be open by now, or this one may have changed otherwise.
      takeFields(changed.id, { labelFiles: changed.labelFiles })
    } catch (error) {
      notifyError(error)
    }
    setBusy(false)
  }
  return (
    <section className="flex flex-col gap-3">
      <div className="flex flex-col gap-1">
        <h3 className="text-sm font-semibold">
          {t('Label files in sync: {name}', { name: dataset.name })}
        </h3>
        <p className="text-xs text-muted">
          {t(
            'After each edit, the image’s labels are also written to a file. Changes made there by another program are imported as one step that you can undo.',
          )}
        </p>
      </div>
      <Choice
        label={t('Format')}
        name="label-format"
        value={format}
        options={LABEL_FORMATS}
        onChange={setFormat}
      />
      {format === 'yolo' && (
        <p className="text-xs text-warning">
          {t(
            'YOLO stores only boxes. Other shapes are written as their bounding box, or skipped. In the app they stay unchanged.',
          )}
        </p>
      )}
      {format !== 'off' && (
        <Choice
          label={t('Location')}
          name="label-place"
          value={beside ? 'beside' : 'folder'}
          options={[
            { value: 'beside', label: t('Next to the images') },
            { value: 'folder', label: t('In another folder') },
          ]}
          onChange={(value) => setBeside(value === 'beside')}
        />
      )}
      {format !== 'off' && !beside && (
        <PathField label={t('Folder')} value={folder} onChange={setFolder} allowCreate />
      )}
      <Button
        className="self-start"
        variant="primary"
        disabled={same || busy || (format !== 'off' && !beside && folder === '')}
        onClick={() => void apply()}
      >
        {busy ? t('Syncing…') : t('Apply')}
      </Button>
    </section>
  )
}
