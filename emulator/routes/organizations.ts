import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { notFound } from '#emulator/problems.ts'
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

const BASE = `${API}/organizations`
const STATUSES = ['pending', 'accepted', 'expired', 'revoked', 'declined'] as const

const change = z.strictObject({
  name: z.string().trim().min(1).optional(),
  description: z.string().optional(),
  is_public: z.boolean().optional(),
})
const newInvite = z.strictObject({
  email: z.email(),
  role: z.enum(['admin', 'member', 'annotator', 'viewer']).default('member'),
})

/** The organisation of the key, its members and invitations. */
export function organizationRoutes(app: FastifyInstance, service: Service): void {
  const { organization, credits } = service

  const shown = () => {
    const { balance } = credits
    return {
      organization: organization.shown({
        remaining: balance.included_remaining_micro_usd,
        allowance: balance.included_allowance_micro_usd,
        resetAt: balance.credits_reset_at,
      }),
    }
  }

  app.get(`${BASE}/me`, (request) => {
    queryOf(request, NO_QUERY)
    return shown()
  })

  app.patch(`${BASE}/me`, (request) => {
    requireRole(request, 'admin')
    organization.change(bodyOf(request, change), service.at())
    return shown()
  })

  app.get(`${BASE}/members`, (request) => {
    queryOf(request, NO_QUERY)
    return { members: organization.people }
  })

  app.get(`${BASE}/invites`, (request) => {
    const { status } = queryOf(request, z.strictObject({ status: z.enum(STATUSES).optional() }))
    const invites = organization.invites.all()
    return {
      invites: invites.filter((item) => status === undefined || item.status === status),
    }
  })

  app.post(`${BASE}/invites`, (request, reply) => {
    requireRole(request, 'admin')
    const { email, role } = bodyOf(request, newInvite)
    reply.status(201)
    return { invite: organization.invite(email, role, personOf(request), service.now()) }
  })

  app.delete(`${BASE}/invites/:id`, (request, reply) => {
    requireRole(request, 'admin')
    queryOf(request, NO_QUERY)
    const invite = organization.invites.get(params(request).id)
    if (!invite) throw notFound('Invite')
    organization.invites.put({ ...invite, status: 'revoked' })
    return reply.status(204).send()
  })
}
