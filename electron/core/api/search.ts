import { z } from 'zod'
import type { CallOptions, Http } from './http.ts'
import { allItems, type Listing, pageSchema, type Range } from './paging.ts'
import { anyId, count, number, requiredId, requiredName, rowsOf, text } from './tolerant.ts'

/** The service's maximum page size. */
const PAGE_LIMIT = 500

const foundSchema = z.object({
  id: requiredId,
  dataset_id: anyId,
  filename: requiredName,
  virtual_directory_path: text,
  status: text,
  annotation_count: count,
  image_auto_tags: z.record(z.string(), z.unknown()).nullish().catch(null),
  /** 0..1; only for similar images. */
  similarity: number,
})
export type FoundImage = z.infer<typeof foundSchema>

const answerSchema = z.object({ results: z.array(z.unknown()) })

/** Finds images by their content. All methods throw a PictographError. */
export class Search {
  readonly #http: Http

  constructor(http: Http) {
    this.#http = http
  }

  /** Images similar to one of the dataset, most similar first. `directoryPath`: only in this directory. */
  async similar(
    imageId: string,
    options: CallOptions & { threshold?: number; limit?: number; directoryPath?: string } = {},
  ): Promise<FoundImage[]> {
    const { threshold = 0.6, limit = 50, directoryPath, ...call } = options
    const query = { image_id: imageId, threshold, limit, directory_path: directoryPath }
    const { results } = await this.#http.json(answerSchema, 'GET', '/search/similar', {
      ...call,
      query,
    })
    return rowsOf(foundSchema, results)
  }

  /** Images that have all of these tags, which the service detects. At least one. */
  byTags(
    tags: {
      objects?: readonly string[]
      scenes?: readonly string[]
      attributes?: readonly string[]
    },
    options: CallOptions & Range & { dataset?: string } = {},
  ): Listing<FoundImage> {
    const { dataset, limit, offset, ...call } = options
    const { objects, scenes, attributes } = tags
    return allItems(
      (limit, offset) =>
        this.#http.json(pageSchema(foundSchema, 'results'), 'GET', '/search/by-tags', {
          ...call,
          query: { objects, scenes, attributes, dataset_name: dataset, limit, offset },
        }),
      { limit, offset },
      PAGE_LIMIT,
    )
  }
}
