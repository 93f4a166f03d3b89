import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { InvalidRequest, Problem } from './problems.ts'
import type { State, StoredDataset, StoredImage } from './state.ts'
import type { Storage } from './storage.ts'

export type Role = 'viewer' | 'member' | 'admin'
const RANK: Record<Role, number> = { viewer: 0, member: 1, admin: 2 }

/** What the routes share. */
export interface Service {
  state: State
  storage: Storage
  now: () => number
  /** Where the API is, for the addresses in its answers. */
  origin: () => string
}

/** The role of the key, set when the request came in. Throws a 403 below `role`. */
export function requireRole(request: FastifyRequest, role: Role): void {
  const own: Role = Reflect.get(request, 'role')
  if (RANK[own] < RANK[role])
    throw new Problem(403, 'insufficient_role', `This needs the role ${role}; the key has ${own}`)
}

function check<T extends z.ZodType>(schema: T, value: unknown, where: string): z.infer<T> {
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

export const queryOf = <T extends z.ZodType>(request: FastifyRequest, schema: T): z.infer<T> =>
  check(schema, request.query ?? {}, 'query')

/** What must not be in a query: anything. */
export const NO_QUERY = z.strictObject({})

export const paging = {
  limit: z.coerce.number().int().min(1).default(100),
  offset: z.coerce.number().int().min(0).default(0),
}
const PAGE_CAP = 1_000

export function page<T>(items: readonly T[], limit: number, offset: number) {
  const capped = Math.min(limit, PAGE_CAP)
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

export function showDataset({ state }: Service, dataset: StoredDataset) {
  const { readme: _readme, ...shown } = dataset
  const { images, complete, archived, bytes } = state.counts(dataset.id)
  return {
    ...shown,
    organization_id: ORGANIZATION.id,
    image_count: images,
    completed_image_count: complete,
    archived_image_count: archived,
    total_size: bytes,
    is_public: false,
  }
}

export const ORGANIZATION = {
  id: '00000000-0000-4000-8000-000000000001',
  name: 'Emulated Organisation',
  slug: 'emulated',
  subscription_tier: 'pro',
  member_count: 3,
}

export function pathOf({ directory_path, filename }: StoredImage): string {
  return directory_path === '/' ? filename : `${directory_path.slice(1)}/${filename}`
}

export function showImage(
  { origin, storage }: Service,
  dataset: StoredDataset,
  image: StoredImage & { annotation_count: number },
) {
  const { object: _object, ...shown } = image
  const path = pathOf(image).split('/').map(encodeURIComponent).join('/')
  const api = `${origin()}/api/v1/developer`
  return {
    ...shown,
    image_url: `${api}/images/${encodeURIComponent(dataset.name)}/${path}`,
    annotation_url: `${api}/annotations/${image.id}/file`,
    thumbnail_url: `${storage.origin}/thumbnail/${encodeURIComponent(image.object)}`,
  }
}
