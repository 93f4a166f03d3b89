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

/**
 * An answer to a change that must have at least one of these fields. With all of them tolerant, any rubbish would say
 * that the change has happened.
 */
export const confirmedBy = <T extends z.ZodType>(names: readonly string[], schema: T) =>
  z.preprocess((value, context): unknown => {
    const given = z.looseObject({}).safeParse(value).data
    if (given && names.some((name) => given[name] !== undefined)) return value
    const message = `expected ${names.join(' or ')}, which say that it has happened`
    context.issues.push({ code: 'custom', message, input: value })
    return z.NEVER
  }, schema)

/** A field that is converted; it may be missing. One function a field is three times as fast as a union of types. */
const field = <T>(read: (value: unknown) => T) => z.unknown().optional().transform(read)
/** A field that must have a value. */
const required = <T>(what: string, read: (value: unknown) => T | null) =>
  z
    .unknown()
    .optional()
    .transform((value, context): T => {
      const found = read(value)
      if (found !== null) return found
      context.issues.push({ code: 'custom', message: `expected ${what}`, input: value })
      return z.NEVER
    })

const NUMERAL = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i

/** Databases send large or exact numbers as texts. */
function toNumber(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  return typeof value === 'string' && NUMERAL.test(value) ? Number(value) : null
}

function toWhole(value: unknown): number | null {
  const found = toNumber(value)
  return Number.isSafeInteger(found) ? found : null
}

function toText(value: unknown): string | null {
  if (typeof value === 'string') return value
  return typeof value === 'number' ? String(value) : null
}

function toId(value: unknown): string | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : null
  return typeof value === 'string' && value !== '' ? value : null
}

const FLAGS: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  [1, true],
  [0, false],
  ['true', true],
  ['false', false],
  ['1', true],
  ['0', false],
])

/** An id: a UUID, or a number of an older row. */
export const requiredId = required('an id', toId)
/** The same where it may be missing, null or something else. */
export const anyId = field(toId)
/** A name that must be there. */
export const requiredName = required('a text', toText)
/** A text that may be missing, null, or something else. */
export const text = field(toText)
/** A number that may be missing, null, or something else. */
export const number = field(toNumber)
/** A whole number that may be missing, null, or something else. */
export const whole = field(toWhole)
/** A size that may be missing; 0 means unknown, too. */
export const size = field((value) => toWhole(value) || null)
/** A count that must be there. */
export const requiredCount = required('a whole number', toWhole)
/** A count: 0 if missing or invalid. */
export const count = field((value) => toWhole(value) ?? 0)
export const flag = field((value) =>
  typeof value === 'boolean' ? value : (FLAGS.get(value) ?? null),
)
/** A list of texts; null if missing. */
export const texts = field((value) =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : null,
)

/** Unix seconds and milliseconds differ by their size: seconds reach this value in the year 5138. */
const FIRST_MS = 100_000_000_000
const ZONED = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/
const WITHOUT_ZONE = /^\d{4}-\d\d-\d\dT[\d:.,]+$/

function toTime(value: unknown): string | null {
  if (typeof value === 'number') {
    const date = new Date(value < FIRST_MS ? value * 1000 : value)
    return Number.isNaN(date.getTime()) ? null : date.toISOString()
  }
  if (typeof value !== 'string') return null
  if (ZONED.test(value)) return value
  const iso = value
    .trim()
    .replace(/^(\d{4}-\d\d-\d\d) (?=\d)/, '$1T')
    .replace(/ (?=[+-]\d)/, '')
  // Without a zone, JavaScript would take the time of this computer's zone.
  const zoned = WITHOUT_ZONE.test(iso) ? `${iso.replace(',', '.')}Z` : iso
  return Number.isNaN(Date.parse(zoned)) ? null : zoned
}

/**
 * A time as an ISO 8601 text with its zone. A text without a zone is UTC, as Python's `isoformat` writes it; a number
 * is Unix time. null if missing or no time.
 */
export const time = field(toTime)

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
