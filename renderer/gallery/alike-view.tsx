import { useQuery } from '@tanstack/react-query'
import { ArrowLeft, Images, LoaderCircle } from 'lucide-react'
import { useMemo, useRef, useState } from 'react'
import { datasetState, imageById } from '#renderer/document/dataset-state.ts'
import { orpc } from '#renderer/rpc/query.ts'
import { Button, IconButton } from '#renderer/ui/button.tsx'
import { EmptyState, ErrorNote } from '#renderer/ui/feedback.tsx'
import { SelectField } from '#renderer/ui/field.tsx'
import { useSeen } from '#renderer/ui/use-rows.ts'
import { useStore } from '#renderer/ui/use-store.ts'
import type { Dataset, DatasetImage } from '#shared/model/dataset.ts'
import { fileNameOf } from '#shared/model/paths.ts'
import { counted, t } from '#shared/texts/texts.ts'
import { type AlikeGroup, allButOne } from './alike.ts'
import { columnsOf, groupsInSight, type PlacedGroup, totalHeight } from './alike-layout.ts'
import { BulkBar } from './bulk-bar.tsx'
import { Tile } from './tile.tsx'

export type Lookup = { kind: 'duplicates' } | { kind: 'similar'; imageId: string }

/** From which similarity on two images count as the same. */
const THRESHOLDS: readonly { value: number; label: string }[] = [
  { value: 0.98, label: t('Nearly identical') },
  { value: 0.92, label: t('Very similar') },
  { value: 0.8, label: t('Similar') },
]
const USUAL_THRESHOLD = 0.92

/** Screen pixels around the groups. */
const PADDING = 12

interface Found {
  groups: readonly { imageIds: readonly string[]; similarity: number | null }[]
  /** What the answer covers, in words. */
  note: string | null
}

function useFound(dataset: Dataset, lookup: Lookup, threshold: number) {
  const duplicates = useQuery(
    orpc.curation.duplicates.queryOptions({
      input: { datasetId: dataset.id, threshold },
      enabled: lookup.kind === 'duplicates',
      staleTime: 0,
    }),
  )
  const similar = useQuery(
    orpc.curation.similar.queryOptions({
      input: { imageId: lookup.kind === 'similar' ? lookup.imageId : '' },
      enabled: lookup.kind === 'similar',
      staleTime: 0,
    }),
  )
  const query = lookup.kind === 'duplicates' ? duplicates : similar
  let found: Found | null = null
  if (lookup.kind === 'duplicates' && duplicates.data) {
    const { groups, analyzed, total } = duplicates.data
    const isSample = analyzed < total
    found = {
      groups,
      note: isSample
        ? t('{analyzed} of {total} images were compared.', {
            analyzed: analyzed.toLocaleString(),
            total: total.toLocaleString(),
          })
        : null,
    }
  }
  if (lookup.kind === 'similar' && similar.data)
    found = {
      groups:
        similar.data.length === 0
          ? []
          : [
              {
                imageIds: similar.data.map((one) => one.imageId),
                similarity: similar.data[0].similarity,
              },
            ],
      note: null,
    }
  return { found, isAsking: query.isFetching, error: query.error }
}

function Group({
  group: { images, similarity },
  place,
  columns,
  title,
  selected,
  onToggle,
  onChoose,
  onOpen,
}: {
  group: AlikeGroup
  place: PlacedGroup
  columns: number
  title: string
  selected: ReadonlySet<string>
  onToggle: (id: string) => void
  onChoose: ((ids: readonly string[]) => void) | null
  onOpen: (id: string) => void
}) {
  return (
    <section
      aria-label={title}
      className="absolute inset-x-0 flex flex-col gap-1"
      style={{ top: place.top }}
    >
      <header className="flex h-6 items-center gap-3 px-1.5">
        <h3 className="text-xs font-semibold">{title}</h3>
        {similarity !== null && (
          <span className="text-xs text-muted tabular-nums">
            {t('up to {percent}% alike', { percent: Math.floor(similarity * 100) })}
          </span>
        )}
        {onChoose && (
          <Button
            variant="ghost"
            className="h-6 px-2 text-xs"
            onClick={() => onChoose(allButOne(images))}
          >
            {t('Select all but one')}
          </Button>
        )}
      </header>
      <div
        role="listbox"
        aria-multiselectable="true"
        aria-label={t('Images of {title}', { title })}
        className="grid auto-rows-[176px] content-start gap-1"
        style={{
          gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
          height: place.height,
          paddingTop: place.skipped,
        }}
      >
        {images.slice(place.first, place.end).map((image, index) => (
          <Tile
            key={image.id}
            image={image}
            selected={selected.has(image.id)}
            current={false}
            place={place.first + index + 1}
            count={images.length}
            hasFocus
            onClick={() => onToggle(image.id)}
            onOpen={() => onOpen(image.id)}
          />
        ))}
      </div>
    </section>
  )
}

