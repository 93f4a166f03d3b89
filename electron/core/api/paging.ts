import { z } from 'zod'
import { UnexpectedAnswerError } from './errors.ts'
import { flag, rowsOf, whole } from './tolerant.ts'

/** The service's maximum page size. For a larger limit it returns a short page with `has_more`. */
export const PAGE_LIMIT = 1_000

/** One page. Unreadable rows are left out of `items`, but count in `received`. */
export interface Page<T> {
  items: T[]
  /** Number of rows that the service sent; the next page starts after them. */
  received: number
  /** null: the answer does not report it. */
  pagination: { has_more?: boolean | null | undefined; total?: number | null | undefined } | null
}

/** `has_more` and `total` are also found beside the rows, and `total_items` is another name of `total`. */
const pagingSchema = z.object({ has_more: flag, total: whole, total_items: whole })

const rowsAt = (answer: Record<string, unknown>, key: string): unknown => answer[key] ?? answer.data

/**
 * An answer `{ data: [...], pagination }`, or the rows under another `key`, or a bare list. Missing rows are an error,
 * because a list that is read as empty would look as if everything had been deleted; null is an empty list only if
 * the answer reports no more.
 */
export const pageSchema = <T extends z.ZodType>(item: T, key = 'data') =>
  z
    .preprocess(
      (answer): unknown => {
        if (Array.isArray(answer)) return { data: answer, pagination: null }
        if (typeof answer !== 'object' || answer === null) return answer
        const given = answer as Record<string, unknown>
        const beside = pagingSchema.safeParse(given).data
        const inside = pagingSchema.safeParse(given.pagination).data
        const has_more = inside?.has_more ?? beside?.has_more
        const total = inside?.total ?? inside?.total_items ?? beside?.total ?? beside?.total_items
        const rows = rowsAt(given, key)
        const isEmpty = rows === null && (has_more === false || total === 0)
        return { data: isEmpty ? [] : rows, pagination: { has_more, total } }
      },
      z.object({
        data: z.array(z.unknown()),
        pagination: z
          .object({ has_more: z.boolean().nullish(), total: z.number().nullish() })
          .nullable(),
      }),
    )
    .transform(
      ({ data, pagination }): Page<z.infer<T>> => ({
        items: rowsOf(item, data),
        received: data.length,
        pagination,
      }),
    )

/**
 * True if another page follows this one, which began at `offset`: `has_more` decides, then the total; without both, a
 * short page is the last.
 */
export function hasMore(
  { pagination, received }: Page<unknown>,
  { limit, offset }: { limit: number; offset: number },
): boolean {
  const { has_more, total } = pagination ?? {}
  return has_more ?? (typeof total === 'number' ? offset + received < total : received >= limit)
}

/** Number of pages requested in parallel, once the first has reported the total. */
const AHEAD = 4

/** The wanted part of a list. */
export interface Range {
  /** Maximum number of items; default: all. */
  limit?: number
  /** Number of items to skip at the beginning. */
  offset?: number
}

/** Fifty million images, more than any dataset has. */
const MAX_PAGES = 50_000

const endless = (why: string) =>
  new UnexpectedAnswerError(`The service’s list does not end: ${why}`, { route: 'list' })

export type GetPage<T> = (limit: number, offset: number) => Promise<Page<T>>

/**
 * Yields the items of a paged list in order. `has_more` decides whether there is another page; only without it does a
 * short page mean the end. If the first page reports the total, the next pages are requested in parallel.
 */
async function* pagedItems<T>(
  getPage: GetPage<T>,
  { limit: wanted = Number.POSITIVE_INFINITY, offset: start = 0 }: Range,
  pageLimit: number,
): AsyncGenerator<T, void, undefined> {
  const size = Math.min(wanted, pageLimit)
  if (size === 0) return
  let total = 0
  let stride = size
  let left = wanted
  let last = ''
  let pages = 0
  const ahead = new Map<number, Promise<Page<T>>>()
  for (let offset = start; ; ) {
    const page = await (ahead.get(offset) ?? getPage(size, offset))
    ahead.delete(offset)
    if (offset === start) {
      total = Math.min(page.pagination?.total ?? 0, start + wanted)
      // The service's page size is smaller than the requested limit, so use its size.
      stride = page.received
    }
    for (let step = 1; step <= AHEAD && stride > 0; step++) {
      const next = offset + step * stride
      if (next >= total || ahead.has(next)) continue
      const asked = getPage(size, next)
      // A caller that stops early ignores errors of later pages.
      asked.catch(() => {})
      ahead.set(next, asked)
    }
    const rows = JSON.stringify([page.items.at(0), page.items.at(-1), page.items.length])
    if (page.items.length > 0 && rows === last) throw endless('the same page came again')
    last = rows
    pages++
    if (pages > MAX_PAGES) throw endless(`more than ${MAX_PAGES} pages came`)
    yield* page.items.slice(0, left)
    left -= page.items.length
    const isLast = !hasMore(page, { limit: size, offset })
    offset += page.received
    // A page without items would repeat forever.
    if (left <= 0 || page.received === 0 || isLast) return
  }
}

/**
 * A list of the service. `for await` reads it page by page; `await` reads all of it into an array. Each read requests
 * it again.
 */
export class Listing<T> implements AsyncIterable<T>, PromiseLike<T[]> {
  readonly #read: () => AsyncGenerator<T, void, undefined>

  constructor(read: () => AsyncGenerator<T, void, undefined>) {
    this.#read = read
  }

  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    return this.#read()
  }

  // biome-ignore lint/suspicious/noThenProperty: awaiting a list returns an array, as in the README.
  then<A = T[], B = never>(
    onFulfilled?: ((items: T[]) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#all().then(onFulfilled, onRejected)
  }

  async #all(): Promise<T[]> {
    const items: T[] = []
    for await (const item of this.#read()) items.push(item)
    return items
  }
}

/** The items of a paged list. `pageLimit`: the service's maximum page size. */
export function allItems<T>(
  getPage: GetPage<T>,
  range: Range = {},
  pageLimit = PAGE_LIMIT,
): Listing<T> {
  return new Listing(() => pagedItems(getPage, range, pageLimit))
}
