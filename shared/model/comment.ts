import { z } from 'zod'

export const reactionSchema = z.enum([
  'like',
  'dislike',
  'love',
  'celebrate',
  'exclamation',
  'question',
  'haha',
])
export type Reaction = z.infer<typeof reactionSchema>

export const reactionCountSchema = z.object({
  reaction: reactionSchema,
  /** Number of people, including the user. */
  count: z.number().int().min(1),
  /** The user is one of them. */
  isMine: z.boolean(),
})
export type ReactionCount = z.infer<typeof reactionCountSchema>

export const commentSchema = z.object({
  id: z.string(),
  annotationId: z.string(),
  /** The comment that this one replies to; null for the first of a thread. Replies have no replies. */
  parentId: z.string().nullable(),
  /** null: written here and not pushed yet, or unknown. */
  author: z.string().nullable(),
  /** Empty if deleted. */
  body: z.string(),
  /** Deleted on the service; it is listed only while it has replies. */
  isDeleted: z.boolean(),
  isResolved: z.boolean(),
  reactions: z.array(reactionCountSchema),
  createdAtMs: z.number(),
  /** Not pushed yet. */
  isWaiting: z.boolean(),
})
export type Comment = z.infer<typeof commentSchema>

/** The reactions after the user added or removed their own. */
export function withReaction(
  reactions: readonly ReactionCount[],
  reaction: Reaction,
  isOn: boolean,
): ReactionCount[] {
  const before = reactions.find((item) => item.reaction === reaction)
  if ((before?.isMine ?? false) === isOn) return [...reactions]
  const count = (before?.count ?? 0) + (isOn ? 1 : -1)
  const after = { reaction, count, isMine: isOn }
  if (!before) return [...reactions, after]
  return reactions.flatMap((item) => {
    if (item !== before) return [item]
    return count > 0 ? [after] : []
  })
}
