import { useEffect, useRef, useState } from 'react'
import { showDialog } from '#renderer/actions/app-state.ts'
import {
  type Dropped,
  type RemoteTarget,
  stageFiles,
  startUpload,
} from '#renderer/actions/transfers.ts'
import { PathField } from '#renderer/dialogs/folders/path-field.tsx'
import { client } from '#renderer/rpc/connection.ts'
import { Button } from '#renderer/ui/button.tsx'
import { ErrorNote, ProgressBar } from '#renderer/ui/feedback.tsx'
import { Checkbox, Choice, Field, TextField } from '#renderer/ui/field.tsx'
import { Modal } from '#renderer/ui/modal.tsx'
import { formatBytes } from '#shared/model/bytes.ts'
import { FORMATS, type FormatId } from '#shared/model/format.ts'
import { messageOf } from '#shared/model/message-of.ts'
import type { UploadOptions, UploadPreview } from '#shared/model/transfer.ts'
import { counted, plural, t } from '#shared/texts/texts.ts'

/** The images and label files in the dropped items, updated while they are scanned. */
function usePreview(
  accountId: string,
  remoteId: string | null,
  paths: readonly string[],
  options: UploadOptions,
): { preview: UploadPreview | null; error: string | null } {
  const [preview, setPreview] = useState<UploadPreview | null>(null)
  const [error, setError] = useState<string | null>(null)
  const key = JSON.stringify([accountId, remoteId, paths, options.directory, options.tree])
  const latest = useRef(options)
  latest.current = options
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` contains all relevant values
  useEffect(() => {
    if (paths.length === 0) return
    const stop = new AbortController()
    setPreview(null)
    setError(null)
    const read = async () => {
      const input = { accountId, remoteId, paths: [...paths], options: latest.current }
      for await (const found of await client.transfers.previewUpload(input, {
        signal: stop.signal,
      }))
        setPreview(found)
    }
    read().catch((reason: unknown) => {
      if (!stop.signal.aborted) setError(messageOf(reason))
    })
    return () => stop.abort()
  }, [key])
  return { preview, error }
}

/** What happens to images whose names exist in the dataset. */
function fateOf(count: number, onExisting: UploadOptions['onExisting']): string {
  switch (onExisting) {
    case 'skip':
      return plural(
        count,
        '{count} name exists already: the image is skipped.',
        '{count} names exist already: the images are skipped.',
      )
    case 'rename':
      return plural(
        count,
        '{count} name exists already: the image is renamed.',
        '{count} names exist already: the images are renamed.',
      )
    case 'replace':
      return plural(
        count,
        '{count} name exists already: the image there is replaced.',
        '{count} names exist already: the images there are replaced.',
      )
  }
}

function Preview({
  preview,
  onExisting,
}: {
  preview: UploadPreview
  onExisting: UploadOptions['onExisting']
}) {
  const { images, bytes, directories, others, otherCount, sameName, sameContent, labels } = preview
  const labelOf = (format: FormatId) => FORMATS.find(({ id }) => id === format)?.label ?? format
  const fate = fateOf(sameName, onExisting)
  return (
    <div
      className="flex flex-col gap-1 rounded-md bg-raised px-3 py-2 text-xs tabular-nums"
      role="status"
    >
      <p>
        {!preview.isComplete && `${t('Scanning…')} `}
        {t('{images}, {size}, in {directories}', {
          images: counted(images, 'image'),
          size: formatBytes(bytes),
          directories: counted(directories.length, 'directory', 'directories'),
        })}
      </p>
      {sameName > 0 && <p className="text-warning">{fate}</p>}
      {sameContent > 0 && (
        <p className="text-warning">
          {plural(
            sameContent,
            '{count} image was sent from here before, under another name.',
            '{count} images were sent from here before, under another name.',
          )}
        </p>
      )}
      {labels.length > 0 && (
        <p>
          {t('Annotation files found: {formats}', {
            formats: labels
              .map(({ format, files }) => `${labelOf(format)} (${counted(files, 'file')})`)
              .join(', '),
          })}
        </p>
      )}
      {otherCount > 0 && (
        <p className="text-muted" title={others.join('\n')}>
          {plural(
            otherCount,
            '{count} file is not an image and is skipped',
            '{count} files are not images and are skipped',
          )}
        </p>
      )}
      {preview.isComplete && images === 0 && (
        <p className="text-danger">
          {t('It contains no images (JPEG, PNG, GIF, BMP, WebP, TIFF, HEIC).')}
        </p>
      )}
    </div>
  )
}

/** Chooses images and target of an upload, and shows them before anything is sent. */
export function UploadDialog({
  target,
  dropped,
}: {
  target: RemoteTarget
  dropped: Dropped | null
}) {
  const [typed, setTyped] = useState('')
  const [staged, setStaged] = useState<{ stageId: string; paths: string[] } | null>(null)
  const [stagedCount, setStagedCount] = useState(0)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string | null>(null)
  const [options, setOptions] = useState<UploadOptions>({
    directory: '/',
    tree: 'keep',
    onExisting: 'skip',
    withLabels: true,
  })
  const files = dropped?.kind === 'files' ? dropped.files : null
  useEffect(() => {
    if (!files) return
    const stop = new AbortController()
    stageFiles(files, setStagedCount, stop.signal).then(setStaged, (reason: unknown) => {
      if (!stop.signal.aborted) setError(messageOf(reason))
    })
    return () => stop.abort()
  }, [files])
  const paths =
    dropped?.kind === 'paths' ? dropped.paths : files ? (staged?.paths ?? []) : typed ? [typed] : []
  const { preview, error: problem } = usePreview(target.accountId, target.remoteId, paths, options)
  const toSend = preview && preview.images - (options.onExisting === 'skip' ? preview.sameName : 0)
  const change = (part: Partial<UploadOptions>) => setOptions({ ...options, ...part })
  const close = () => {
    if (staged) void client.transfers.unstage({ stageId: staged.stageId })
    showDialog(null)
  }
  const start = async () => {
    setBusy(true)
    try {
      await startUpload(target, paths, options, staged?.stageId ?? null)
    } catch (reason) {
      setError(messageOf(reason))
      setBusy(false)
    }
  }
  return (
    <Modal
      title={t('Upload to “{name}”', { name: target.name })}
      onClose={close}
      wide
      footer={
        <>
          <Button onClick={close}>{t('Cancel')}</Button>
          <Button
            variant="primary"
            disabled={busy || paths.length === 0 || problem !== null || toSend === 0}
            onClick={() => void start()}
          >
            {toSend === null
              ? t('Upload')
              : toSend === 0
                ? t('Nothing to send')
                : t('Upload {count}', { count: counted(toSend, 'image') })}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {!dropped && (
          <PathField
            label={t('A folder, an image or a ZIP on this computer')}
            hint={t('Or drop them on the window.')}
            value={typed}
            onChange={setTyped}
          />
        )}
        {files && !staged && !error && (
          <div className="flex flex-col gap-1.5">
            <p className="text-xs text-muted">{t('Reading the dropped files')}</p>
            <ProgressBar
              label={t('Reading the dropped files')}
              done={stagedCount}
              total={files.length}
            />
          </div>
        )}
        {preview && <Preview preview={preview} onExisting={options.onExisting} />}
        {(error ?? problem) && <ErrorNote>{error ?? problem}</ErrorNote>}
        <Field label={t('Target directory')}>
          {(id) => (
            <TextField
              id={id}
              value={options.directory}
              spellCheck={false}
              onChange={({ target: field }) => change({ directory: field.value })}
            />
          )}
        </Field>
        <div className="flex flex-wrap gap-6">
          <Choice
            label={t('Folders')}
            name="tree"
            value={options.tree}
            options={[
              { value: 'keep', label: t('As they are') },
              { value: 'first', label: t('First level') },
              { value: 'flat', label: t('None') },
            ]}
            onChange={(tree) => change({ tree })}
          />
          <Choice
            label={t('If a name exists')}
            name="on-existing"
            value={options.onExisting}
            options={[
              { value: 'skip', label: t('Skip') },
              { value: 'rename', label: t('Rename') },
              { value: 'replace', label: t('Replace') },
            ]}
            onChange={(onExisting) => change({ onExisting })}
          />
        </div>
        {options.onExisting === 'replace' && (
          <p className="text-xs text-warning">
            {t('A replaced image is archived on the service, with its annotations.')}
          </p>
        )}
        <Checkbox
          label={t('Upload annotation files found with the images')}
          checked={options.withLabels}
          onChange={({ target: field }) => change({ withLabels: field.checked })}
        />
      </div>
    </Modal>
  )
}
