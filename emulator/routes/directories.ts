import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import {
  cleanDirectory,
  isBelow,
  nameOf,
  parentOf,
  type StoredDirectory,
} from '#emulator/directories.ts'
import { ORGANIZATION_ID } from '#emulator/organization.ts'
import { conflict, notFound, Problem } from '#emulator/problems.ts'
import { directoryName, newDirectory } from '#emulator/schemas.ts'
import {
  API,
  bodyOf,
  flag,
  NO_QUERY,
  params,
  queryOf,
  requireRole,
  type Service,
} from '#emulator/service.ts'
import { freeName, type StoredDataset } from '#emulator/state.ts'

const BASE = `${API}/directories`

interface Node {
  id: string
  name: string
  full_path: string
  image_count: number
  nested_image_count: number
  children: Node[]
}

export function directoryRoutes(app: FastifyInstance, service: Service): void {
  const { state } = service

  /** The directories of a dataset with their image counts, without archived images. */
  const counted = (dataset: StoredDataset) => {
    const own = new Map<string, number>()
    const nested = new Map<string, number>()
    const add = (counts: Map<string, number>, path: string) =>
      counts.set(path, (counts.get(path) ?? 0) + 1)
    for (const { directory_path, is_archived } of state.images(dataset.id)) {
      if (is_archived) continue
      add(own, directory_path)
      for (let path = directory_path; path !== '/'; path = parentOf(path)) add(nested, path)
    }
    return state.directories.all(dataset.id).map((directory) => ({
      ...directory,
      image_count: own.get(directory.full_path) ?? 0,
      nested_image_count: nested.get(directory.full_path) ?? 0,
    }))
  }

  const existing = (dataset: StoredDataset, rest: string): StoredDirectory => {
    const path = cleanDirectory(rest)
    const found = state.directories.at(dataset.id, path)
    if (!found) throw notFound(`Directory '${path}'`)
    return found
  }
  const parentId = ({ dataset_id, full_path }: StoredDirectory): string | null =>
    state.directories.at(dataset_id, parentOf(full_path))?.id ?? null

  /** The response after creating or renaming; lists use `full_path`. */
  const made = (dataset: StoredDataset, path: string) => {
    const directory = existing(dataset, path)
    const images = state.images(dataset.id)
    return {
      id: directory.id,
      dataset_id: dataset.id,
      name: nameOf(directory.full_path),
      directory_path: directory.full_path,
      parent_directory_id: parentId(directory),
      image_count: images.filter(
        (image) => image.directory_path === directory.full_path && !image.is_archived,
      ).length,
      created_at: directory.created_at,
    }
  }

  app.get(`${BASE}/:dataset`, (request) => {
    const { parent_path } = queryOf(request, z.strictObject({ parent_path: z.string().optional() }))
    const dataset = state.dataset(params(request).dataset)
    const all = counted(dataset)
    const ids = new Map(all.map(({ full_path, id }) => [full_path, id]))
    const parent = parent_path === undefined ? null : cleanDirectory(parent_path)
    return all
      .filter(({ full_path }) => parent === null || parentOf(full_path) === parent)
      .map((directory) => ({
        ...directory,
        organization_id: ORGANIZATION_ID,
        name: nameOf(directory.full_path),
        parent_directory_id: ids.get(parentOf(directory.full_path)) ?? null,
        created_by: null,
        updated_at: directory.created_at,
      }))
  })

  app.get(`${BASE}/:dataset/tree`, (request) => {
    queryOf(request, NO_QUERY)
    const nodes = new Map<string, Node>()
    const roots: Node[] = []
    // Sorted by path, so a parent comes before its children.
    for (const { id, full_path, image_count, nested_image_count } of counted(
      state.dataset(params(request).dataset),
    )) {
      const name = nameOf(full_path)
      const node: Node = { id, name, full_path, image_count, nested_image_count, children: [] }
      nodes.set(full_path, node)
      const siblings = nodes.get(parentOf(full_path))?.children ?? roots
      siblings.push(node)
    }
    return roots
  })

  app.get(`${BASE}/:dataset/*`, (request) => {
    const path = /^(.+)\/stats$/.exec(params(request)['*'])?.[1]
    if (path === undefined) throw new Problem(404, 'not_found', 'There is no such route')
    const query = queryOf(request, z.strictObject({ include_subdirectories: flag.default(true) }))
    const dataset = state.dataset(params(request).dataset)
    const { full_path } = existing(dataset, path)
    const isMeant = (other: string) =>
      query.include_subdirectories ? isBelow(other, full_path) : other === full_path
    const images = state
      .images(dataset.id)
      .filter(({ directory_path, is_archived }) => isMeant(directory_path) && !is_archived)
    const directories_by_status: Record<string, number> = {}
    for (const { status } of images)
      directories_by_status[status] = (directories_by_status[status] ?? 0) + 1
    return {
      total_directories: state.directories
        .all(dataset.id)
        .filter((other) => isMeant(other.full_path)).length,
      total_images: images.length,
      total_size_bytes: images.reduce((sum, { file_size }) => sum + file_size, 0),
      directories_by_status,
    }
  })

  app.post(`${BASE}/`, (request, reply) => {
    requireRole(request, 'member')
    const { dataset: name, directory_path } = bodyOf(request, newDirectory)
    const dataset = state.dataset(name)
    const path = cleanDirectory(directory_path)
    if (path === '/') throw new Problem(400, 'validation_error', 'The root is always there')
    // An existing directory is returned unchanged.
    if (!state.directories.at(dataset.id, path)) reply.status(201)
    state.directories.ensure(dataset.id, path, service.at())
    return { data: made(dataset, path) }
  })

  app.patch(`${BASE}/:dataset/*`, (request) => {
    requireRole(request, 'member')
    const { dataset: name, '*': rest } = params(request)
    const path = /^(.+)\/rename$/.exec(rest)?.[1]
    if (path === undefined) throw new Problem(404, 'not_found', 'There is no such route')
    const { new_name } = bodyOf(request, directoryName)
    const dataset = state.dataset(name)
    const { full_path: from } = existing(dataset, path)
    const to = cleanDirectory(`${parentOf(from)}/${new_name}`)
    if (to === from) return { data: made(dataset, from) }
    if (state.directories.at(dataset.id, to)) throw conflict(`The directory '${to}' already exists`)
    state.transaction(() => {
      state.directories.rename(dataset.id, from, to)
      for (const found of state.images(dataset.id)) {
        if (!isBelow(found.directory_path, from)) continue
        const { annotation_count: _count, min_confidence: _lowest, ...image } = found
        const directory_path = to + image.directory_path.slice(from.length)
        state.moveImage({ ...image, directory_path })
      }
    })
    return { data: made(dataset, to) }
  })

  app.delete(`${BASE}/:dataset/*`, (request) => {
    requireRole(request, 'member')
    const { cascade } = queryOf(request, z.strictObject({ cascade: flag.default(false) }))
    const { dataset: name, '*': rest } = params(request)
    const dataset = state.dataset(name)
    const { id, full_path: path } = existing(dataset, rest)
    const hasChildren = state.directories
      .all(dataset.id)
      .some(({ full_path }) => parentOf(full_path) === path)
    if (hasChildren) throw new Problem(400, 'validation_error', `'${path}' has subdirectories`)
    const inside = state.images(dataset.id).filter(({ directory_path }) => directory_path === path)
    if (inside.length > 0 && !cascade)
      throw new Problem(400, 'validation_error', `'${path}' has images`)
    const parent = parentOf(path)
    state.transaction(() => {
      for (const { annotation_count: _count, min_confidence: _lowest, ...image } of inside) {
        const filename = freeName(state, dataset.id, parent, image.filename, 1)
        state.moveImage({ ...image, directory_path: parent, filename })
      }
      state.directories.remove(dataset.id, path)
    })
    return { success: true, directory_id: id, images_moved: inside.length }
  })
}
