import { setImmediate } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { addDrawn } from '#emulator/drawn-images.ts'
import type { Job } from '#emulator/jobs.ts'
import { freeDatasetName, newDataset } from '#emulator/new-dataset.ts'
import { steadyId } from '#emulator/organization.ts'
import { requireRoom } from '#emulator/plan.ts'
import { notFound } from '#emulator/problems.ts'
import {
  API,
  bodyOf,
  NO_QUERY,
  page,
  paging,
  params,
  queryOf,
  requireRole,
  type Service,
  SHORT_PAGE_CAP,
} from '#emulator/service.ts'

const BASE = `${API}/public`
const TYPE = 'public_dataset_import'
const BATCH = 20
const PUBLISHED = '2026-01-01T00:00:00.000Z'

const research = {
  id: steadyId('organization research'),
  name: 'Public Research',
  slug: 'public-research',
}
const CATALOG = [
  { name: 'Harbour', slug: 'harbour', image_count: 40, classes: ['ship', 'buoy'], stars: 3 },
  { name: 'Orchard', slug: 'orchard', image_count: 25, classes: ['apple', 'tree'], stars: 9 },
  // More than any plan allows.
  { name: 'Everything', slug: 'everything', image_count: 5_000_000, classes: ['thing'], stars: 1 },
].map(({ classes, stars, ...item }) => ({
  ...item,
  id: steadyId(`public ${item.slug}`),
  description: `${item.image_count} images of ${classes.join(' and ')}`,
  organization: research,
  annotation_count: 0,
  annotation_types: ['bbox'],
  classes: classes.map((name) => ({ name, type: 'bbox', color: '#4363d8' })),
  class_count: classes.length,
  top_auto_tags: classes,
  license_id: 'cc-by-4.0',
  star_count: stars,
  is_fork: false,
  hf_repo: null,
  published_at: PUBLISHED,
  created_at: PUBLISHED,
  updated_at: PUBLISHED,
}))

/** Published datasets, and copies of them. */
export function publicRoutes(app: FastifyInstance, service: Service): void {
  const { state, jobs } = service

  const find = (organization: string, name: string) => {
    const found = CATALOG.find(
      (item) => organization === research.slug && (item.slug === name || item.name === name),
    )
    if (!found) throw notFound(`Public dataset '${organization}/${name}'`)
    return found
  }

  app.get(`${BASE}/datasets`, (request) => {
    const query = queryOf(
      request,
      z.strictObject({
        ...paging(50),
        search: z.string().optional(),
        class: z.string().optional(),
        sort: z.enum(['recent', 'popular', 'trending', 'alphabetical']).default('recent'),
      }),
    )
    const words = query.search?.toLowerCase() ?? ''
    const items = CATALOG.filter(
      ({ name, description, classes }) =>
        `${name} ${description}`.toLowerCase().includes(words) &&
        (query.class === undefined || classes.some((item) => item.name === query.class)),
    )
    if (query.sort === 'alphabetical') items.sort((a, b) => a.name.localeCompare(b.name))
    if (query.sort === 'popular' || query.sort === 'trending')
      items.sort((a, b) => b.star_count - a.star_count)
    return page(items, query, SHORT_PAGE_CAP)
  })

  app.get(`${BASE}/datasets/:organization/:name`, (request) => {
    queryOf(request, NO_QUERY)
    const { organization, name } = params(request)
    return { data: { ...find(organization, name), readme: null } }
  })

  const shown = ({ id, status, progress, error, dataset_id, detail, ...job }: Job) => ({
    import_id: id,
    status: status === 'queued' ? 'pending' : status,
    dataset_id,
    ...detail,
    progress,
    error,
    created_at: job.created_at,
    completed_at: job.completed_at,
  })

  app.post(`${BASE}/datasets/:organization/:name/import`, (request) => {
    requireRole(request, 'member')
    const { organization, name } = params(request)
    const source = find(organization, name)
    const body = bodyOf(request, z.strictObject({ name: z.string().min(1).nullish() }))
    requireRoom(service, source.image_count, 'image_limit_exceeded')
    const own = freeDatasetName(state, body.name ?? source.name)
    const dataset = newDataset(own, service.at(), { classes: source.classes })
    state.putDataset(dataset)
    const total = source.image_count
    const job = jobs.start(
      {
        type: TYPE,
        name: own,
        datasetId: dataset.id,
        detail: {
          dataset_name: own,
          source: { organization, dataset: source.name, dataset_id: source.id },
          total_images: total,
          image_count: 0,
        },
      },
      async ({ signal, report }) => {
        for (let done = 0; done < total && !signal.aborted; ) {
          await setImmediate()
          const count = Math.min(BATCH, total - done)
          const first = done
          const nameOf = (index: number) => `${source.slug} ${first + index + 1}.jpg`
          addDrawn(state, dataset, count, { directory: '/', nameOf, at: service.at() })
          done += count
          report({ progress: Math.floor((done / total) * 99), detail: { image_count: done } })
        }
      },
    )
    return { data: shown(job) }
  })

  app.get(`${BASE}/imports/:id`, (request) => {
    queryOf(request, NO_QUERY)
    return { data: shown(jobs.get(params(request).id, TYPE)) }
  })
}
