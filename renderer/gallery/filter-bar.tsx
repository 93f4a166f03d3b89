import { Copy, Search } from 'lucide-react'
import { useMemo, useState } from 'react'
import { changeSettings } from '#renderer/actions/view-actions.ts'
import { editorSettings } from '#renderer/document/editor-settings.ts'
import type { ImageList } from '#renderer/document/image-list.ts'
import { proposalState } from '#renderer/document/proposal-state.ts'
import { Button } from '#renderer/ui/button.tsx'
import { classNames } from '#renderer/ui/class-names.ts'
import { SelectField, TextField } from '#renderer/ui/field.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import { settingsSchema } from '#shared/contract/settings.ts'
import { type Dataset, splitSchema, stageSchema } from '#shared/model/dataset.ts'
import { SPLIT_LABEL, STAGE_LABEL } from '#shared/model/stage-labels.ts'
import { t } from '#shared/texts/texts.ts'
import type { GalleryFilter } from './gallery-filter.ts'
import { folderFinder, tagFinder } from './gallery-filter.ts'
import { SORT_LABEL } from './gallery-sort.ts'
import { OfflineMenu } from './offline-menu.tsx'

const SELECT = 'h-7 w-auto max-w-44 text-xs'

interface FilterBarProps {
  dataset: Dataset
  images: ImageList
  filter: GalleryFilter
  onChange: (filter: GalleryFilter) => void
  count: number
  onFindDuplicates: () => void
}

export function FilterBar({
  dataset,
  images,
  filter,
  onChange,
  count,
  onFindDuplicates,
}: FilterBarProps) {
  const [findTags] = useState(tagFinder)
  const hasProposals = useStore(proposalState, ({ counts }) => counts.size > 0)
  const tags = useMemo(() => findTags(images), [findTags, images])
  const [findFolders] = useState(folderFinder)
  const folders = useMemo(() => findFolders(images), [findFolders, images])
  const { tileWidth, gallerySort } = useStore(editorSettings)
  const field = <K extends keyof GalleryFilter>(
    key: K,
    label: string,
    any: string,
    options: readonly (readonly [GalleryFilter[K] & string, string])[],
  ) => (
    <SelectField
      aria-label={label}
      className={classNames(SELECT, filter[key] !== '' && 'border-accent text-accent-text')}
      value={filter[key]}
      onChange={({ target }) => {
        const value = options.find(([option]) => option === target.value)?.[0] ?? ''
        onChange({ ...filter, [key]: value })
      }}
    >
      <option value="">{any}</option>
      {options.map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </SelectField>
  )
  return (
    <div className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line bg-surface px-3 py-1.5">
      <div className="relative w-44 xl:w-52">
        <Search className="absolute top-1.5 left-2 size-4 text-muted" aria-hidden="true" />
        <TextField
          aria-label={t('Find images by path')}
          placeholder={t('Find by path')}
          className="h-7 pl-7 text-xs"
          value={filter.text}
          onChange={({ target }) => onChange({ ...filter, text: target.value })}
        />
      </div>
      {field(
        'stage',
        t('Filter by stage'),
        t('Any stage'),
        stageSchema.options.map((stage) => [stage, STAGE_LABEL[stage]] as const),
      )}
      {field('split', t('Filter by split'), t('Any split'), [
        ...splitSchema.options.map((split) => [split, SPLIT_LABEL[split]] as const),
        ['none', t('No split')] as const,
      ])}
      {field('labels', t('Filter by labels'), t('Any labels'), [
        ['some', t('With labels')],
        ['none', t('Without labels')],
      ])}
      {(hasProposals || filter.proposals !== '') &&
        field('proposals', t('Filter by proposals'), t('Any proposals'), [
          ['some', t('Proposals')],
          ['none', t('No proposals')],
        ])}
      {tags.length > 0 &&
        field(
          'tag',
          t('Filter by tag'),
          t('Any tag'),
          tags.map((tag) => [tag, tag] as const),
        )}
      {dataset.classes.length > 0 &&
        field(
          'className',
          t('Filter by class'),
          t('Any class'),
          dataset.classes.map(({ name }) => [name, name] as const),
        )}
      {folders.length > 0 &&
        field(
          'folder',
          t('Folder of images'),
          t('Any folder'),
          folders.map(
            ([folder, size]) => [folder, `${folder} (${size.toLocaleString()})`] as const,
          ),
        )}
      {dataset.remote &&
        field('sync', t('Any sync state'), t('Any sync state'), [
          ['waiting', t('Not sent yet')],
          ['failed', t('Refused')],
          ['conflict', t('In conflict')],
          ['synced', t('Sent')],
        ])}
      <span className="flex-1 text-xs text-muted tabular-nums">
        {count === images.length
          ? count.toLocaleString()
          : t('{count} of {count2}', {
              count: count.toLocaleString(),
              count2: images.length.toLocaleString(),
            })}
      </span>
      <span className="flex items-center gap-1.5 text-xs text-muted">
        {t('Sort')}
        <SelectField
          aria-label={t('Sort images by')}
          className={SELECT}
          value={gallerySort}
          onChange={({ target }) => {
            const sort = settingsSchema.shape.gallerySort.parse(target.value)
            void changeSettings({ gallerySort: sort })
          }}
        >
          {settingsSchema.shape.gallerySort.options.map((sort) => (
            <option key={sort} value={sort}>
              {SORT_LABEL[sort]}
            </option>
          ))}
        </SelectField>
      </span>
      <input
        type="range"
        aria-label={t('Tile size')}
        title={t('Tile size')}
        className="w-20 accent-accent"
        min={112}
        max={400}
        step={16}
        value={tileWidth}
        onChange={({ target }) => void changeSettings({ tileWidth: Number(target.value) })}
      />
      {dataset.remote && (
        <Button
          className="h-7 px-2 text-xs"
          aria-label={t('Near-duplicates')}
          title={t('Near-duplicates')}
          onClick={onFindDuplicates}
        >
          <Copy className="size-4" />{' '}
          <span className="hidden xl:inline">{t('Near-duplicates')}</span>
        </Button>
      )}
      {dataset.remote && <OfflineMenu datasetId={dataset.id} remote={dataset.remote} />}
    </div>
  )
}