/** Near-duplicates of a dataset in groups, or the images that look like one of them: chosen, tagged, archived. */
export function AlikeView({
  dataset,
  lookup,
  onLookup,
  onOpen,
}: {
  dataset: Dataset
  lookup: Lookup
  /** null: back to all images. */
  onLookup: (lookup: Lookup | null) => void
  onOpen: (imageId: string) => void
}) {
  const [threshold, setThreshold] = useState(USUAL_THRESHOLD)
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const scroller = useRef<HTMLDivElement>(null)
  const seen = useSeen(scroller)
  // Tags and archiving change the images while their groups stay.
  const images = useStore(datasetState, (state) => state.images)
  const { found, isAsking, error } = useFound(dataset, lookup, threshold)
  const groups = useMemo((): AlikeGroup[] => {
    const least = lookup.kind === 'duplicates' ? 2 : 1
    return (found?.groups ?? [])
      .map(({ imageIds, similarity }) => ({
        images: imageIds.flatMap((id) => images.find(id) ?? []).filter(({ missing }) => !missing),
        similarity,
      }))
      .filter((group) => group.images.length >= least)
  }, [found, images, lookup.kind])
  const counts = useMemo(() => groups.map((group) => group.images.length), [groups])
  const columns = columnsOf(seen.across - 2 * PADDING)
  const offset = seen.offset - PADDING
  const placed = groupsInSight(counts, { columns, offset, length: seen.length })
  const all = groups.flatMap((group) => group.images)
  const chosen: DatasetImage[] = all.filter(({ id }) => selected.has(id))
  const toggle = (id: string) =>
    setSelected((before) => {
      const next = new Set(before)
      if (!next.delete(id)) next.add(id)
      return next
    })
  const add = (ids: readonly string[]) => setSelected((before) => new Set([...before, ...ids]))
  const like = lookup.kind === 'similar' ? imageById(lookup.imageId) : undefined
  const title =
    lookup.kind === 'duplicates'
      ? t('Near-duplicates')
      : t('Images similar to {name}', { name: like ? fileNameOf(like.path) : '' })
  return (
    <section aria-label={title} className="flex min-h-0 min-w-0 flex-1 flex-col bg-bg">
      <header className="flex h-11 shrink-0 items-center gap-3 border-b border-line bg-surface px-2">
        <IconButton label={t('Back to all images')} onClick={() => onLookup(null)}>
          <ArrowLeft />
        </IconButton>
        <h2 className="truncate text-sm font-semibold">{title}</h2>
        {lookup.kind === 'duplicates' && (
          <SelectField
            aria-label={t('Similarity')}
            className="h-7 w-40 text-xs"
            value={threshold}
            onChange={({ target }) => setThreshold(Number(target.value))}
          >
            {THRESHOLDS.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </SelectField>
        )}
        <span className="min-w-0 flex-1 truncate text-xs text-muted tabular-nums">
          {found && !isAsking && lookup.kind === 'duplicates' && counted(groups.length, 'group')}
          {found?.note && ` · ${found.note}`}
        </span>
        {lookup.kind === 'duplicates' && groups.length > 0 && (
          <Button
            className="h-7 px-2.5 text-xs"
            onClick={() => add(groups.flatMap((group) => allButOne(group.images)))}
          >
            {t('Select all but one of each')}
          </Button>
        )}
      </header>
      <div ref={scroller} className="flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto p-3">
        {error && <ErrorNote>{error.message}</ErrorNote>}
        {isAsking && (
          <EmptyState
            icon={<LoaderCircle className="animate-spin" />}
            title={t('The service compares the images…')}
          >
            {t('This takes minutes for a large dataset.')}
          </EmptyState>
        )}
        {!isAsking && found && groups.length === 0 && (
          <EmptyState icon={<Images />} title={t('No images are this similar')} />
        )}
        {!isAsking && (
          <div className="relative shrink-0" style={{ height: totalHeight(counts, columns) }}>
            {placed.map((place) => {
              const group = groups[place.index]
              return (
                <Group
                  key={group.images[0].id}
                  group={group}
                  place={place}
                  columns={columns}
                  title={
                    lookup.kind === 'duplicates'
                      ? t('Group {number}', { number: place.index + 1 })
                      : t('Most similar first')
                  }
                  selected={selected}
                  onToggle={toggle}
                  onChoose={lookup.kind === 'duplicates' ? add : null}
                  onOpen={onOpen}
                />
              )
            })}
          </div>
        )}
      </div>
      <BulkBar
        dataset={dataset}
        chosen={chosen}
        onSelectAll={() => add(all.map(({ id }) => id))}
        onClear={() => setSelected(new Set())}
        onFindSimilar={(imageId) => onLookup({ kind: 'similar', imageId })}
      />
    </section>
  )
}
