import { CircleCheck } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { goToImage } from '#renderer/actions/datasets.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { workspace } from '#renderer/tools/workspace.ts'
import { classNames } from '#renderer/ui/class-names.ts'
import { useRows } from '#renderer/ui/use-rows.ts'
import { useStore } from '#renderer/ui/use-store.ts'
import type { DatasetImage } from '#shared/model/dataset.ts'
import { fileNameOf } from '#shared/model/paths.ts'
import { t } from '#shared/texts/texts.ts'
import { Thumbnail } from './thumbnail.tsx'

/** Screen pixels. */
const TILE = 100
const THUMBNAIL_WIDTH = 160

function Tile({ image, current }: { image: DatasetImage; current: boolean }) {
  const { annotationCount, path, stage } = image
  const name = fileNameOf(path)
  return (
    <button
      type="button"
      aria-label={t('{name}, {annotationCount} annotations{value}', {
        name,
        annotationCount,
        value: image.problem ? t(', cannot be shown') : '',
      })}
      aria-current={current ? 'true' : undefined}
      title={image.problem ? `${path}\n${image.problem}` : path}
      onClick={() => goToImage(image.id)}
      className="flex w-24 flex-col gap-1 text-left"
    >
      <span
        className={classNames(
          'relative flex h-16 w-24 items-center justify-center overflow-hidden rounded-md bg-raised outline-2 -outline-offset-2',
          current ? 'outline outline-accent' : 'outline-transparent',
        )}
      >
        <Thumbnail image={image} width={THUMBNAIL_WIDTH} />
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

export function Filmstrip() {
  const images = useStore(datasetState, (state) => state.images)
  const imageId = useStore(workspace, (state) => state.imageId)
  const index = imageId === null ? -1 : images.indexOf(imageId)
  const scroller = useRef<HTMLElement>(null)
  const { total, rows, scrollTo } = useRows({
    horizontal: true,
    count: images.length,
    size: TILE,
    padding: 8,
    overscan: 4,
    scroller,
  })
  useEffect(() => {
    if (index >= 0) scrollTo(index)
  }, [index, scrollTo])
  return (
    <nav
      data-region=""
      ref={scroller}
      aria-label={t('Images')}
      className="h-[104px] shrink-0 overflow-x-auto overflow-y-hidden border-t border-line bg-surface"
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
                ref={(element) =>
                  void element?.style.setProperty('transform', `translateX(${row.start}px)`)
                }
              >
                <Tile image={image} current={image.id === imageId} />
              </li>
            )
          )
        })}
      </ul>
    </nav>
  )
}
