import type { z } from 'zod'

/** A column's JSON. `undefined` when it is none: one bad row must not hide the others. */
export function storedJson(text: string | null | undefined): unknown {
  if (text === null || text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The same where it fits; else `fallback`. */
export function storedAs<T>(text: string | null, schema: z.ZodType<T>, fallback: T): T {
  const parsed = schema.safeParse(storedJson(text))
  return parsed.success ? parsed.data : fallback
}

/** A list of what we wrote ourselves, whose items are not looked at; null when it is none. */
export function storedList<T>(text: string | null): T[] | null {
  const value = storedJson(text)
  return Array.isArray(value) ? value : null
}

/** The items of a list that fit. */
export function storedItems<T>(text: string | null, item: z.ZodType<T>): T[] {
  return (storedList(text) ?? []).flatMap((value) => {
    const parsed = item.safeParse(value)
    return parsed.success ? [parsed.data] : []
  })
}
