import { z } from 'zod'

/** Parses a JSON column. `undefined` if it is invalid, because one bad row must not hide the others. */
export function storedJson(text: string | null | undefined): unknown {
  if (text === null || text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Parses and validates; returns `fallback` if it does not match. */
export function storedAs<T>(text: string | null, schema: z.ZodType<T>, fallback: T): T {
  const parsed = schema.safeParse(storedJson(text))
  return parsed.success ? parsed.data : fallback
}

/** A list that this app wrote, with unchecked items; null if it is not a list. */
export function storedList<T>(text: string | null): T[] | null {
  const value = storedJson(text)
  return Array.isArray(value) ? value : null
}

/** The valid items of a list. */
export function storedItems<T>(text: string | null, item: z.ZodType<T>): T[] {
  return (storedList(text) ?? []).flatMap((value) => {
    const parsed = item.safeParse(value)
    return parsed.success ? [parsed.data] : []
  })
}

/** The texts of a list, such as tags. */
export const storedTexts = (text: string | null): string[] => storedItems(text, z.string())
