import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { cleanDirectory } from '#emulator/directories.ts'
import { duplicatesOf } from '#emulator/duplicates.ts'
import { Likeness, likeness } from '#emulator/likeness.ts'
import { InvalidRequest } from '#emulator/problems.ts'
import {
  API,
  page,
  paging,
  params,
  queryOf,
  repeated,
  requireWarm,
  type Service,
} from '#emulator/service.ts'
import type { AutoTags, Computed, StoredImage } from '#emulator/state.ts'

const BASE = `${API}/search`
const PAGE_CAP = 500
/** A number, clamped to its range. */
const clamped = (least: number, most: number, usual: number) =>
  z.coerce
    .number()
    .default(usual)
    .transform((value) => Math.min(most, Math.max(least, value)))

const NO_TAGS: AutoTags = { objects: [], scenes: [], attributes: [] }

function shown(image: StoredImage & Computed) {
  return {
    id: image.id,
    filename: image.filename,
    virtual_directory_path: image.directory_path,
    status: image.status,
    annotation_count: image.annotation_count,
    image_auto_tags: image.auto_tags ?? NO_TAGS,
  }
}

/** Finds images by similarity and by content. */
export function searchRoutes(app: FastifyInstance, { state, storage }: Service): void {
  const likenesses = new Likeness(storage)

  app.get(`${BASE}/similar`, async (request) => {
    const query = queryOf(
      request,
      z.strictObject({
        image_id: z.string(),
        threshold: z.coerce.number().min(0).max(1).default(0.6),
        limit: z.coerce.number().int().min(1).max(PAGE_CAP).default(50),
        directory_path: z.string().optional(),
      }),
    )
    const image = state.imageById(query.image_id)
    requireWarm(state.dataset(image.dataset_id))
    const directory = cleanDirectory(query.directory_path ?? image.directory_path)
    const own = await likenesses.of(image)
    const others = state
      .images(image.dataset_id)
      .filter(
        ({ id, is_archived, directory_path }) =>
          id !== image.id && !is_archived && directory_path === directory,
      )
    const compared = await Promise.all(
      others.map(async (other) => ({
        ...shown(other),
        similarity: likeness(own, await likenesses.of(other)),
      })),
    )
    const results = compared
      .filter(({ similarity }) => similarity >= query.threshold)
      .sort((a, b) => b.similarity - a.similarity)
      .slice(0, query.limit)
    return { results, count: results.length }
  })

  app.get(`${BASE}/by-tags`, (request) => {
    const query = queryOf(
      request,
      z.strictObject({
        ...paging(50),
        objects: repeated,
        scenes: repeated,
        attributes: repeated,
        dataset_name: z.string().optional(),
      }),
    )
    const kinds = ['objects', 'scenes', 'attributes'] as const
    if (kinds.every((kind) => query[kind].length === 0))
      throw new InvalidRequest([{ loc: ['query'], msg: 'needs at least one tag' }], 400)
    const datasets =
      query.dataset_name === undefined ? state.datasets() : [state.dataset(query.dataset_name)]
    const found = datasets
      .flatMap(({ id }) => state.images(id))
      .filter(
        ({ is_archived, auto_tags = NO_TAGS }) =>
          !is_archived &&
          kinds.every((kind) => query[kind].every((tag) => auto_tags[kind].includes(tag))),
      )
    const { data, pagination } = page(found, query, PAGE_CAP)
    const results = data.map((image) => ({ ...shown(image), dataset_id: image.dataset_id }))
    return { results, count: results.length, pagination }
  })

  app.get(`${API}/datasets/:dataset/duplicates`, async (request) => {
    const query = queryOf(
      request,
      z.strictObject({
        threshold: clamped(0.5, 0.9999, 0.92),
        sample: clamped(1, 2_000, 1_000),
        neighbors: clamped(1, 50, 10),
        max_pairs: clamped(1, 10_000, 2_000),
        directory_path: z.string().optional(),
      }),
    )
    const dataset = state.dataset(params(request).dataset)
    requireWarm(dataset)
    const directory =
      query.directory_path === undefined ? null : cleanDirectory(query.directory_path)
    const images = state
      .images(dataset.id)
      .filter(
        ({ is_archived, directory_path }) =>
          !is_archived && (directory === null || directory_path === directory),
      )
    const { threshold, sample, neighbors, max_pairs } = query
    const found = await duplicatesOf(
      images,
      { threshold, sample, neighbors, maxPairs: max_pairs },
      likenesses,
    )
    return { data: { ...found, directory_path: directory } }
  })
}
