import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { notifyError } from '#renderer/actions/app-state.ts'
import { changeSettings } from '#renderer/actions/view-actions.ts'
import { client } from '#renderer/rpc/connection.ts'
import { orpc, queryClient } from '#renderer/rpc/query.ts'
import { Button } from '#renderer/ui/button.tsx'
import { ConfirmDialog } from '#renderer/ui/confirm-dialog.tsx'
import { RetryLine } from '#renderer/ui/feedback.tsx'
import { SelectField } from '#renderer/ui/field.tsx'
import type { Settings } from '#shared/contract/settings.ts'
import type { StoredKind } from '#shared/contract/storage.ts'
import { formatBytes } from '#shared/model/bytes.ts'
import { counted, t } from '#shared/texts/texts.ts'

interface Limit {
  setting:
    | 'cacheLimitBytes'
    | 'thumbnailLimitBytes'
    | 'embeddingLimitBytes'
    | 'editLogLimitBytes'
    | 'finishedTransfers'
  choices: readonly number[]
  shown: (value: number) => string
}

interface Kind {
  name: string
  hint: string
  /** null: it cannot be chosen, and the hint says what it is. */
  limit: Limit | null
  /** What the button says that clears it, what is asked then, and what would be lost. */
  clear: string
  question: string
  loss: string
}

const bytes = (setting: Limit['setting'], choices: readonly number[]): Limit => ({
  setting,
  choices,
  shown: formatBytes,
})

const KINDS: Record<StoredKind, Kind> = {
  images: {
    name: t('Cached images'),
    hint: t(
      'Images of the service. The ones viewed longest ago are removed first. Images made available offline and unsent changes are always kept.',
    ),
    limit: bytes('cacheLimitBytes', [1e9, 5e9, 10e9, 25e9, 50e9, 100e9]),
    clear: t('Clear cached images'),
    question: t('Clear cached images?'),
    loss: t('They are downloaded again when you open them. Images made available offline stay.'),
  },
  thumbnails: {
    name: t('Thumbnails and previews'),
    hint: t(
      'Small images for the gallery, and converted images of formats that can’t be displayed directly.',
    ),
    limit: bytes('thumbnailLimitBytes', [500e6, 1e9, 2e9, 5e9, 10e9]),
    clear: t('Clear thumbnails'),
    question: t('Clear thumbnails?'),
    loss: t('They are created again when they are shown.'),
  },
  embeddings: {
    name: t('Prepared images'),
    hint: t('Images prepared for the models of the Segment tool, so that the next click is fast.'),
    limit: bytes('embeddingLimitBytes', [500e6, 1e9, 2e9, 5e9, 10e9, 20e9]),
    clear: t('Clear prepared images'),
    question: t('Clear prepared images?'),
    loss: t('The models prepare an image again at the first click.'),
  },
  'edit-log': {
    name: t('Edit log'),
    hint: t(
      'Undo and history. The oldest edits go first. Those of the last seven days, and of images with unsent changes, are always kept.',
    ),
    limit: bytes('editLogLimitBytes', [100e6, 500e6, 1e9, 2e9, 5e9]),
    clear: t('Clear the edit log'),
    question: t('Clear the edit log?'),
    loss: t(
      'Edits older than seven days can no longer be undone and leave the history. Annotations stay as they are.',
    ),
  },
  transfers: {
    name: t('Finished transfers'),
    hint: t(
      'Their lists of files. Transfers that are paused or failed stay until you remove them.',
    ),
    limit: {
      setting: 'finishedTransfers',
      choices: [10, 50, 200, 1_000],
      shown: (count) => counted(count, 'transfer'),
    },
    clear: t('Clear finished transfers'),
    question: t('Clear finished transfers?'),
    loss: t('They leave the list of transfers. The files stay where they are.'),
  },
  logs: {
    name: t('Logs'),
    hint: t('What the app did, for problem reports. At most 5 MB.'),
    limit: null,
    clear: t('Clear logs'),
    question: t('Clear logs?'),
    loss: t('Problem reports will contain only what happens from now on.'),
  },
}

