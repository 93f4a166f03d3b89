import { CloudAlert, CloudDownload, CloudUpload } from 'lucide-react'
import { classNames } from '#renderer/ui/class-names.ts'
import type { DatasetImage } from '#shared/model/dataset.ts'
import { fileNameOf } from '#shared/model/paths.ts'
import { SPLIT_LABEL, STAGE_LABEL } from '#shared/model/stage-labels.ts'
import { counted, t } from '#shared/texts/texts.ts'
import { Thumbnail } from './thumbnail.tsx'

/** Device pixels. */
const THUMBNAIL_WIDTH = 320

const STAGE_DOT: Record<DatasetImage['stage'], string> = {
  new: 'bg-line-strong',
  annotate: 'bg-warning',
  review: 'bg-accent',
  complete: 'bg-success',
}

function SyncMark({ remote }: { remote: NonNullable<DatasetImage['remote']> }) {
  const mark = 'absolute top-1.5 left-1.5 size-5 rounded-full bg-black/70 p-0.5 text-white'
  if (remote.sync === 'conflict' || remote.sync === 'failed')
    return <CloudAlert className={mark} aria-label={remote.sync} />
  if (remote.sync === 'waiting')
    return <CloudUpload className={mark} aria-label={t('Not sent yet')} />
  return remote.isKept && !remote.isCached ? (
    <CloudDownload className={mark} aria-label={t('Not downloaded yet')} />
  ) : null
}

/** An image in a grid, with its stage, split, tags and count of annotations. */
export function Tile({
  image,
  selected,
  current,
  place,
  count,
  hasFocus,
  onClick,
  onOpen,
}: {
  image: DatasetImage
  selected: boolean
  current: boolean
  /** Counted from 1, and of how many. */
  place: number
  count: number
  /** Tab leads to this tile of all. */
  hasFocus: boolean
  onClick: (event: React.MouseEvent) => void
  onOpen: () => void
}) {
  const { path, annotationCount, stage, split, tags, problem, remote } = image
  const name = fileNameOf(path)
  return (
    <button
      type="button"
      role="option"
      data-image-id={image.id}
      aria-selected={selected}
      aria-posinset={place}
      aria-setsize={count}
      tabIndex={hasFocus ? 0 : -1}
      aria-label={[name, STAGE_LABEL[stage], counted(annotationCount, 'annotation')].join(', ')}
      title={problem ? `${path}\n${problem}` : path}
      onClick={onClick}
      onDoubleClick={onOpen}
      className={classNames(
        'flex size-full flex-col gap-1 rounded-lg border p-1.5 text-left',
        selected ? 'border-accent bg-accent-soft' : 'border-transparent hover:bg-hover',
      )}
    >
      <span className="relative flex min-h-0 flex-1 items-center justify-center overflow-hidden rounded-md bg-raised">
        <Thumbnail image={image} width={THUMBNAIL_WIDTH} />
        {remote && <SyncMark remote={remote} />}
        {annotationCount > 0 && (
          <span className="absolute right-1.5 bottom-1.5 rounded bg-black/75 px-1 text-2xs font-medium text-white tabular-nums">
            {annotationCount}
          </span>
        )}
      </span>
      <span className="flex items-center gap-1.5">
        <span
          className={classNames('size-2 shrink-0 rounded-full', STAGE_DOT[stage])}
          title={STAGE_LABEL[stage]}
        />
        <span className={classNames('min-w-0 flex-1 truncate text-xs', current && 'font-semibold')}>
          {name}
        </span>
        {split && (
          <span className="shrink-0 rounded bg-raised px-1 text-2xs text-muted">
            {SPLIT_LABEL[split]}
          </span>
        )}
      </span>
      <span className="h-4 truncate text-2xs text-muted">{tags.join(' · ')}</span>
    </button>
  )
}
