import { z } from 'zod'

/**
 * The readable rows of a list; one odd row must not hide the others. Not for lists that are sent back as a whole,
 * such as annotations, because the row would be deleted.
 */
export function rowsOf<T extends z.ZodType>(item: T, rows: readonly unknown[]): z.infer<T>[] {
  return rows.flatMap((row) => {
    const parsed = item.safeParse(row)
    return parsed.success ? [parsed.data] : []
  })
}

/** A list without its unreadable rows; anything but a list becomes an empty one. */
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
/** A count: 0 if missing or invalid. */
export const count = z.number().int().catch(0)
/** A list of texts; null if missing. */
export const texts = z
  .array(z.unknown())
  .nullish()
  .catch(null)
  .transform((list) => list?.filter((item) => typeof item === 'string') ?? null)
