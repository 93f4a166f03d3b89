import { useQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useRef, useState } from 'react'
import { notifyError } from '#renderer/actions/app-state.ts'
import { addModels } from '#renderer/actions/models.ts'
import { cloudState } from '#renderer/document/cloud-state.ts'
import { client } from '#renderer/rpc/connection.ts'
import { orpc } from '#renderer/rpc/query.ts'
import { Button } from '#renderer/ui/button.tsx'
import { ErrorNote } from '#renderer/ui/feedback.tsx'
import { Field, TextField } from '#renderer/ui/field.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import type { CatalogueEntry } from '#shared/model/assist-model.ts'
import { formatBytes } from '#shared/model/bytes.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { t } from '#shared/texts/texts.ts'

function FromFiles() {
  const [problems, setProblems] = useState<readonly string[]>([])
  const [isBusy, setBusy] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  const add = async (files: readonly File[]) => {
    if (files.length === 0) return
    setBusy(true)
    try {
      const named = files.map((file) => ({ path: file.name, file }))
      setProblems(await addModels({ kind: 'files', files: named }))
    } catch (error) {
      setProblems([messageOf(error)])
    } finally {
      setBusy(false)
    }
  }
  return (
    <div className="flex flex-col gap-2">
      <div className="flex items-center gap-3">
        <p className="min-w-0 flex-1 text-sm">
          {isBusy ? t('Checking the files…') : t('Choose ONNX files, or drop them on the window')}
        </p>
        <input
          ref={input}
          type="file"
          multiple
          accept=".onnx"
          aria-label={t('ONNX files')}
          className="sr-only"
          tabIndex={-1}
          onChange={({ target }) => {
            void add([...(target.files ?? [])])
            target.value = ''
          }}
        />
        <Button disabled={isBusy} onClick={() => input.current?.click()}>
          <Plus className="size-4" />
          {t('Choose files…')}
        </Button>
      </div>
      {problems.map((problem) => (
        <ErrorNote key={problem}>{problem}</ErrorNote>
      ))}
    </div>
  )
}

function FromService({ accountId, organization }: { accountId: string; organization: string }) {
  const [isAsked, setAsked] = useState(false)
  const { data, error, isFetching } = useQuery(
    orpc.models.ofService.queryOptions({ input: { accountId }, enabled: isAsked, staleTime: 0 }),
  )
  return (
    <div className="flex flex-col gap-1">
      <div className="flex items-center gap-3">
        <p className="min-w-0 flex-1 truncate text-sm">
          {t('{organization}’s models on Pictograph', { organization })}
        </p>
        <Button disabled={isFetching} onClick={() => setAsked(true)}>
          {isFetching ? t('Loading…') : t('Show')}
        </Button>
      </div>
      {error && <ErrorNote>{error.message}</ErrorNote>}
      {data?.length === 0 && <p className="text-xs text-muted">{t('No models yet.')}</p>}
      <ul>
        {data?.map(({ id, name, modelType, architecture, version }) => (
          <li key={id} className="flex items-center gap-3 py-1">
            <div className="min-w-0 flex-1">
              <p className="truncate text-sm" data-name>
                {name}
              </p>
              <p className="text-xs text-muted" data-name>
                {[modelType, architecture, version].filter(Boolean).join(' · ')}
              </p>
            </div>
            <Button
              aria-label={t('Download {name}', { name })}
              onClick={() =>
                client.models.fetchFromService({ accountId, modelId: id }).catch(notifyError)
              }
            >
              {t('Download')}
            </Button>
          </li>
        ))}
      </ul>
    </div>
  )
}

function FromCatalogue() {
  const [path, setPath] = useState('')
  const [entries, setEntries] = useState<readonly CatalogueEntry[]>([])
  const [problem, setProblem] = useState<string | null>(null)
  const asked = useRef('')
  const read = async () => {
    asked.current = path
    try {
      const found = await client.models.catalogue({ path })
      if (asked.current !== path) return
      setEntries(found)
      setProblem(null)
    } catch (error) {
      if (asked.current !== path) return
      setEntries([])
      setProblem(messageOf(error))
    }
  }
  return (
    <div className="flex flex-col gap-2">
      <Field
        label={t('Model catalog')}
        hint={t('A JSON file that lists models with their address, size, license and SHA-256.')}
      >
        {(id) => (
          <div className="flex gap-2">
            <TextField
              id={id}
              value={path}
              placeholder="/home/me/models.json"
              onChange={({ target }) => setPath(target.value)}
            />
            <Button disabled={path.trim() === ''} onClick={() => void read()}>
              {t('Load')}
            </Button>
          </div>
        )}
      </Field>
      {problem && <ErrorNote>{problem}</ErrorNote>}
      <ul>
        {entries.map((entry) => (
          <li key={entry.sha256 + entry.name} className="flex items-center gap-3 py-1">
            <div className="min-w-0 flex-1">
              <p className="truncate text-sm" data-name>
                {entry.name}
              </p>
              <p className="text-xs break-all text-muted">
                {t('{size} from {host} · license: {licence}', {
                  size: formatBytes(entry.sizeBytes),
                  host: new URL(entry.address).host,
                  licence: entry.licence,
                })}
              </p>
            </div>
            <Button
              aria-label={t('Accept the license and download {name}', { name: entry.name })}
              onClick={() => client.models.fetchFromCatalogue(entry).catch(notifyError)}
            >
              {t('Accept license and download')}
            </Button>
          </li>
        ))}
      </ul>
    </div>
  )
}

/** From files, from the person's models on the service, and from a catalogue. */
export function AddModels() {
  const accounts = useStore(cloudState, (state) => state.accounts)
  return (
    <section aria-label={t('Add models')} className="flex flex-col gap-4">
      <h3 className="text-sm font-semibold">{t('Add models')}</h3>
      <FromFiles />
      {accounts.map(({ id, organization }) => (
        <FromService key={id} accountId={id} organization={organization} />
      ))}
      <FromCatalogue />
    </section>
  )
}
