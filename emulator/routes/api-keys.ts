import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { ORGANIZATION_ID, RANK } from '#emulator/organization.ts'
import { Problem } from '#emulator/problems.ts'
import {
  bodyOf,
  NO_QUERY,
  params,
  personOf,
  queryOf,
  requireRole,
  type Service,
} from '#emulator/service.ts'

/** Older than the developer API, so it lies beside it. */
const BASE = '/api/v1/api-keys'

const rateLimit = z.number().int().min(1).nullable()
const newKey = z.strictObject({
  organization_id: z.string(),
  name: z.string().min(1).max(100),
  role: z.enum(['viewer', 'member', 'admin', 'owner']).default('member'),
  rate_limit: rateLimit.optional(),
  expires_at: z.iso.datetime({ offset: true, local: true }).nullish(),
})
const change = z
  .strictObject({
    name: z.string().min(1).max(100).optional(),
    rate_limit: rateLimit.optional(),
    is_active: z.boolean().optional(),
  })
  .refine((fields) => Object.keys(fields).length > 0, 'needs a field to change')

function requireOwn(organization: string | undefined): void {
  if (organization !== undefined && organization !== ORGANIZATION_ID)
    throw new Problem(403, 'forbidden', 'A key reaches only its own organisation')
}

/** Keys of the organisation; a created one can be used at once, and its secret is shown only then. */
export function apiKeyRoutes(app: FastifyInstance, service: Service): void {
  const { keys } = service.organization

  app.get(`${BASE}/`, (request) => {
    const query = queryOf(request, z.strictObject({ organization_id: z.string().optional() }))
    requireOwn(query.organization_id)
    return { success: true, api_keys: keys.all().map((key) => keys.shown(key)) }
  })

  app.post(`${BASE}/`, (request, reply) => {
    requireRole(request, 'admin')
    const { organization_id, expires_at, ...fields } = bodyOf(request, newKey)
    requireOwn(organization_id)
    const { user_id, role } = personOf(request)
    if (RANK[fields.role] > RANK[role])
      throw new Problem(
        403,
        'forbidden',
        `A key of the role ${role} cannot make one that may do more`,
      )
    const key = keys.make({ ...fields, user_id, expires_at: expires_at ?? null }, service.at())
    const {
      id,
      is_active: _active,
      last_used_at: _used,
      organization_id: _own,
      ...shown
    } = keys.shown(key)
    reply.status(201)
    return { success: true, api_key: key.secret, key_id: id, ...shown }
  })

  app.get(`${BASE}/:id`, (request) => {
    queryOf(request, NO_QUERY)
    return { success: true, api_key: keys.shown(keys.get(params(request).id)) }
  })

  app.patch(`${BASE}/:id`, (request) => {
    requireRole(request, 'admin')
    const key = keys.change(params(request).id, bodyOf(request, change))
    return { success: true, api_key: keys.shown(key) }
  })

  app.delete(`${BASE}/:id`, (request, reply) => {
    requireRole(request, 'admin')
    queryOf(request, NO_QUERY)
    keys.delete(params(request).id)
    return reply.status(204).send()
  })
}
