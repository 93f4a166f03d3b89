import {
  Check,
  CircleAlert,
  CircleQuestionMark,
  Clock,
  Heart,
  Laugh,
  type LucideIcon,
  PartyPopper,
  Reply,
  RotateCcw,
  SmilePlus,
  ThumbsDown,
  ThumbsUp,
} from 'lucide-react'
import { Popover } from 'radix-ui'
import { useState } from 'react'
import { IconButton } from '#renderer/ui/button.tsx'
import { classNames } from '#renderer/ui/class-names.ts'
import { type Comment, type Reaction, reactionSchema } from '#shared/model/comment.ts'
import { t } from '#shared/texts/texts.ts'

const time = new Intl.DateTimeFormat(undefined, { dateStyle: 'short', timeStyle: 'short' })

const REACTIONS: Record<Reaction, { label: string; Icon: LucideIcon }> = {
  like: { label: t('Like'), Icon: ThumbsUp },
  dislike: { label: t('Dislike'), Icon: ThumbsDown },
  love: { label: t('Love'), Icon: Heart },
  celebrate: { label: t('Celebrate'), Icon: PartyPopper },
  exclamation: { label: t('Important'), Icon: CircleAlert },
  question: { label: t('Question'), Icon: CircleQuestionMark },
  haha: { label: t('Funny'), Icon: Laugh },
}

function ReactionPicker({ onPick }: { onPick: (reaction: Reaction) => void }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <Popover.Root open={isOpen} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <IconButton label={t('React')} className="size-6">
          <SmilePlus />
        </IconButton>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          side="top"
          align="end"
          sideOffset={4}
          aria-label={t('Reactions')}
          className="z-50 flex rounded-lg border border-line bg-surface p-1 shadow-float"
        >
          {reactionSchema.options.map((reaction) => {
            const { label, Icon } = REACTIONS[reaction]
            return (
              <IconButton
                key={reaction}
                label={label}
                onClick={() => {
                  setOpen(false)
                  onPick(reaction)
                }}
              >
                <Icon />
              </IconButton>
            )
          })}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

interface CommentViewProps {
  comment: Comment
  onReact: (reaction: Reaction, isOn: boolean) => void
  /** null for a reply, which cannot be replied to or resolved. */
  thread: { onReply: () => void; onResolve: (isResolved: boolean) => void } | null
}

/** One comment or reply, with its reactions and what can be done with it. */
export function CommentView({ comment, onReact, thread }: CommentViewProps) {
  const { body, author, isDeleted, isResolved, createdAtMs, isWaiting, reactions } = comment
  if (isDeleted) return <p className="text-sm text-muted italic">{t('This comment was deleted')}</p>
  return (
    <div className="group flex flex-col gap-0.5">
      <p className="flex items-center gap-1 text-2xs text-muted">
        {isWaiting && <Clock className="size-3 shrink-0" aria-label={t('Not sent yet')} />}
        {author && <span className="truncate font-semibold text-text">{author}</span>}
        <time className="shrink-0">{time.format(createdAtMs)}</time>
      </p>
      <p className={classNames('text-sm break-words', isResolved && 'text-muted line-through')}>
        {body}
      </p>
      <div className="flex flex-wrap items-center gap-1">
        {reactions.map(({ reaction, count, isMine }) => {
          const { label, Icon } = REACTIONS[reaction]
          return (
            <button
              key={reaction}
              type="button"
              aria-label={`${label} (${count})`}
              title={label}
              aria-pressed={isMine}
              onClick={() => onReact(reaction, !isMine)}
              className={classNames(
                'flex h-6 items-center gap-1 rounded-full border px-1.5 text-2xs tabular-nums',
                isMine
                  ? 'border-accent bg-accent-soft text-accent-text'
                  : 'border-line text-muted hover:bg-hover',
              )}
            >
              <Icon className="size-3.5" aria-hidden="true" /> {count}
            </button>
          )
        })}
        <span className="flex-1" />
        <ReactionPicker onPick={(reaction) => onReact(reaction, true)} />
        {thread && (
          <>
            <IconButton label={t('Reply')} className="size-6" onClick={thread.onReply}>
              <Reply />
            </IconButton>
            <IconButton
              label={isResolved ? t('Reopen') : t('Resolve')}
              className="size-6"
              onClick={() => thread.onResolve(!isResolved)}
            >
              {isResolved ? <RotateCcw /> : <Check />}
            </IconButton>
          </>
        )}
      </div>
    </div>
  )
}
