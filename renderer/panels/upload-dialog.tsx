import { useEffect, useRef, useState } from 'react'
import { showDialog } from '#renderer/actions/app-state.ts'
import {
  type Dropped,
  type RemoteTarget,
  stageFiles,
  startUpload,
} from '#renderer/actions/transfers.ts'
import { client } from '#renderer/rpc/connection.ts'
import { Button } from '#renderer/ui/button.tsx'
import { ErrorNote, ProgressBar } from '#renderer/ui/feedback.tsx'
import { Checkbox, Choice, Field, TextField } from '#renderer/ui/field.tsx'
import { Modal } from '#renderer/ui/modal.tsx'
import { formatBytes } from '#shared/model/bytes.ts'
import { counted } from '#shared/model/counted.ts'
import { FORMATS } from '#shared/model/format.ts'
import { messageOf } from '#shared/model/message-of.ts'
import type { UploadOptions, UploadPreview } from '#shared/model/transfer.ts'
import { PathField } from './path-field.tsx'

/** What is found in what was dropped; told as it is found. */
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
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key holds what counts
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

function Preview({ preview, onExisting }: { preview: UploadPreview; onExisting: string }) {
  const {
    images,
    bytes,
    directories,
    others,
    otherCount,
    sameName,
    sameContent,
    labels,
    labelFiles,
  } = preview
  const label = FORMATS.find(({ id }) => id === labels)?.label
  const fate = { skip: 'left out', rename: 'renamed', replace: 'replaced' }[onExisting]
  return (
    <div
      className="flex flex-col gap-1 rounded-md bg-raised px-3 py-2 text-xs tabular-nums"
      role="status"
    >
      <p>
        {preview.isComplete ? '' : 'Looking… '}
        {counted(images, 'image')}, {formatBytes(bytes)}, in{' '}
        {counted(directories.length, 'directory', 'directories')}
      </p>
      {sameName > 0 && (
        <p className="text-warning">
          {counted(sameName, 'name')} {sameName === 1 ? 'is' : 'are'} there already and will be{' '}
          {fate}.
        </p>
      )}
      {sameContent > 0 && (
        <p className="text-warning">
          {counted(sameContent, 'image')} {sameContent === 1 ? 'was' : 'were'} sent from here
          before, under another name.
        </p>
      )}
      {label && (
        <p>
          Annotations beside them: {label} ({counted(labelFiles, 'file')})
        </p>
      )}
      {otherCount > 0 && (
        <p className="text-muted" title={others.join('\n')}>
          {counted(otherCount, 'file')}{' '}
          {otherCount === 1 ? 'is no image and stays' : 'are no images and stay'} here
        </p>
      )}
      {preview.isComplete && images === 0 && (
        <p className="text-danger">
          There is no image in it (JPEG, PNG, GIF, BMP, WebP, TIFF, HEIC).
        </p>
      )}
    </div>
  )
}

/** What is to be sent where, looked at first. */
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
      title={`Upload to “${target.name}”`}
      onClose={close}
      wide
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button
            variant="primary"
            disabled={busy || paths.length === 0 || preview?.images === 0}
            onClick={() => void start()}
          >
            {preview ? `Upload ${counted(preview.images, 'image')}` : 'Upload'}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {!dropped && (
          <PathField
            label="A folder, an image or a ZIP of this machine"
            hint="Or drop them on the window."
            value={typed}
            onChange={setTyped}
          />
        )}
        {files && !staged && !error && (
          <div className="flex flex-col gap-1.5">
            <p className="text-xs text-muted">Reading what was dropped</p>
            <ProgressBar label="Reading what was dropped" done={stagedCount} total={files.length} />
          </div>
        )}
        {preview && <Preview preview={preview} onExisting={options.onExisting} />}
        {(error ?? problem) && <ErrorNote>{error ?? problem}</ErrorNote>}
        <Field label="Below the directory">
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
            label="Folders"
            name="tree"
            value={options.tree}
            options={[
              { value: 'keep', label: 'As they are' },
              { value: 'first', label: 'First level' },
              { value: 'flat', label: 'None' },
            ]}
            onChange={(tree) => change({ tree })}
          />
          <Choice
            label="Names that are there already"
            name="on-existing"
            value={options.onExisting}
            options={[
              { value: 'skip', label: 'Leave out' },
              { value: 'rename', label: 'Rename' },
              { value: 'replace', label: 'Replace' },
            ]}
            onChange={(onExisting) => change({ onExisting })}
          />
        </div>
        {options.onExisting === 'replace' && (
          <p className="text-xs text-warning">
            A replaced image is deleted on the service, with its annotations.
          </p>
        )}
        <Checkbox
          label="Send annotations that lie beside the images"
          checked={options.withLabels}
          onChange={({ target: field }) => change({ withLabels: field.checked })}
        />
      </div>
    </Modal>
  )
}
