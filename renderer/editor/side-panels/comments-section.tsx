import { useQuery } from '@tanstack/react-query'
import { MessageSquare } from 'lucide-react'
import { useState } from 'react'
import { notifyError } from '#renderer/actions/app-state.ts'
import { client } from '#renderer/rpc/connection.ts'
import { orpc, queryClient } from '#renderer/rpc/query.ts'
import { Button } from '#renderer/ui/button.tsx'
import { ErrorNote } from '#renderer/ui/feedback.tsx'
import { TextField } from '#renderer/ui/field.tsx'
import type { Comment } from '#shared/model/comment.ts'
import { t } from '#shared/texts/texts.ts'
import { CommentView } from './comment-view.tsx'

/** Minimum time between two requests for new comments, milliseconds. */
const ASK_AGAIN_MS = 120_000

/** Makes a change and shows it; false, with a notice, when it failed. */
async function change(work: Promise<void>): Promise<boolean> {
  try {
    await work
    await queryClient.invalidateQueries({ queryKey: orpc.comments.list.key() })
    return true
  } catch (error) {
    notifyError(error)
    return false
  }
}

function WriteField({
  label,
  action,
  autoFocus,
  onWrite,
  onCancel,
}: {
  label: string
  action: string
  autoFocus?: boolean
  /** False: it failed, and the text stays. */
  onWrite: (text: string) => Promise<boolean>
  onCancel?: () => void
}) {
  const [text, setText] = useState('')
  const write = async () => {
    if (text.trim() === '' || !(await onWrite(text))) return
    // What the user has typed meanwhile is the next comment.
    setText((now) => (now === text ? '' : now))
  }
  return (
    <form
      className="flex gap-1.5"
      onSubmit={(event) => {
        event.preventDefault()
        void write()
      }}
    >
      <TextField
        aria-label={label}
        placeholder={label}
        className="h-7"
        ref={(field) => {
          if (autoFocus) field?.focus()
        }}
        value={text}
        onChange={({ target }) => setText(target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape' || !onCancel) return
          event.stopPropagation()
          onCancel()
        }}
      />
      <Button type="submit" className="h-7 px-2" disabled={text.trim() === ''}>
        {action}
      </Button>
    </form>
  )
}

function Thread({
  imageId,
  root,
  replies,
}: {
  imageId: string
  root: Comment
  replies: readonly Comment[]
}) {
  const [isReplying, setReplying] = useState(false)
  const react = ({ id }: Comment) => {
    return (reaction: Comment['reactions'][number]['reaction'], isOn: boolean) =>
      void change(client.comments.react({ id, imageId, reaction, isOn }))
  }
  return (
    <li className="flex flex-col gap-1.5 rounded-md bg-raised px-2 py-1.5">
      <CommentView
        comment={root}
        onReact={react(root)}
        thread={{
          onReply: () => setReplying(true),
          onResolve: (isResolved) =>
            void change(client.comments.setResolved({ id: root.id, imageId, isResolved })),
        }}
      />
      {replies.length > 0 && (
        <ul aria-label={t('Replies')} className="flex flex-col gap-1.5 border-l-2 border-line pl-2">
          {replies.map((reply) => (
            <li key={reply.id}>
              <CommentView comment={reply} onReact={react(reply)} thread={null} />
            </li>
          ))}
        </ul>
      )}
      {isReplying && (
        <WriteField
          label={t('Write a reply')}
          action={t('Reply')}
          autoFocus
          onCancel={() => setReplying(false)}
          onWrite={async (body) => {
            const { id: parentId, annotationId } = root
            const isAdded = await change(
              client.comments.add({ imageId, annotationId, body, parentId }),
            )
            if (isAdded) setReplying(false)
            return isAdded
          }}
        />
      )}
    </li>
  )
}

/** The comments on one annotation, as threads. They can be written offline too. */
export function CommentsSection({
  imageId,
  annotationId,
}: {
  imageId: string
  annotationId: string
}) {
  const comments = useQuery(
    orpc.comments.list.queryOptions({ input: { imageId }, staleTime: ASK_AGAIN_MS }),
  )
  const listed = comments.data?.filter((comment) => comment.annotationId === annotationId) ?? []
  const known = new Set(listed.map(({ id }) => id))
  // A reply without its parent is shown as a comment.
  const rootOf = ({ id, parentId }: Comment) =>
    parentId !== null && known.has(parentId) ? parentId : id
  const threads = Map.groupBy(listed, rootOf)
  return (
    <section aria-label={t('Comments')} className="flex flex-col gap-1.5 border-t border-line pt-2">
      <h3 className="flex items-center gap-1.5 text-xs font-semibold text-muted">
        <MessageSquare className="size-3.5" aria-hidden="true" /> {t('Comments')}
      </h3>
      {comments.isError && <ErrorNote>{comments.error.message}</ErrorNote>}
      {threads.size > 0 && (
        <ul className="flex flex-col gap-1.5">
          {listed
            .filter((comment) => rootOf(comment) === comment.id)
            .map((root) => (
              <Thread
                key={root.id}
                imageId={imageId}
                root={root}
                replies={threads.get(root.id)?.filter(({ id }) => id !== root.id) ?? []}
              />
            ))}
        </ul>
      )}
      <WriteField
        label={t('Write a comment')}
        action={t('Add')}
        onWrite={(body) =>
          change(client.comments.add({ imageId, annotationId, body, parentId: null }))
        }
      />
    </section>
  )
}
