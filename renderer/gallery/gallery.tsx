import { useVirtualizer } from '@tanstack/react-virtual'
import { CircleAlert, CloudAlert, CloudDownload, CloudUpload, ImageOff } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import { appState } from '#renderer/actions/app-state.ts'
import { goToImage } from '#renderer/actions/datasets.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { workspace } from '#renderer/tools/workspace.ts'
import { Button } from '#renderer/ui/button.tsx'
import { classNames } from '#renderer/ui/class-names.ts'
import { EmptyState } from '#renderer/ui/feedback.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import type { Dataset, DatasetImage } from '#shared/model/dataset.ts'
import { fileNameOf } from '#shared/model/paths.ts'
import { t } from '#shared/texts/texts.ts'
import { BulkBar } from './bulk-bar.tsx'
import { FilterBar } from './filter-bar.tsx'
import { filterImages, NO_FILTER } from './gallery-filter.ts'
import { SPLIT_LABEL, STAGE_LABEL } from './stage-labels.ts'
import { Thumbnail } from './thumbnail.tsx'

/** Screen pixels; tiles grow to fill the row. */
const TILE_MIN_WIDTH = 168
const TILE_HEIGHT = 176
const PADDING = 12
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
    <CloudDownload className={mark} aria-label={t('Still to come')} />
  ) : null
}

function Tile({
  image,
  selected,
  current,
  onClick,
  onOpen,
}: {
  image: DatasetImage
  selected: boolean
  current: boolean
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
      aria-label={t('{name}, {value}, {annotationCount} annotations', {
        name,
        value: STAGE_LABEL[stage],
        annotationCount,
      })}
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
        {problem && <CircleAlert className="absolute top-1.5 right-1.5 size-4 text-danger" />}
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

/** The selection after a click: alone, with Shift from the last one, with Ctrl (Cmd) one more or less. */
export function clickSelection(
  ids: readonly string[],
  selected: ReadonlySet<string>,
  anchor: string | null,
  id: string,
  { shift, mod }: { shift: boolean; mod: boolean },
): ReadonlySet<string> {
  const from = anchor === null ? -1 : ids.indexOf(anchor)
  const to = ids.indexOf(id)
  if (shift && from >= 0 && to >= 0) {
    const range = ids.slice(Math.min(from, to), Math.max(from, to) + 1)
    return new Set(mod ? [...selected, ...range] : range)
  }
  if (!mod) return new Set([id])
  const next = new Set(selected)
  if (!next.delete(id)) next.add(id)
  return next
}

function useWidth(element: React.RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0)
  useEffect(() => {
    if (!element.current) return
    const observer = new ResizeObserver(([entry]) => setWidth(entry.contentRect.width))
    observer.observe(element.current)
    return () => observer.disconnect()
  }, [element])
  return width
}

/** All images of the dataset as a grid: found, chosen, and changed together. */
export function Gallery({ dataset }: { dataset: Dataset }) {
  const images = useStore(datasetState, (state) => state.images)
  const openId = useStore(workspace, (state) => state.imageId)
  const [filter, setFilter] = useState(NO_FILTER)
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const anchor = useRef<string | null>(null)
  const scroller = useRef<HTMLDivElement>(null)
  const width = useWidth(scroller)
  const shown = useMemo(() => filterImages(images, filter), [images, filter])
  const chosen = useMemo(() => shown.filter(({ id }) => selected.has(id)), [shown, selected])
  const columns = Math.max(1, Math.floor((width - 2 * PADDING) / TILE_MIN_WIDTH))
  const rows = Math.ceil(shown.length / columns)
  const virtual = useVirtualizer({
    count: rows,
    getScrollElement: () => scroller.current,
    estimateSize: () => TILE_HEIGHT,
    overscan: 3,
    paddingStart: PADDING,
    paddingEnd: PADDING,
  })
  const start = useRef(openId)
  useEffect(() => {
    const index = shown.findIndex(({ id }) => id === start.current)
    if (index < 0 || width === 0) return
    start.current = null
    virtual.scrollToIndex(Math.floor(index / columns), { align: 'center' })
  }, [shown, columns, width, virtual])

  const open = (id: string) => {
    goToImage(id)
    appState.setState({ isGallery: false })
  }
  const click = (id: string, event: React.MouseEvent) => {
    const mod = event.ctrlKey || event.metaKey
    const ids = shown.map((image) => image.id)
    setSelected((before) =>
      clickSelection(ids, before, anchor.current, id, { shift: event.shiftKey, mod }),
    )
    if (!event.shiftKey) anchor.current = id
  }
  const onKey = (event: React.KeyboardEvent) => {
    const { target } = event
    const tile =
      target instanceof HTMLElement ? target.closest<HTMLElement>('[data-image-id]') : null
    // The tile that has the focus, whatever is selected besides.
    const id = tile?.dataset.imageId ?? chosen[0]?.id
    if (event.key === 'Enter' && id !== undefined) open(id)
    else if (event.key === 'a' && (event.ctrlKey || event.metaKey))
      setSelected(new Set(shown.map(({ id }) => id)))
    else if (event.key === 'Escape') setSelected(new Set())
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <section aria-label={t('All images')} className="flex min-h-0 min-w-0 flex-1 flex-col bg-bg">
      <FilterBar
        dataset={dataset}
        images={images}
        filter={filter}
        onChange={setFilter}
        count={shown.length}
      />
      <div
        ref={scroller}
        data-region=""
        role="listbox"
        aria-multiselectable="true"
        aria-label={t('Images')}
        tabIndex={-1}
        className="min-h-0 flex-1 overflow-y-auto"
        onKeyDown={onKey}
      >
        {shown.length === 0 && (
          <EmptyState icon={<ImageOff />} title={t('No image is like that')}>
            <Button className="mt-2" onClick={() => setFilter(NO_FILTER)}>
              {t('Show all')}
            </Button>
          </EmptyState>
        )}
        <div
          role="presentation"
          className="relative w-full"
          ref={(element) =>
            void element?.style.setProperty('height', `${virtual.getTotalSize()}px`)
          }
        >
          {width > 0 &&
            virtual.getVirtualItems().map((row) => (
              <div
                key={row.key}
                role="presentation"
                // One row as high as this element: a tall picture must not stretch it over the next.
                className="absolute top-0 left-0 grid w-full grid-rows-[minmax(0,1fr)] gap-1 px-3 pb-1"
                ref={(element) => {
                  element?.style.setProperty('transform', `translateY(${row.start}px)`)
                  element?.style.setProperty('height', `${TILE_HEIGHT}px`)
                  element?.style.setProperty(
                    'grid-template-columns',
                    `repeat(${columns}, minmax(0, 1fr))`,
                  )
                }}
              >
                {shown.slice(row.index * columns, (row.index + 1) * columns).map((image) => (
                  <Tile
                    key={image.id}
                    image={image}
                    selected={selected.has(image.id)}
                    current={image.id === openId}
                    onClick={(event) => click(image.id, event)}
                    onOpen={() => open(image.id)}
                  />
                ))}
              </div>
            ))}
        </div>
      </div>
      <BulkBar
        dataset={dataset}
        chosen={chosen}
        onSelectAll={() => setSelected(new Set(shown.map(({ id }) => id)))}
        onClear={() => setSelected(new Set())}
      />
    </section>
  )
}