function Row({
  kind,
  size,
  isUnknown,
  settings,
  isClearing,
  onClear,
}: {
  kind: StoredKind
  /** null: not known. */
  size: number | null
  /** The size could not be calculated. */
  isUnknown: boolean
  settings: Settings
  isClearing: boolean
  onClear: () => void
}) {
  const { name, hint, limit, clear } = KINDS[kind]
  const value = limit && settings[limit.setting]
  return (
    <li
      data-stored={kind}
      className="col-span-3 grid grid-cols-subgrid items-center gap-y-0.5 border-b border-line py-3 first:pt-0 last:border-0"
    >
      <p className="flex items-baseline gap-2 text-sm font-medium">
        {name}
        <span className="text-xs font-normal text-muted tabular-nums">
          {size === null ? (isUnknown ? '–' : '…') : formatBytes(size)}
        </span>
      </p>
      {limit && value !== null ? (
        <SelectField
          aria-label={t('Limit: {name}', { name })}
          value={value}
          onChange={({ target }) => void changeSettings({ [limit.setting]: Number(target.value) })}
        >
          {[...new Set([...limit.choices, value])]
            .sort((a, b) => a - b)
            .map((choice) => (
              <option key={choice} value={choice}>
                {limit.shown(choice)}
              </option>
            ))}
        </SelectField>
      ) : (
        <span />
      )}
      <Button
        className="h-8 px-2.5"
        aria-label={clear}
        disabled={size === 0 || isClearing}
        onClick={onClear}
      >
        {t('Clear')}
      </Button>
      <p className="col-span-3 max-w-prose text-xs text-muted">{hint}</p>
    </li>
  )
}

/** What the app keeps on this disk: how much of each kind, its limit, and a button that clears it. */
export function StorageSection({ settings }: { settings: Settings }) {
  const { data, error, isFetching, refetch } = useQuery(
    orpc.storage.use.queryOptions({ staleTime: 0 }),
  )
  /** The kind that the user is asked about. */
  const [asked, setAsked] = useState<StoredKind | null>(null)
  const [clearing, setClearing] = useState<ReadonlySet<StoredKind>>(new Set())
  const sizes = new Map(data?.kinds.map(({ kind, bytes: size }) => [kind, size]))
  const clear = async (kind: StoredKind) => {
    setClearing((now) => new Set([...now, kind]))
    try {
      await client.storage.clear({ kind })
    } catch (fault) {
      notifyError(fault)
    }
    await queryClient.invalidateQueries({ queryKey: orpc.storage.use.key() })
    setClearing((now) => new Set([...now].filter((other) => other !== kind)))
  }
  return (
    <section aria-label={t('Storage')} className="flex flex-col gap-4">
      {(data || !error) && (
        <p className="text-xs text-muted">
          {data
            ? data.backupBytes > 0
              ? t('Database with your labels: {library}. Backup: {copy}.', {
                  library: formatBytes(data.libraryBytes),
                  copy: formatBytes(data.backupBytes),
                })
              : t('Database with your labels: {library}.', {
                  library: formatBytes(data.libraryBytes),
                })
            : t('Calculating…')}
        </p>
      )}
      {error && (
        <RetryLine
          message={t('Couldn’t calculate the storage in use')}
          detail={error.message}
          isTrying={isFetching}
          onRetry={() => void refetch()}
        />
      )}
      <ul className="grid grid-cols-[1fr_max-content_auto] gap-x-3">
        {(Object.keys(KINDS) as StoredKind[]).map((kind) => (
          <Row
            key={kind}
            kind={kind}
            size={sizes.get(kind) ?? null}
            isUnknown={error !== null}
            settings={settings}
            isClearing={clearing.has(kind)}
            onClear={() => setAsked(kind)}
          />
        ))}
      </ul>
      {asked !== null && (
        <ConfirmDialog
          title={KINDS[asked].question}
          action={t('Clear')}
          onConfirm={() => void clear(asked)}
          onClose={() => setAsked(null)}
        >
          {KINDS[asked].loss}
        </ConfirmDialog>
      )}
    </section>
  )
}
