import { ImageOff } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import { appState } from '#renderer/actions/app-state.ts'
import { goToImage } from '#renderer/actions/datasets.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { editorSettings } from '#renderer/document/editor-settings.ts'
import { imageFilter } from '#renderer/document/image-list.ts'
import { hasShownProposals, proposalState } from '#renderer/document/proposal-state.ts'
import { workspace } from '#renderer/tools/workspace.ts'
import { Button } from '#renderer/ui/button.tsx'
import { EmptyState } from '#renderer/ui/feedback.tsx'
import { useRows } from '#renderer/ui/use-rows.ts'
import { useStore } from '#renderer/ui/use-store.ts'
import type { Dataset, DatasetImage } from '#shared/model/dataset.ts'
import { t } from '#shared/texts/texts.ts'
import { AlikeView, type Lookup } from './alike-view.tsx'
import { BulkBar } from './bulk-bar.tsx'
import { FilterBar } from './filter-bar.tsx'
import { type GalleryFilter, galleryFilter, NO_FILTER } from './gallery-filter.ts'
import { type OrderedImages, sortImages } from './gallery-sort.ts'
import { Tile } from './tile.tsx'
import { useImagesWithClass } from './use-images-with-class.ts'
import { useTileKeys } from './use-tile-keys.ts'

/** What a tile has below its picture, screen pixels. */
const TILE_TEXT = 50
const PADDING = 12

const idsOf = (images: Iterable<DatasetImage>) => Array.from(images, ({ id }) => id)

