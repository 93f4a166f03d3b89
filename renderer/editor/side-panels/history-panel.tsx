import { useInfiniteQuery } from '@tanstack/react-query'
import { History } from 'lucide-react'
import { notifyError } from '#renderer/actions/app-state.ts'
import type { ImageDocument } from '#renderer/document/image-document.ts'
import { session } from '#renderer/document/session.ts'
import { orpc } from '#renderer/rpc/query.ts'
import { Button } from '#renderer/ui/button.tsx'
import { classNames } from '#renderer/ui/class-names.ts'
import { EmptyState, ErrorNote } from '#renderer/ui/feedback.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import { t } from '#shared/texts/texts.ts'

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })
const time = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' })

/** Every edit of the image, latest first; a click restores the state after that edit. */
export function HistoryPanel({ document }: { document: ImageDocument }) {
  // Edits, undo and redo change the list.
  const stamp = useStore(document.history, ({ undo, redo }) => `${undo}|${redo}`)
  const saved = useStore(session, ({ save }) => save.kind === 'saved')
  const history = useInfiniteQuery({
    ...orpc.annotations.history.infiniteOptions({
      input: (before: number | null) => ({ imageId: document.image.id, before }),
      initialPageParam: null,
      getNextPageParam: ({ entries, hasMore }) => (hasMore ? entries.at(-1)?.seq : undefined),
    }),
    queryKey: ['history', document.image.id, stamp, saved, document.annotations.version],
    gcTime: 0,
  })
  if (history.isError) return <ErrorNote>{history.error.message}</ErrorNote>
  if (!history.data) return null
  const entries = history.data.pages.flatMap((page) => page.entries)
  if (entries.length === 0) return <EmptyState icon={<History />} title={t('No edits yet')} />
  const now = entries.find(({ undone, origin }) => !undone && origin !== 'sync')?.seq
  // It may be on an older page.
  const isBeforeFirst = now === undefined && !history.hasNextPage
  const goTo = (seq: number | null) => void document.goTo(seq).catch(notifyError)
  const row = 'flex w-full flex-col rounded-md px-2.5 py-1.5 text-left hover:bg-hover'
  return (
    <ol className="h-full overflow-y-auto px-2 py-1">
      {entries.map(({ seq, label, undone, atMs }, index) => (
        <li key={seq}>
          {day.format(atMs) !== (index > 0 && day.format(entries[index - 1].atMs)) && (
            <h3 data-name="" className="px-2.5 pt-2 pb-1 text-2xs font-semibold text-muted">
              {day.format(atMs)}
            </h3>
          )}
          <button
            type="button"
            aria-current={seq === now ? 'step' : undefined}
            onClick={() => goTo(seq)}
            className={classNames(row, seq === now && 'bg-accent-soft')}
          >
            <span className={classNames('truncate text-sm', undone && 'text-muted line-through')}>
              {label}
            </span>
            <span data-name="" className="text-2xs text-muted">
              {time.format(atMs)}
            </span>
          </button>
        </li>
      ))}
      {history.hasNextPage && (
        <li className="py-1">
          <Button
            className="w-full"
            disabled={history.isFetchingNextPage}
            onClick={() => void history.fetchNextPage()}
          >
            {t('Show earlier edits')}
          </Button>
        </li>
      )}
      <li>
        <button
          type="button"
          aria-current={isBeforeFirst ? 'step' : undefined}
          onClick={() => goTo(null)}
          className={classNames(row, isBeforeFirst && 'bg-accent-soft')}
        >
          <span className="text-sm">{t('Before the first edit')}</span>
        </button>
      </li>
    </ol>
  )
}
