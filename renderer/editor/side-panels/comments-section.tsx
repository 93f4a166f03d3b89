import { useQuery } from '@tanstack/react-query'
import { Check, Clock, MessageSquare, RotateCcw } from 'lucide-react'
import { useState } from 'react'
import { notifyError } from '#renderer/actions/app-state.ts'
import { client } from '#renderer/rpc/connection.ts'
import { orpc, queryClient } from '#renderer/rpc/query.ts'
import { Button, IconButton } from '#renderer/ui/button.tsx'
import { classNames } from '#renderer/ui/class-names.ts'
import { TextField } from '#renderer/ui/field.tsx'
import { t } from '#shared/texts/texts.ts'

const time = new Intl.DateTimeFormat(undefined, { dateStyle: 'short', timeStyle: 'short' })

/** What others wrote meanwhile is asked for at most this often, milliseconds. */
const ASK_AGAIN_MS = 120_000

/** What people of the organisation wrote about one shape; written here without a network too. */
export function CommentsSection({
  imageId,
  annotationId,
}: {
  imageId: string
  annotationId: string
}) {
  const [text, setText] = useState('')
  const comments = useQuery(
    orpc.comments.list.queryOptions({ input: { imageId }, staleTime: ASK_AGAIN_MS }),
  )
  const mine = comments.data?.filter((comment) => comment.annotationId === annotationId) ?? []
  const refresh = () => queryClient.invalidateQueries({ queryKey: orpc.comments.list.key() })
  const add = async () => {
    try {
      await client.comments.add({ imageId, annotationId, body: text })
      setText('')
      await refresh()
    } catch (error) {
      notifyError(error)
    }
  }
  const turn = async (id: string, isResolved: boolean) => {
    try {
      await client.comments.setResolved({ id, imageId, isResolved })
      await refresh()
    } catch (error) {
      notifyError(error)
    }
  }
  return (
    <section aria-label={t('Comments')} className="flex flex-col gap-1.5 border-t border-line pt-2">
      <h3 className="flex items-center gap-1.5 text-xs font-semibold text-muted">
        <MessageSquare className="size-3.5" aria-hidden="true" /> {t('Comments')}
      </h3>
      {mine.map(({ id, body, isResolved, createdAtMs, isWaiting }) => (
        <div key={id} className="flex items-start gap-1 rounded-md bg-raised px-2 py-1.5">
          <div className="min-w-0 flex-1">
            <p
              className={classNames('text-sm break-words', isResolved && 'text-muted line-through')}
            >
              {body}
            </p>
            <p className="flex items-center gap-1 text-2xs text-muted">
              {isWaiting && <Clock className="size-3" aria-label={t('Not sent yet')} />}
              {time.format(createdAtMs)}
            </p>
          </div>
          <IconButton
            label={isResolved ? t('Open again') : t('Resolve')}
            className="size-6"
            onClick={() => void turn(id, !isResolved)}
          >
            {isResolved ? <RotateCcw /> : <Check />}
          </IconButton>
        </div>
      ))}
      <form
        className="flex gap-1.5"
        onSubmit={(event) => {
          event.preventDefault()
          if (text.trim() !== '') void add()
        }}
      >
        <TextField
          aria-label={t('Write a comment')}
          placeholder={t('Write a comment')}
          className="h-7"
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
        <Button type="submit" className="h-7 px-2" disabled={text.trim() === ''}>
          {t('Add')}
        </Button>
      </form>
    </section>
  )
}
