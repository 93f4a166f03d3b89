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

/** Pages that are asked for at a time, once the first has told how many there are. */
const AHEAD = 4

/**
 * All items of a paged list, in order. `has_more` decides whether there is another page; only without it does a
 * short page mean the end. Where the first page tells the total, the next ones are asked for ahead.
 */
export async function* allItems<T>(
  getPage: (limit: number, offset: number) => Promise<Page<T>>,
  limit = PAGE_LIMIT,
): AsyncGenerator<T, void, undefined> {
  let total = 0
  let stride = limit
  const ahead = new Map<number, Promise<Page<T>>>()
  for (let offset = 0; ; ) {
    const page = ahead.get(offset) ?? getPage(limit, offset)
    ahead.delete(offset)
    const { data, pagination } = await page
    if (offset === 0) {
      total = pagination?.total ?? 0
      // Asked for more than it gives at once, the service gives what it gives.
      stride = data.length
    }
    for (let step = 1; step <= AHEAD && stride > 0; step++) {
      const next = offset + step * stride
      if (next >= total || ahead.has(next)) continue
      const asked = getPage(limit, next)
      // Whoever stops reading hears nothing of it any more.
      asked.catch(() => {})
      ahead.set(next, asked)
    }
    yield* data
    offset += data.length
    const hasMore = pagination ? pagination.has_more : data.length >= limit
    // A page without items would come again and again.
    if (!hasMore || data.length === 0) return
  }
}
