import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { conflict, notFound, Problem } from '#emulator/problems.ts'
import { directoryName, newDirectory } from '#emulator/schemas.ts'
import { bodyOf, NO_QUERY, params, queryOf, requireRole, type Service } from '#emulator/service.ts'
import type { StoredDataset } from '#emulator/state.ts'

const BASE = '/api/v1/developer/directories'

interface Shown {
  id: string
  name: string
  full_path: string
  image_count: number
  nested_image_count: number
  children: Shown[]
}

/** Directories are where images are, and those that were made and are empty yet. */
export function directoryRoutes(app: FastifyInstance, { state }: Service): void {
  const made = new Map<string, Set<string>>()

  const paths = (dataset: StoredDataset): Set<string> => {
    const all = new Set(made.get(dataset.id))
    for (const { directory_path } of state.images(dataset.id)) all.add(directory_path)
    for (const path of [...all])
      for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1))
        all.add(path.slice(0, end))
    all.delete('/')
    return all
  }

  const tree = (dataset: StoredDataset, parent: string): Shown[] => {
    const images = state.images(dataset.id)
    const all = [...paths(dataset)].sort()
    const below = (at: string): Shown[] =>
      all
        .filter((path) => path.startsWith(at) && !path.slice(at.length).includes('/'))
        .map((path) => ({
          id: Buffer.from(`${dataset.id}${path}`).toString('base64url'),
          name: path.slice(at.length),
          full_path: path,
          image_count: images.filter(({ directory_path }) => directory_path === path).length,
          nested_image_count: images.filter(({ directory_path }) =>
            `${directory_path}/`.startsWith(`${path}/`),
          ).length,
          children: below(`${path}/`),
        }))
    return below(parent === '/' ? '/' : `${parent}/`)
  }

  const existing = (dataset: StoredDataset, rest: string): string => {
    const path = `/${rest}`
    if (!paths(dataset).has(path)) throw notFound(`Directory '${path}'`)
    return path
  }

  app.get(`${BASE}/:dataset`, (request) => {
    const { parent_path = '/' } = queryOf(
      request,
      z.strictObject({ parent_path: z.string().optional() }),
    )
    const dataset = state.dataset(params(request).dataset)
    return tree(dataset, parent_path).map(({ children: _children, ...shown }) => shown)
  })

  app.get(`${BASE}/:dataset/tree`, (request) => {
    queryOf(request, NO_QUERY)
    return tree(state.dataset(params(request).dataset), '/')
  })

  app.post(`${BASE}/`, (request, reply) => {
    requireRole(request, 'member')
    const { dataset: name, directory_path } = bodyOf(request, newDirectory)
    const dataset = state.dataset(name)
    const path = `/${directory_path.split('/').filter(Boolean).join('/')}`
    if (paths(dataset).has(path)) throw conflict(`The directory '${path}' already exists`)
    made.set(dataset.id, new Set([...(made.get(dataset.id) ?? []), path]))
    reply.status(201)
    return { full_path: path }
  })

  app.patch(`${BASE}/:dataset/*`, (request) => {
    requireRole(request, 'member')
    const { dataset: name, '*': rest } = params(request)
    const { new_name } = bodyOf(request, directoryName)
    const dataset = state.dataset(name)
    const from = existing(dataset, rest.replace(/\/rename$/, ''))
    const to = `${from.slice(0, from.lastIndexOf('/'))}/${new_name}`
    if (paths(dataset).has(to)) throw conflict(`The directory '${to}' already exists`)
    const moved = (path: string) =>
      path === from || path.startsWith(`${from}/`) ? to + path.slice(from.length) : path
    made.set(dataset.id, new Set([...(made.get(dataset.id) ?? [])].map(moved)))
    state.transaction(() => {
      for (const { annotation_count: _count, ...image } of state.images(dataset.id))
        state.moveImage({ ...image, directory_path: moved(image.directory_path) })
    })
    return { full_path: to }
  })

  app.delete(`${BASE}/:dataset/*`, (request) => {
    requireRole(request, 'member')
    const { cascade } = queryOf(request, z.strictObject({ cascade: z.enum(['true', 'false']) }))
    const { dataset: name, '*': rest } = params(request)
    const dataset = state.dataset(name)
    const path = existing(dataset, rest)
    const inside = state
      .images(dataset.id)
      .filter(({ directory_path }) => `${directory_path}/`.startsWith(`${path}/`))
    if (inside.length > 0 && cascade === 'false')
      throw new Problem(409, 'not_empty', `'${path}' is not empty`)
    for (const { id } of inside) state.deleteImage(id)
    const kept = [...(made.get(dataset.id) ?? [])].filter(
      (other) => !`${other}/`.startsWith(`${path}/`),
    )
    made.set(dataset.id, new Set(kept))
    return { deleted: true, images_deleted: inside.length }
  })
}