/** The selection after a click: alone, with Shift from the last one, with Ctrl (Cmd) one more or less. */
export function clickSelection(
  images: OrderedImages,
  selected: ReadonlySet<string>,
  anchor: string | null,
  id: string,
  { shift, mod }: { shift: boolean; mod: boolean },
): ReadonlySet<string> {
  const from = anchor === null ? -1 : images.indexOf(anchor)
  const to = images.indexOf(id)
  if (shift && from >= 0 && to >= 0) {
    const range = idsOf(images.slice(Math.min(from, to), Math.max(from, to) + 1))
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

function openImage(id: string): void {
  goToImage(id)
  appState.setState({ isGallery: false })
}

/** The images of a dataset: all of them, or those that the service finds alike. */
export function Gallery({ dataset }: { dataset: Dataset }) {
  const [filter, setFilter] = useState(NO_FILTER)
  const [lookup, setLookup] = useState<Lookup | null>(null)
  return lookup && dataset.remote ? (
    <AlikeView
      key={lookup.kind === 'similar' ? lookup.imageId : ''}
      dataset={dataset}
      lookup={lookup}
      onLookup={setLookup}
      onOpen={openImage}
    />
  ) : (
    <AllImages dataset={dataset} filter={filter} onFilter={setFilter} onLookup={setLookup} />
  )
}

/** All images of the dataset as a grid, with filters, selection and bulk changes. */
function AllImages({
  dataset,
  filter,
  onFilter,
  onLookup,
}: {
  dataset: Dataset
  filter: GalleryFilter
  onFilter: (filter: GalleryFilter) => void
  onLookup: (lookup: Lookup) => void
}) {
  const images = useStore(datasetState, (state) => state.images)
  const openId = useStore(workspace, (state) => state.imageId)
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const anchor = useRef<string | null>(null)
  const scroller = useRef<HTMLDivElement>(null)
  const width = useWidth(scroller)
  const { tileWidth, gallerySort: sort } = useStore(editorSettings)
  const tileHeight = Math.round(tileWidth * 0.75) + TILE_TEXT
  const withClass = useImagesWithClass(dataset.id, filter.className)
  // Subscribed only if needed: a detection updates images many times per second.
  const proposals = useStore(proposalState, (state) => (filter.proposals === '' ? null : state))
  const narrow = useMemo(
    () =>
      galleryFilter(
        filter,
        withClass,
        (id) => proposals !== null && hasShownProposals(proposals, id),
      ),
    [filter, withClass, proposals],
  )
  const shown = useMemo(() => sortImages(narrow(images), sort), [narrow, images, sort])
  const choose = useMemo(() => imageFilter(({ id }) => selected.has(id)), [selected])
  const chosen = useMemo(() => choose(narrow(images)), [choose, narrow, images])
  const columns = Math.max(1, Math.floor((width - 2 * PADDING) / tileWidth))
  const { total, rows, scrollTo } = useRows({
    count: Math.ceil(shown.length / columns),
    size: tileHeight,
    padding: PADDING,
    overscan: 3,
    scroller,
  })
  const keys = useTileKeys({
    images: shown,
    columns,
    rowHeight: tileHeight,
    scroller,
    first: openId,
  })
  const start = useRef(openId)
  useEffect(() => {
    const index = start.current === null ? -1 : shown.indexOf(start.current)
    if (index < 0 || width === 0) return
    start.current = null
    scrollTo(Math.floor(index / columns))
  }, [shown, columns, width, scrollTo])

  const click = (id: string, event: React.MouseEvent) => {
    const mod = event.ctrlKey || event.metaKey
    setSelected((before) =>
      clickSelection(shown, before, anchor.current, id, { shift: event.shiftKey, mod }),
    )
    if (!event.shiftKey) anchor.current = id
    keys.setActive(id)
  }
  const onKey = (event: React.KeyboardEvent) => {
    const { target } = event
    const tile =
      target instanceof HTMLElement ? target.closest<HTMLElement>('[data-image-id]') : null
    // The tile that has the focus, whatever is selected besides.
    const id = tile?.dataset.imageId ?? chosen.at(0)?.id
    const moved = keys.move(event)
    if (moved !== null) {
      // Shift extends the selection.
      if (event.shiftKey) {
        anchor.current ??= keys.active ?? null
        setSelected(
          clickSelection(shown, selected, anchor.current, moved, { shift: true, mod: false }),
        )
      } else anchor.current = moved
    } else if (event.key === ' ' && id !== undefined) {
      anchor.current = id
      setSelected(clickSelection(shown, selected, null, id, { shift: false, mod: true }))
    } else if (event.key === 'Enter' && id !== undefined) openImage(id)
    else if (event.key === 'a' && (event.ctrlKey || event.metaKey))
      setSelected(new Set(idsOf(shown)))
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
        onChange={onFilter}
        count={shown.length}
        onFindDuplicates={() => onLookup({ kind: 'duplicates' })}
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
        onFocus={({ target }) => {
          const id = target.closest<HTMLElement>('[data-image-id]')?.dataset.imageId
          if (id !== undefined) keys.setActive(id)
        }}
      >
        {shown.length === 0 && (
          <EmptyState icon={<ImageOff />} title={t('No images found')}>
            <Button className="mt-2" onClick={() => onFilter(NO_FILTER)}>
              {t('Show all')}
            </Button>
          </EmptyState>
        )}
        <div
          role="presentation"
          className="relative w-full"
          ref={(element) => void element?.style.setProperty('height', `${total}px`)}
        >
          {width > 0 &&
            rows.map((row) => (
              <div
                key={row.index}
                role="presentation"
                // One row as high as this element: a tall picture must not stretch it over the next.
                className="absolute top-0 left-0 grid w-full grid-rows-[minmax(0,1fr)] gap-1 px-3 pb-1"
                ref={(element) => {
                  element?.style.setProperty('transform', `translateY(${row.start}px)`)
                  element?.style.setProperty('height', `${tileHeight}px`)
                  element?.style.setProperty(
                    'grid-template-columns',
                    `repeat(${columns}, minmax(0, 1fr))`,
                  )
                }}
              >
                {shown
                  .slice(row.index * columns, (row.index + 1) * columns)
                  .map((image, column) => (
                    <Tile
                      key={image.id}
                      image={image}
                      selected={selected.has(image.id)}
                      current={image.id === openId}
                      place={row.index * columns + column + 1}
                      count={shown.length}
                      hasFocus={image.id === keys.active}
                      onClick={(event) => click(image.id, event)}
                      onOpen={() => openImage(image.id)}
                    />
                  ))}
              </div>
            ))}
        </div>
      </div>
      <BulkBar
        dataset={dataset}
        chosen={chosen}
        onSelectAll={() => setSelected(new Set(idsOf(shown)))}
        onClear={() => setSelected(new Set())}
        onFindSimilar={(imageId) => onLookup({ kind: 'similar', imageId })}
      />
    </section>
  )
}
