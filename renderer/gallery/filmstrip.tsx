import { CircleCheck } from 'lucide-react'
import { useEffect, useLayoutEffect, useRef } from 'react'
import { goToImage } from '#renderer/actions/datasets.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { workspace } from '#renderer/tools/workspace.ts'
import { classNames } from '#renderer/ui/class-names.ts'
import { useRows } from '#renderer/ui/use-rows.ts'
import { useStore } from '#renderer/ui/use-store.ts'
import type { DatasetImage } from '#shared/model/dataset.ts'
import { fileNameOf } from '#shared/model/paths.ts'
import { counted, t } from '#shared/texts/texts.ts'
import { Thumbnail } from './thumbnail.tsx'

/** Height of everything but the thumbnails: names, borders and the scroll bar. CSS pixels. */
const AROUND = 40
const GAP = 4
/** Device pixels. */
const THUMBNAIL_WIDTH = 160
const LARGE_THUMBNAIL_WIDTH = 320
/** Tiles wider than this use the larger thumbnail. CSS pixels. */
const LARGE_FROM = 140

function Tile({ image, current, width }: { image: DatasetImage; current: boolean; width: number }) {
  const { annotationCount, path, stage } = image
  const name = fileNameOf(path)
  return (
    <button
      type="button"
      aria-label={[
        name,
        counted(annotationCount, 'annotation'),
        image.problem && t('can’t be shown'),
      ]
        .filter(Boolean)
        .join(', ')}
      aria-current={current ? 'true' : undefined}
      title={image.problem ? `${path}\n${image.problem}` : path}
      onClick={() => goToImage(image.id)}
      className="flex w-full flex-col gap-1 text-left"
    >
      <span
        className={classNames(
          'relative flex aspect-3/2 w-full items-center justify-center overflow-hidden rounded-md bg-raised outline-2 -outline-offset-2',
          current ? 'outline outline-accent' : 'outline-transparent',
        )}
      >
        <Thumbnail
          image={image}
          width={width > LARGE_FROM ? LARGE_THUMBNAIL_WIDTH : THUMBNAIL_WIDTH}
        />
        {annotationCount > 0 && (
          <span className="absolute right-1 bottom-1 rounded bg-black/75 px-1 text-2xs font-medium text-white tabular-nums">
            {annotationCount}
          </span>
        )}
        {stage === 'complete' && (
          <CircleCheck
            className="absolute top-1 right-1 size-4 rounded-full bg-black/60 text-white"
            aria-hidden="true"
          />
        )}
        {current && (
          <span className="pointer-events-none absolute inset-0 rounded-md ring-3 ring-accent ring-inset" />
        )}
      </span>
      <span
        className={classNames(
          'truncate text-2xs',
          current ? 'font-medium text-text' : 'text-muted',
        )}
      >
        {name}
      </span>
    </button>
  )
}

/** All images in one row. `height`: of the strip, CSS pixels. */
export function Filmstrip({ height }: { height: number }) {
  const width = Math.round((height - AROUND) * 1.5)
  const images = useStore(datasetState, (state) => state.images)
  const imageId = useStore(workspace, (state) => state.imageId)
  const index = imageId === null ? -1 : images.indexOf(imageId)
  const scroller = useRef<HTMLElement>(null)
  const { total, rows, length, scrollTo } = useRows({
    horizontal: true,
    count: images.length,
    size: width + GAP,
    padding: 8,
    overscan: 4,
    scroller,
  })
  useLayoutEffect(() => scroller.current?.style.setProperty('height', `${height}px`), [height])
  // biome-ignore lint/correctness/useExhaustiveDependencies: other widths of tile or strip need another scroll position
  useEffect(() => {
    if (index >= 0) scrollTo(index)
  }, [index, width, length, scrollTo])
  return (
    <nav
      data-region=""
      ref={scroller}
      aria-label={t('Images')}
      className="shrink-0 overflow-x-auto overflow-y-hidden bg-surface"
    >
      <ul
        className="relative h-full"
        ref={(element) => void element?.style.setProperty('width', `${total}px`)}
      >
        {rows.map((row) => {
          const image = images.at(row.index)
          return (
            image && (
              <li
                key={image.id}
                className="absolute top-1.5 left-0"
                ref={(element) => {
                  element?.style.setProperty('transform', `translateX(${row.start}px)`)
                  element?.style.setProperty('width', `${width}px`)
                }}
              >
                <Tile image={image} current={image.id === imageId} width={width} />
              </li>
            )
          )
        })}
      </ul>
    </nav>
  )
}
