import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Person } from '#emulator/organization.ts'
import { InvalidRequest, notFound, Problem } from '#emulator/problems.ts'
import { commentChange, newComment } from '#emulator/schemas.ts'
import {
  API,
  bodyOf,
  NO_QUERY,
  params,
  personOf,
  queryOf,
  requireRole,
  type Service,
} from '#emulator/service.ts'
import { newId } from '#emulator/state.ts'

const BASE = `${API}/annotation-comments`
const REACTIONS = ['like', 'dislike', 'love', 'celebrate', 'exclamation', 'question', 'haha']

interface Comment {
  id: string
  image_id: string
  annotation_id: string
  body: string
  resolved: boolean
  resolved_by: string | null
  resolved_at: string | null
  parent_comment_id: string | null
  is_edited: boolean
  is_deleted: boolean
  user_id: string
  /** Who reacted, by reaction. */
  reactions: Record<string, string[]>
  created_at: string
  updated_at: string | null
}

export function commentRoutes(app: FastifyInstance, service: Service): void {
  const { state, organization } = service
  const comments = state.collection<Comment>('comment')
  const find = (id: string): Comment => {
    const comment = comments.get(id)
    if (!comment) throw notFound('Comment')
    return comment
  }
  const people = new Map(organization.people.map((one) => [one.user_id, one]))

  const shown = (comment: Comment, { user_id }: Person) => {
    const { image_id: _image, reactions, ...rest } = comment
    const author = people.get(comment.user_id)
    const resolver = comment.resolved_by === null ? undefined : people.get(comment.resolved_by)
    return {
      ...rest,
      resolved_by_name: resolver?.full_name ?? null,
      is_mine: comment.user_id === user_id,
      author_name: author?.full_name ?? null,
      author_username: author?.email.split('@')[0] ?? null,
      author_avatar_url: null,
      reactions: Object.entries(reactions)
        .filter(([, by]) => by.length > 0)
        .map(([reaction, by]) => ({ reaction, count: by.length, reacted: by.includes(user_id) })),
    }
  }

  app.get(BASE, (request) => {
    const { image_id } = queryOf(request, z.strictObject({ image_id: z.string() }))
    state.imageById(image_id)
    const found = comments.all().filter((comment) => comment.image_id === image_id)
    return { comments: found.map((comment) => shown(comment, personOf(request))) }
  })

  app.post(BASE, (request, reply) => {
    requireRole(request, 'member')
    const { image_id, annotation_id, body, parent_comment_id } = bodyOf(request, newComment)
    state.imageById(image_id)
    const parent = parent_comment_id == null ? null : find(parent_comment_id)
    if (parent && parent.annotation_id !== annotation_id)
      throw new InvalidRequest(
        [{ loc: ['body', 'parent_comment_id'], msg: 'is on another annotation' }],
        400,
      )
    const comment: Comment = {
      id: newId(),
      image_id,
      annotation_id,
      body,
      resolved: false,
      resolved_by: null,
      resolved_at: null,
      // Threads have one level: a reply to a reply is attached to the root.
      parent_comment_id: parent && (parent.parent_comment_id ?? parent.id),
      is_edited: false,
      is_deleted: false,
      user_id: personOf(request).user_id,
      reactions: {},
      created_at: service.at(),
      updated_at: null,
    }
    comments.put(comment)
    reply.status(201)
    return { comment: shown(comment, personOf(request)) }
  })

  app.patch(`${BASE}/:id`, (request) => {
    requireRole(request, 'member')
    const person = personOf(request)
    const before = find(params(request).id)
    const { body, resolved } = bodyOf(request, commentChange)
    if (before.is_deleted) throw notFound('Comment')
    if (body !== undefined && before.user_id !== person.user_id)
      throw new Problem(403, 'forbidden', 'Only its author edits a comment')
    const at = service.at()
    const comment: Comment = {
      ...before,
      ...(body !== undefined && { body, is_edited: true }),
      ...(resolved !== undefined && {
        resolved,
        resolved_by: resolved ? person.user_id : null,
        resolved_at: resolved ? at : null,
      }),
      updated_at: at,
    }
    comments.put(comment)
    return { comment: shown(comment, person) }
  })

  app.delete(`${BASE}/:id`, (request) => {
    requireRole(request, 'member')
    queryOf(request, NO_QUERY)
    const comment = find(params(request).id)
    if (comment.user_id !== personOf(request).user_id) requireRole(request, 'admin')
    comments.put({ ...comment, body: '', is_deleted: true, updated_at: service.at() })
    return { success: true, id: comment.id }
  })

  for (const method of ['PUT', 'DELETE'] as const) {
    app.route({
      method,
      url: `${BASE}/:id/reactions/:reaction`,
      handler: (request) => {
        requireRole(request, 'member')
        queryOf(request, NO_QUERY)
        const { id, reaction } = params(request)
        if (!REACTIONS.includes(reaction))
          throw new InvalidRequest([{ loc: ['path', 'reaction'], msg: 'is unknown' }])
        const person = personOf(request)
        const before = find(id)
        if (before.is_deleted) throw notFound('Comment')
        const others = (before.reactions[reaction] ?? []).filter((by) => by !== person.user_id)
        const by = method === 'PUT' ? [...others, person.user_id] : others
        const comment = { ...before, reactions: { ...before.reactions, [reaction]: by } }
        comments.put(comment)
        return { comment: shown(comment, person) }
      },
    })
  }
}
