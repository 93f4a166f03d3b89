import { useQuery } from '@tanstack/react-query'
import { History } from 'lucide-react'
import { goToHistory } from '#renderer/actions/history-actions.ts'
import type { ImageDocument } from '#renderer/document/image-document.ts'
import { session } from '#renderer/document/session.ts'
import { orpc } from '#renderer/rpc/query.ts'
import { classNames } from '#renderer/ui/class-names.ts'
import { EmptyState, ErrorNote } from '#renderer/ui/feedback.tsx'
import { useStore } from '#renderer/ui/use-store.ts'
import { t } from '#shared/texts/texts.ts'

const time = new Intl.DateTimeFormat(undefined, { dateStyle: 'short', timeStyle: 'medium' })

/** Every edit of the image, latest first; a click goes to how it was after that edit. */
export function HistoryPanel({ document }: { document: ImageDocument }) {
  // Edited or turned: the list is another.
  const stamp = useStore(document.history, ({ undo, redo }) => `${undo}|${redo}`)
  const saved = useStore(session, ({ save }) => save.kind === 'saved')
  const history = useQuery({
    ...orpc.annotations.history.queryOptions({ input: { imageId: document.image.id } }),
    queryKey: ['history', document.image.id, stamp, saved, document.annotations.version],
    gcTime: 0,
  })
  if (history.isError) return <ErrorNote>{history.error.message}</ErrorNote>
  if (!history.data) return null
  if (history.data.length === 0)
    return <EmptyState icon={<History />} title={t('Nothing has been edited here yet')} />
  const now = history.data.find(({ undone, origin }) => !undone && origin !== 'sync')?.seq ?? null
  const row = 'flex w-full flex-col rounded-md px-2.5 py-1.5 text-left hover:bg-hover'
  return (
    <ol className="h-full overflow-y-auto px-2 py-1">
      {history.data.map(({ seq, label, undone, atMs }) => (
        <li key={seq}>
          <button
            type="button"
            aria-current={seq === now ? 'step' : undefined}
            onClick={() => void goToHistory(document, seq)}
            className={classNames(row, seq === now && 'bg-accent-soft')}
          >
            <span className={classNames('truncate text-sm', undone && 'text-muted line-through')}>
              {label}
            </span>
            <span className="text-2xs text-muted">{time.format(atMs)}</span>
          </button>
        </li>
      ))}
      <li>
        <button
          type="button"
          aria-current={now === null ? 'step' : undefined}
          onClick={() => void goToHistory(document, null)}
          className={classNames(row, now === null && 'bg-accent-soft')}
        >
          <span className="text-sm">{t('Before the first edit')}</span>
        </button>
      </li>
    </ol>
  )
}
