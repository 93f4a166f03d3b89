import { CloudDownload, HardDriveDownload, ScanSearch, Tag, X } from 'lucide-react'
import { Popover } from 'radix-ui'
import { useMemo, useState } from 'react'
import { showDialog } from '#renderer/actions/app-state.ts'
import { keepOffline } from '#renderer/actions/cloud.ts'
import { changeImages, type ImageChange } from '#renderer/actions/image-facts.ts'
import type { ImageSet } from '#renderer/document/image-list.ts'
import { Button } from '#renderer/ui/button.tsx'
import { SplitOptions, StageOptions } from '#renderer/ui/fact-options.tsx'
import { SelectField, TextField } from '#renderer/ui/field.tsx'
import { type Dataset, splitSchema, stageSchema } from '#shared/model/dataset.ts'
import { counted, t } from '#shared/texts/texts.ts'
import { BulkMenu } from './bulk-menu.tsx'
import { tagsOf } from './gallery-filter.ts'

const idsOf = (images: ImageSet) => Array.from(images, ({ id }) => id)

const update = (images: ImageSet, change: ImageChange) => changeImages(idsOf(images), change)

/** The tags of the chosen images, to be taken away; counted when somebody looks. */
function UsedTags({ chosen }: { chosen: ImageSet }) {
  const used = useMemo(() => tagsOf(chosen), [chosen])
  if (used.length === 0) return null
  return (
    <ul className="flex flex-wrap gap-1">
      {used.map((tag) => (
        <li key={tag}>
          <button
            type="button"
            aria-label={t('Remove the tag {tag}', { tag })}
            onClick={() => void update(chosen, { removeTags: [tag] })}
            className="flex items-center gap-1 rounded bg-raised px-1.5 py-0.5 text-xs hover:bg-hover"
          >
            {tag} <X className="size-3" aria-hidden="true" />
          </button>
        </li>
      ))}
    </ul>
  )
}

function TagEditor({ chosen }: { chosen: ImageSet }) {
  const [text, setText] = useState('')
  const add = () => {
    const tag = text.trim()
    if (tag !== '') void update(chosen, { addTags: [tag] })
    setText('')
  }
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <Button className="h-7 px-2.5 text-xs">
          <Tag className="size-4" /> {t('Tags…')}
        </Button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          side="top"
          sideOffset={6}
          className="z-50 flex w-64 flex-col gap-3 rounded-lg border border-line bg-surface p-3 shadow-float"
        >
          <form
            className="flex gap-1.5"
            onSubmit={(event) => {
              event.preventDefault()
              add()
            }}
          >
            <TextField
              aria-label={t('New tag')}
              placeholder={t('New tag')}
              value={text}
              onChange={({ target }) => setText(target.value)}
            />
            <Button type="submit" disabled={text.trim() === ''}>
              {t('Add')}
            </Button>
          </form>
          <UsedTags chosen={chosen} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

/** Stage, split and tags of the chosen images, in one step. */
export function BulkBar({
  dataset,
  chosen,
  onSelectAll,
  onClear,
  onFindSimilar,
}: {
  dataset: Dataset
  chosen: ImageSet
  onSelectAll: () => void
  onClear: () => void
  onFindSimilar: (imageId: string) => void
}) {
  const none = chosen.length === 0
  return (
    <footer className="flex min-h-11 shrink-0 items-center gap-2 border-t border-line bg-surface px-3 py-2">
      <div className="flex min-w-0 flex-1 flex-wrap items-center gap-2">
        <span className="min-w-28 text-xs font-medium tabular-nums">
          {none
            ? t('Click to choose, double-click to open')
            : t('{count} selected', { count: counted(chosen.length, 'image') })}
        </span>
        {!none && (
          <>
            <SelectField
              aria-label={t('Set the stage')}
              className="h-7 w-32 text-xs"
              value=""
              onChange={({ target }) =>
                void update(chosen, { stage: stageSchema.parse(target.value) })
              }
            >
              <option value="" disabled>
                {t('Set stage…')}
              </option>
              <StageOptions />
            </SelectField>
            <SelectField
              aria-label={t('Set the split')}
              className="h-7 w-32 text-xs"
              value=""
              onChange={({ target }) =>
                void update(chosen, {
                  split: target.value === 'none' ? null : splitSchema.parse(target.value),
                })
              }
            >
              <option value="" disabled>
                {t('Set split…')}
              </option>
              <SplitOptions />
              <option value="none">{t('No split')}</option>
            </SelectField>
            <TagEditor chosen={chosen} />
            <Button
              className="h-7 px-2.5 text-xs"
              onClick={() => showDialog({ kind: 'detect', imageIds: idsOf(chosen) })}
            >
              <ScanSearch className="size-4" /> {t('Detect…')}
            </Button>
            {dataset.remote && (
              <>
                <Button
                  className="h-7 px-2.5 text-xs"
                  onClick={() => {
                    if (!dataset.remote) return
                    const target = { ...dataset.remote, name: dataset.name }
                    showDialog({ kind: 'download', target, imageIds: idsOf(chosen) })
                  }}
                >
                  <CloudDownload className="size-4" /> {t('Download…')}
                </Button>
                <Button
                  className="h-7 px-2.5 text-xs"
                  title={t('Available offline')}
                  onClick={() => void keepOffline(dataset.id, idsOf(chosen))}
                >
                  <HardDriveDownload className="size-4" />
                  <span className="max-[1100px]:sr-only">{t('Available offline')}</span>
                </Button>
                <BulkMenu dataset={dataset} chosen={chosen} onFindSimilar={onFindSimilar} />
              </>
            )}
          </>
        )}
      </div>
      <Button variant="ghost" className="h-7 shrink-0 px-2.5 text-xs" onClick={onSelectAll}>
        {t('Select all')}
      </Button>
      {!none && (
        <Button variant="ghost" className="h-7 shrink-0 px-2.5 text-xs" onClick={onClear}>
          {t('Clear')}
        </Button>
      )}
    </footer>
  )
}
