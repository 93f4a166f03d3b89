import { useQuery } from '@tanstack/react-query'
import { Cloud, Ellipsis, FolderX, Images, MapPin } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import { useState } from 'react'
import { showDialog } from '#renderer/actions/app-state.ts'
import { hideDataset, openDataset } from '#renderer/actions/datasets.ts'
import { editorSettings } from '#renderer/document/editor-settings.ts'
import { orpc } from '#renderer/rpc/query.ts'
import { Button, IconButton } from '#renderer/ui/button.tsx'
import { ErrorNote } from '#renderer/ui/feedback.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import type { Dataset } from '#shared/model/dataset.ts'
import { counted, t } from '#shared/texts/texts.ts'
import { DeleteLabelsDialog } from './delete-labels-dialog.tsx'

const when = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const ITEM =
  'flex h-7 items-center rounded px-2 text-sm outline-none data-[highlighted]:bg-accent-soft data-[highlighted]:text-accent-text'

function counts({ imageCount, annotatedCount }: Dataset): string {
  return imageCount === 0
    ? t('No images yet')
    : t('{images} · {count} annotated', {
        images: counted(imageCount, 'image'),
        count: annotatedCount.toLocaleString(),
      })
}

function RowMenu({
  dataset,
  isHidden,
  onDelete,
}: {
  dataset: Dataset
  isHidden: boolean
  onDelete: () => void
}) {
  const { id, name } = dataset
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <IconButton label={t('More for {name}', { name })}>
          <Ellipsis />
        </IconButton>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          className="z-30 min-w-52 rounded-lg border border-line bg-surface p-1.5 shadow-float"
        >
          <DropdownMenu.Item className={ITEM} onSelect={() => hideDataset(id, !isHidden)}>
            {isHidden ? t('Show in the list again') : t('Remove from the list')}
          </DropdownMenu.Item>
          <DropdownMenu.Separator className="my-1.5 h-px bg-line" />
          <DropdownMenu.Item className={`${ITEM} text-danger`} onSelect={onDelete}>
            {dataset.remote ? t('Delete the copy on this computer…') : t('Delete all its labels…')}
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

function RecentDataset({
  dataset,
  isHidden,
  onDelete,
}: {
  dataset: Dataset
  isHidden: boolean
  onDelete: () => void
}) {
  return (
    <li className="group flex items-center gap-3 rounded-lg border border-transparent pr-2 hover:border-line hover:bg-surface">
      <button
        type="button"
        className="flex min-w-0 flex-1 items-center gap-3.5 rounded-lg px-3 py-2.5 text-left"
        onClick={() => void openDataset(dataset.id)}
      >
        <span className="flex size-10 shrink-0 items-center justify-center rounded-lg bg-raised text-muted [&_svg]:size-5">
          {dataset.remote ? <Cloud /> : dataset.missing ? <FolderX /> : <Images />}
        </span>
        <span className="min-w-0 flex-1">
          <span className="block truncate text-sm font-medium" title={dataset.name}>
            {dataset.name}
          </span>
          <span className="block truncate text-xs text-muted" title={dataset.root}>
            {dataset.remote ? dataset.remote.organization : dataset.root}
          </span>
        </span>
        <span className="shrink-0 text-right text-xs text-muted">
          <span className="block">{counts(dataset)}</span>
          <span className="block">
            {dataset.missing ? t('Folder not found') : when.format(dataset.lastOpenedAtMs)}
          </span>
        </span>
      </button>
      {dataset.missing && (
        <Button onClick={() => showDialog({ kind: 'relocate', datasetId: dataset.id })}>
          <MapPin className="size-4" /> {t('Locate…')}
        </Button>
      )}
      <RowMenu dataset={dataset} isHidden={isHidden} onDelete={onDelete} />
    </li>
  )
}

/** The datasets of this computer, latest first. Those that were removed from the list are shown when asked for. */
export function RecentDatasets() {
  const datasets = useQuery(orpc.datasets.list.queryOptions())
  const hidden = useStore(editorSettings, ({ hiddenDatasets }) => hiddenDatasets)
  const [deleting, setDeleting] = useState<Dataset | null>(null)
  const [showsHidden, setShowsHidden] = useState(false)
  const isHidden = ({ id }: Dataset) => hidden.includes(id)
  const all = datasets.data ?? []
  const shown = showsHidden ? all : all.filter((dataset) => !isHidden(dataset))
  const hiddenCount = all.filter(isHidden).length
  return (
    <section aria-labelledby="recent">
      <h2 id="recent" className="mb-2 px-3 text-xs font-semibold text-muted">
        {t('Recent datasets')}
      </h2>
      {datasets.isError && <ErrorNote>{datasets.error.message}</ErrorNote>}
      {datasets.data && shown.length === 0 && (
        <p className="rounded-lg border border-dashed border-line px-4 py-6 text-center text-sm text-muted">
          {t('Folders that you open appear here.')}
        </p>
      )}
      {shown.length > 0 && (
        <ul className="flex flex-col gap-0.5">
          {shown.map((dataset) => (
            <RecentDataset
              key={dataset.id}
              dataset={dataset}
              isHidden={isHidden(dataset)}
              onDelete={() => setDeleting(dataset)}
            />
          ))}
        </ul>
      )}
      {hiddenCount > 0 && (
        <Button
          variant="ghost"
          className="mt-1 h-7 px-3 text-xs text-muted"
          aria-expanded={showsHidden}
          onClick={() => setShowsHidden(!showsHidden)}
        >
          {showsHidden
            ? t('Hide what was removed from the list')
            : t('Show {count} removed from the list', {
                count: counted(hiddenCount, 'dataset'),
              })}
        </Button>
      )}
      {deleting && <DeleteLabelsDialog dataset={deleting} onClose={() => setDeleting(null)} />}
    </section>
  )
}
