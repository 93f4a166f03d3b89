import { Snowflake } from 'lucide-react'
import { showDialog } from '#renderer/actions/app-state.ts'
import { Button } from '#renderer/ui/button.tsx'
import type { Dataset } from '#shared/model/dataset.ts'
import { t } from '#shared/texts/texts.ts'

/** Says why the images of a dataset in cold storage cannot be shown, and offers the way out. */
export function ColdBanner({
  remote,
  name,
}: {
  remote: NonNullable<Dataset['remote']>
  name: string
}) {
  const { accountId, remoteId } = remote
  return (
    <output className="flex shrink-0 items-center gap-2.5 border-b border-line bg-raised px-3 py-1 text-xs">
      <Snowflake className="size-4 shrink-0 text-muted" aria-hidden="true" />
      <span className="min-w-0 flex-1 truncate">
        {t(
          'In cold storage: you can read and change labels, but images that aren’t on this disk can’t be downloaded.',
        )}
      </span>
      <Button
        className="h-6 px-2 text-xs"
        onClick={() => showDialog({ kind: 'restore', target: { accountId, remoteId, name } })}
      >
        {t('Restore…')}
      </Button>
    </output>
  )
}
