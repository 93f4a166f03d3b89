import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Credits } from './credits.ts'
import type { Jobs } from './jobs.ts'
import { ORGANIZATION_ID, type Organization, type Person, RANK, type Role } from './organization.ts'
import { InvalidRequest, Problem } from './problems.ts'
import type { Computed, State, StoredDataset, StoredImage } from './state.ts'
import type { Storage } from './storage.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route accepts a query besides its body. */
    query?: boolean
  }
}

export const API = '/api/v1/developer'

/** What all routes share. */
export interface Service {
  state: State
  storage: Storage
  organization: Organization
  credits: Credits
  jobs: Jobs
  now: () => number
  /** The current time in the service's format. */
  at: () => string
  /** The API's address, for links in answers. */
  origin: () => string
  /** Refuse a save with a class that the dataset lacks. */
  refusesUnknownClasses: boolean
}

/** The owner of the request's key. */
export const personOf = (request: FastifyRequest): Person => Reflect.get(request, 'person')

/** Throws a 403 for a role below `role`. */
export function requireRole(request: FastifyRequest, role: Role): void {
  const own = personOf(request).role
  if (RANK[own] < RANK[role])
    throw new Problem(403, 'forbidden', `This needs the role ${role}; the key has ${own}`)
}

/** Throws a 422 that names each field. */
export function check<T extends z.ZodType>(schema: T, value: unknown, where: string): z.infer<T> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new InvalidRequest(
    parsed.error.issues.map(({ path, message, ...issue }) => ({
      loc: [where, ...path.map((part) => (typeof part === 'number' ? part : String(part)))].concat(
        issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [],
      ),
      msg: message,
    })),
  )
}

export const bodyOf = <T extends z.ZodType>(request: FastifyRequest, schema: T): z.infer<T> =>
  check(schema, request.body ?? {}, 'body')

export function queryOf<T extends z.ZodType>(request: FastifyRequest, schema: T): z.infer<T> {
  Reflect.set(request, 'isQueryChecked', true)
  return check(schema, request.query ?? {}, 'query')
}

export const isQueryChecked = (request: FastifyRequest): boolean =>
  Reflect.get(request, 'isQueryChecked') === true

/** A route without query parameters. */
export const NO_QUERY = z.strictObject({})

/** A write without a body. */
export const NO_BODY = z.strictObject({})

export const flag = z.stringbool({ truthy: ['true', '1'], falsy: ['false', '0'] })

/** A parameter that may be repeated. */
export const repeated = z
  .union([z.string(), z.array(z.string())])
  .optional()
  .transform((value) => (value === undefined ? [] : [value].flat()))

/** `cap`: the maximum page size. */
export const paging = (limit = 100) => ({
  limit: z.coerce.number().int().min(1).default(limit),
  offset: z.coerce.number().int().min(0).default(0),
})
export const PAGE_CAP = 1_000
export const SHORT_PAGE_CAP = 100

export function page<T>(
  items: readonly T[],
  { limit, offset }: { limit: number; offset: number },
  cap = PAGE_CAP,
) {
  const capped = Math.min(limit, cap)
  const data = items.slice(offset, offset + capped)
  const total = items.length
  return {
    data,
    pagination: { limit: capped, offset, total, has_more: offset + data.length < total },
  }
}

export function params(request: FastifyRequest): Record<string, string> {
  return request.params as Record<string, string>
}

/** Throws a 409 for a dataset in cold storage. */
export function requireWarm(dataset: StoredDataset): void {
  if (dataset.storage_class === 'standard' && (dataset.storage_state ?? 'idle') === 'idle') return
  throw new Problem(
    409,
    'dataset_cold',
    `'${dataset.name}' is in cold storage: restore it before its images are read, added or exported`,
  )
}

/** The service's palette, for classes without a colour. */
const PALETTE = ['#e6194b', '#3cb44b', '#4363d8', '#f58231', '#911eb4', '#46f0f0', '#f032e6']

export function showDataset({ state }: Service, dataset: StoredDataset) {
  const { readme: _readme, storage_state: _state, cold_since: _since, ...shown } = dataset
  const { images, complete, archived, bytes } = state.counts(dataset.id)
  return {
    ...shown,
    classes: dataset.classes.map((item, index) => ({
      ...item,
      color: item.color ?? PALETTE[index % PALETTE.length],
    })),
    organization_id: ORGANIZATION_ID,
    image_count: images,
    completed_image_count: complete,
    archived_image_count: archived,
    total_size: bytes,
    is_public: false,
  }
}

export function pathOf({ directory_path, filename }: StoredImage): string {
  return directory_path === '/' ? filename : `${directory_path.slice(1)}/${filename}`
}

export function showImage(
  { origin, storage }: Service,
  dataset: StoredDataset,
  image: StoredImage & Computed,
) {
  const { object: _object, auto_tags: _tags, ...shown } = image
  const path = pathOf(image).split('/').map(encodeURIComponent).join('/')
  const api = `${origin()}${API}`
  return {
    ...shown,
    image_url: `${api}/images/${encodeURIComponent(dataset.name)}/${path}`,
    annotation_url: `${api}/annotations/${image.id}/file`,
    thumbnail_url: `${storage.origin}/thumbnail/${encodeURIComponent(image.object)}`,
  }
}
