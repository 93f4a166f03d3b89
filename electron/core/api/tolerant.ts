import { z } from 'zod'

/**
 * The rows of a list that can be read. One odd row must not hide the others, so it is left out. Not for lists that
 * are sent back as a whole, such as annotations: there the row would be deleted.
 */
export function rowsOf<T extends z.ZodType>(item: T, rows: readonly unknown[]): z.infer<T>[] {
  return rows.flatMap((row) => {
    const parsed = item.safeParse(row)
    return parsed.success ? [parsed.data] : []
  })
}

/** A list of which the rows that can be read are kept; anything but a list is an empty one. */
export const rows = <T extends z.ZodType>(item: T) =>
  z
    .array(z.unknown())
    .catch([])
    .transform((list) => rowsOf(item, list))

/** A text that may be missing, null, or something else. */
export const text = z.string().nullish().catch(null)
/** A number that may be missing, null, or something else. */
export const number = z.number().nullish().catch(null)
export const flag = z.boolean().nullish().catch(null)
/** A count: 0 where it is missing or is none. */
export const count = z.number().int().catch(0)
/** A list of texts; null where it is missing. */
export const texts = z
  .array(z.unknown())
  .nullish()
  .catch(null)
  .transform((list) => list?.filter((item) => typeof item === 'string') ?? null)
