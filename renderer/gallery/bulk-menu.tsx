import { Archive, Ellipsis, FolderInput, Images } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import { useState } from 'react'
import { showDialog } from '#renderer/actions/app-state.ts'
import { archiveImages } from '#renderer/actions/curation.ts'
import type { ImageSet } from '#renderer/document/image-list.ts'
import { IconButton } from '#renderer/ui/button.tsx'
import { ConfirmDialog } from '#renderer/ui/confirm-dialog.tsx'
import type { Dataset } from '#shared/model/dataset.ts'
import { counted, t } from '#shared/texts/texts.ts'

const ITEM =
  'flex h-8 cursor-default items-center gap-2 rounded px-2.5 text-sm outline-none data-[highlighted]:bg-hover data-[disabled]:opacity-50 [&_svg]:size-4'

/** What else the service can do with the chosen images. */
export function BulkMenu({
  dataset,
  chosen,
  onFindSimilar,
}: {
  dataset: Dataset
  chosen: ImageSet
  onFindSimilar: (imageId: string) => void
}) {
  const [isArchiving, setArchiving] = useState(false)
  const [first] = chosen
  const imageIds = () => Array.from(chosen, ({ id }) => id)
  const count = counted(chosen.length, 'image')
  return (
    <>
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger asChild>
          <IconButton label={t('More actions for the selected images')}>
            <Ellipsis />
          </IconButton>
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content
            side="top"
            align="end"
            className="z-50 min-w-52 rounded-lg border border-line bg-surface p-1 shadow-float"
          >
            <DropdownMenu.Item
              className={ITEM}
              disabled={chosen.length !== 1}
              onSelect={() => onFindSimilar(first.id)}
            >
              <Images aria-hidden="true" /> {t('Similar images')}
            </DropdownMenu.Item>
            <DropdownMenu.Item
              className={ITEM}
              onSelect={() =>
                showDialog({
                  kind: 'copy-images',
                  datasetId: dataset.id,
                  imageIds: imageIds(),
                })
              }
            >
              <FolderInput aria-hidden="true" /> {t('Copy to another dataset…')}
            </DropdownMenu.Item>
            <DropdownMenu.Item className={ITEM} onSelect={() => setArchiving(true)}>
              <Archive aria-hidden="true" /> {t('Archive…')}
            </DropdownMenu.Item>
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      {isArchiving && (
        <ConfirmDialog
          title={t('Archive {count}?', { count })}
          action={t('Archive')}
          onConfirm={() => void archiveImages(dataset.id, imageIds())}
          onClose={() => setArchiving(false)}
        >
          {t(
            'They are removed from this dataset for everyone. Files and labels stay on the service and can be restored.',
          )}
        </ConfirmDialog>
      )}
    </>
  )
}
