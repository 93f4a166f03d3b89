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

const numeral = z
  .string()
  .regex(/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i)
  .transform(Number)
/** Databases send large or exact numbers as texts. */
const anyNumber = z.union([z.number(), numeral])
const anyText = z.union([z.string(), z.number().transform(String)])

/** An id: a UUID, or a number of an older row. */
export const requiredId = z.union([z.string().min(1), z.number().int().transform(String)])
/** The same where it may be missing, null or something else. */
export const anyId = requiredId.nullish().catch(null)
/** A name that must be there. */
export const requiredName = anyText
/** A text that may be missing, null, or something else. */
export const text = anyText.nullish().catch(null)
/** A number that may be missing, null, or something else. */
export const number = anyNumber.nullish().catch(null)
/** A whole number that may be missing, null, or something else. */
export const whole = anyNumber.pipe(z.number().int()).nullish().catch(null)
/** A size that may be missing; 0 means unknown, too. */
export const size = anyNumber.pipe(z.number().int().min(1)).nullish().catch(null)
/** A count that must be there. */
export const requiredCount = anyNumber.pipe(z.number().int())
/** A count: 0 if missing or invalid. */
export const count = requiredCount.catch(0)
export const flag = z
  .union([
    z.boolean(),
    z.stringbool({ truthy: ['true', '1'], falsy: ['false', '0'] }),
    z.literal([0, 1]).transform(Boolean),
  ])
  .nullish()
  .catch(null)
/** A list of texts; null if missing. */
export const texts = z
  .array(z.unknown())
  .nullish()
  .catch(null)
  .transform((list) => list && rowsOf(z.string(), list))

/** Unix seconds and milliseconds differ by their size: seconds reach this value in the year 5138. */
const FIRST_MS = 100_000_000_000

/**
 * A time as an ISO 8601 text with its zone. A text without a zone is UTC, as Python's `isoformat` writes it; a number
 * is Unix time. null if missing or no time.
 */
export const time = z
  .union([
    z.string().transform((value) => {
      const iso = value.trim().replace(/^(\d{4}-\d\d-\d\d) (?=\d)/, '$1T')
      // Without a zone, JavaScript would take the time of this computer's zone.
      return /^\d{4}-\d\d-\d\dT[\d:.,]+$/.test(iso)
        ? `${iso.replace(',', '.')}Z`
        : iso.replace(/ (?=[+-]\d)/, '')
    }),
    z.number().transform((value) => {
      const date = new Date(value < FIRST_MS ? value * 1000 : value)
      return Number.isNaN(date.getTime()) ? '' : date.toISOString()
    }),
  ])
  .refine((value) => !Number.isNaN(Date.parse(value)))
  .nullish()
  .catch(null)

/**
 * Reads older names of fields. `names`: the service's name, then the older ones. A field under its own name wins.
 */
export const renamed = <T extends z.ZodType>(
  names: Readonly<Record<string, readonly string[]>>,
  schema: T,
) =>
  z.preprocess((value): unknown => {
    if (typeof value !== 'object' || value === null) return value
    let given: Record<string, unknown> = value as Record<string, unknown>
    for (const [own, older] of Object.entries(names)) {
      if (given[own] !== undefined && given[own] !== null) continue
      const found = older.find((name) => given[name] !== undefined)
      if (found !== undefined) given = { ...given, [own]: given[found] }
    }
    return given
  }, schema)
