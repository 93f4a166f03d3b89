import { z } from 'zod'

/** The most that the service gives at once; asked for more it gives a short page and says `has_more`. */
export const PAGE_LIMIT = 1_000

export const pageSchema = <T extends z.ZodType>(item: T) =>
  z.object({
    data: z.array(item),
    pagination: z
      .object({
        limit: z.number().int().nullish(),
        offset: z.number().int().nullish(),
        total: z.number().int().nullish(),
        has_more: z.boolean(),
      })
      .nullish(),
  })

interface Page<T> {
  data: T[]
  pagination?: { has_more: boolean; total?: number | null | undefined } | null | undefined
}

/**
 * All items of a paged list, page by page. `has_more` decides whether there is another page; only without
 * it does a short page mean the end.
 */
export async function* allItems<T>(
  getPage: (limit: number, offset: number) => Promise<Page<T>>,
  limit = PAGE_LIMIT,
): AsyncGenerator<T, void, undefined> {
  for (let offset = 0; ; ) {
    const { data, pagination } = await getPage(limit, offset)
    yield* data
    offset += data.length
    const hasMore = pagination ? pagination.has_more : data.length >= limit
    // A page without items would come again and again.
    if (!hasMore || data.length === 0) return
  }
}
