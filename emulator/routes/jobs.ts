import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { isActive } from '#emulator/jobs.ts'
import {
  API,
  NO_QUERY,
  page,
  paging,
  params,
  queryOf,
  type Service,
  SHORT_PAGE_CAP,
} from '#emulator/service.ts'

const BASE = `${API}/jobs`
const FILTERS = [
  'active',
  'finished',
  'all',
  'queued',
  'running',
  'completed',
  'failed',
  'cancelled',
] as const

/** Lists all background jobs of the organisation. */
export function jobRoutes(app: FastifyInstance, { jobs }: Service): void {
  app.get(BASE, (request) => {
    const query = queryOf(
      request,
      z.strictObject({
        ...paging(50),
        status: z.enum(FILTERS).default('active'),
        type: z.string().optional(),
      }),
    )
    const isWanted = (job: Parameters<typeof isActive>[0]): boolean => {
      if (query.status === 'all') return true
      if (query.status === 'active') return isActive(job)
      return query.status === 'finished' ? !isActive(job) : job.status === query.status
    }
    const items = jobs
      .all()
      .filter((job) => isWanted(job) && (query.type === undefined || job.type === query.type))
    return page(items, query, SHORT_PAGE_CAP)
  })

  app.get(`${BASE}/:id`, (request) => {
    queryOf(request, NO_QUERY)
    return { data: jobs.get(params(request).id) }
  })
}
