import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { ArrowUp, File, Folder, HardDrive, House } from 'lucide-react'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { client } from '#renderer/rpc/connection.ts'
import { orpc, queryClient } from '#renderer/rpc/query.ts'
import { Button, IconButton } from '#renderer/ui/button.tsx'
import { EmptyState, ErrorNote } from '#renderer/ui/feedback.tsx'
import { TextField } from '#renderer/ui/field.tsx'
import { messageOf } from '#shared/model/message-of.ts'
import { counted, t } from '#shared/texts/texts.ts'
import { folderToChoose } from './folder-to-choose.ts'

interface FolderPickerProps {
  /** null: the person's home. */
  start: string | null
  /** Called with the folder that is shown, or the file that was clicked; null while there is none. */
  onChoose: (path: string | null) => void
  /** Which files can be chosen too. */
  showFiles?: RegExp
  allowCreate?: boolean
}

const ROW =
  'flex w-full items-center gap-2.5 rounded-md px-2.5 py-1.5 text-left text-sm hover:bg-hover [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-muted'

function NewFolder({ parent, onMade }: { parent: string; onMade: (path: string) => void }) {
  const [name, setName] = useState('')
  const [problem, setProblem] = useState<string | null>(null)
  const make = async (event: FormEvent) => {
    event.preventDefault()
    try {
      const { path } = await client.folders.create({ parent, name })
      await queryClient.invalidateQueries({ queryKey: orpc.folders.list.key() })
      setName((now) => (now === name ? '' : now))
      onMade(path)
    } catch (error) {
      setProblem(messageOf(error))
    }
  }
  return (
    <form onSubmit={(event) => void make(event)} className="flex flex-col gap-2">
      <div className="flex gap-2">
        <TextField
          aria-label={t('Name of a new folder')}
          placeholder={t('New folder')}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <Button type="submit" disabled={name.trim() === ''}>
          {t('Create')}
        </Button>
      </div>
      {problem && <ErrorNote>{problem}</ErrorNote>}
    </form>
  )
}

/** The machine's folders, for hosts whose windows cannot show the system's own dialog. */
export function FolderPicker({
  start,
  onChoose,
  showFiles,
  allowCreate = false,
}: FolderPickerProps) {
  const [path, setPath] = useState(start)
  /** What is being typed; null shows the path of the folder in view. */
  const [typed, setTyped] = useState<string | null>(null)
  const go = (to: string | null) => {
    setTyped(null)
    setPath(to)
  }
  const listing = useQuery({
    ...orpc.folders.list.queryOptions({ input: { path } }),
    placeholderData: keepPreviousData,
    staleTime: 0,
    retry: false,
  })
  const { error } = listing
  // After a wrong path the last folder stays in view, to go on from.
  const last = useRef(listing.data)
  if (listing.data) last.current = listing.data
  const data = listing.data ?? last.current
  const chosen = folderToChoose(listing)
  useEffect(() => onChoose(chosen), [chosen, onChoose])
  const files = showFiles ? (data?.files ?? []).filter((name) => showFiles.test(name)) : []
  return (
    <div className="flex flex-col gap-3">
      <form
        className="flex gap-2"
        onSubmit={(event) => {
          event.preventDefault()
          // A wrong path stays in the field, to be mended.
          if (typed !== null) setPath(typed)
        }}
      >
        <IconButton
          label={t('Up to the parent folder')}
          className="size-8"
          disabled={!data?.parent}
          onClick={() => data?.parent && go(data.parent)}
        >
          <ArrowUp />
        </IconButton>
        <TextField
          aria-label={t('Path')}
          value={typed ?? data?.path ?? ''}
          onChange={(event) => setTyped(event.target.value)}
          spellCheck={false}
        />
        <Button type="submit">{t('Go')}</Button>
      </form>
      {error && <ErrorNote>{error.message}</ErrorNote>}
      <div className="grid h-60 grid-cols-[140px_1fr] overflow-hidden rounded-md border border-line">
        <nav aria-label={t('Places')} className="border-r border-line bg-raised p-1.5">
          {data?.places.map((place) => (
            <button key={place.path} type="button" className={ROW} onClick={() => go(place.path)}>
              {place.name === 'Home' ? <House /> : <HardDrive />} {place.name}
            </button>
          ))}
        </nav>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by key */}
        <section aria-label={t('Folders')} tabIndex={0} className="overflow-y-auto p-1.5">
          {data?.folders.map((folder) => (
            <button key={folder.path} type="button" className={ROW} onClick={() => go(folder.path)}>
              <Folder /> <span className="truncate">{folder.name}</span>
            </button>
          ))}
          {files.map((name) => (
            <button
              key={name}
              type="button"
              className={ROW}
              onClick={() => data && onChoose(`${data.path}/${name}`)}
            >
              <File /> <span className="truncate">{name}</span>
            </button>
          ))}
          {data && data.folders.length + files.length === 0 && (
            <EmptyState
              title={data.imageCount > 0 ? counted(data.imageCount, 'image') : t('Empty')}
            />
          )}
        </section>
      </div>
      {allowCreate && data && <NewFolder parent={data.path} onMade={go} />}
      {!showFiles && (
        // The line has its place before its words are known: what is above must not move under the pointer.
        <p className="min-h-4 text-xs text-muted">
          {data &&
            !error &&
            (data.imageCount > 0
              ? t('{count} directly in this folder. Subfolders are included.', {
                  count: counted(data.imageCount, 'image'),
                })
              : t('No images directly in this folder. Subfolders are included.'))}
        </p>
      )}
    </div>
  )
}
