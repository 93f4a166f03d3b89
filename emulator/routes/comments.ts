import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { notFound } from '#emulator/problems.ts'
import { commentChange, newComment } from '#emulator/schemas.ts'
import { bodyOf, params, queryOf, requireRole, type Service } from '#emulator/service.ts'
import { newId } from '#emulator/state.ts'

const BASE = '/api/v1/developer/annotation-comments'

interface Comment {
  id: string
  image_id: string
  annotation_id: string
  body: string
  resolved: boolean
  is_deleted: boolean
  created_at: string
}

export function commentRoutes(app: FastifyInstance, { state, now }: Service): void {
  const comments = new Map<string, Comment>()
  const find = (id: string): Comment => {
    const comment = comments.get(id)
    if (!comment) throw notFound('Comment')
    return comment
  }

  app.get(BASE, (request) => {
    const { image_id } = queryOf(request, z.strictObject({ image_id: z.string() }))
    return { comments: [...comments.values()].filter((comment) => comment.image_id === image_id) }
  })

  app.post(BASE, (request, reply) => {
    requireRole(request, 'member')
    const body = bodyOf(request, newComment)
    state.imageById(body.image_id)
    const created_at = new Date(now()).toISOString()
    const comment = { id: newId(), ...body, resolved: false, is_deleted: false, created_at }
    comments.set(comment.id, comment)
    reply.status(201)
    return { comment }
  })

  app.patch(`${BASE}/:id`, (request) => {
    requireRole(request, 'member')
    const before = find(params(request).id)
    const { body = before.body, resolved = before.resolved } = bodyOf(request, commentChange)
    const comment = { ...before, body, resolved }
    comments.set(comment.id, comment)
    return { comment }
  })

  app.delete(`${BASE}/:id`, (request) => {
    requireRole(request, 'member')
    const comment = find(params(request).id)
    // A deleted comment stays in the list as an empty mark.
    comments.set(comment.id, { ...comment, body: '', is_deleted: true })
    return { success: true, id: comment.id }
  })
}
