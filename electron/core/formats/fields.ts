import type { Point } from '#shared/model/annotation.ts'
import { isJsonObject } from './carry.ts'
import { FormatError } from './format-error.ts'
import { LIMITS, requireAtMost } from './limits.ts'
import type { JsonObject, Size } from './types.ts'

/** Reads fields as other programs write them: numbers as texts, null for nothing. */

/** null: it says nothing, or no number. */
export function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value !== 'string' || value.trim() === '') return null
  const number = Number(value)
  return Number.isFinite(number) ? number : null
}

/** Throws a FormatError that names the element which is no number. */
export function numbersOf(values: readonly unknown[], field: string): number[] {
  return values.map((value, index) => {
    const number = numberOf(value)
    if (number === null)
      throw new FormatError(`${field}[${index}]`, `must be a number, not ${shown(value)}`)
    return number
  })
}

/** x, y, x, y … as points. Throws a FormatError where one is missing. */
export function pointsOf(values: readonly unknown[], field: string): Point[] {
  requireAtMost(values.length / 2, LIMITS.points, 'points', field)
  if (values.length % 2 !== 0)
    throw new FormatError(
      field,
      `has ${values.length} numbers: one coordinate of a point is missing`,
    )
  const points: Point[] = []
  for (let i = 0; i < values.length; i += 2) {
    const [x, y] = [values[i], values[i + 1]]
    if (typeof x === 'number' && typeof y === 'number') points.push({ x, y })
    else {
      const [first, second] = numbersOf(values.slice(i, i + 2), field)
      points.push({ x: first, y: second })
    }
  }
  return points
}

/** A size that can be one; null where a file says null, 0 or nothing. */
export function sizeOf(width: unknown, height: unknown): Size | null {
  const [w, h] = [numberOf(width), numberOf(height)]
  if (w === null || h === null || w < 1 || h < 1) return null
  return Number.isInteger(w) && Number.isInteger(h) ? { width: w, height: h } : null
}

export function textOfField(value: unknown): string | null {
  if (typeof value === 'string') return value.trim() === '' ? null : value.trim()
  return typeof value === 'number' ? String(value) : null
}

/** A value may be a list of millions: only its beginning is shown. */
function shownText(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 50))
  if (Array.isArray(value)) return JSON.stringify(value.slice(0, 20).map(shallow))
  return JSON.stringify(shallow(value)) ?? String(value)
}

/** Without what is nested in it. */
function shallow(value: unknown): unknown {
  if (typeof value === 'string') return value.slice(0, 50)
  if (Array.isArray(value))
    return value.slice(0, 20).map((item) => (isJsonObject(item) ? {} : item))
  if (!isJsonObject(value)) return value
  const some: JsonObject = {}
  for (const key of Object.keys(value).slice(0, 20)) {
    const inner = value[key]
    some[key] = typeof inner === 'object' ? null : inner
  }
  return some
}

/** A value in an error message. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = shownText(value)
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}

/** The class name of an object. Throws a FormatError. */
export function classNameOf(value: unknown, field: string): string {
  const name = textOfField(value)
  if (name === null)
    throw new FormatError(field, `must be the name of a class, not ${shown(value)}`)
  return name
}

export function objectAt(value: unknown, field: string): JsonObject {
  if (isJsonObject(value)) return value
  throw new FormatError(field, `must be an object, not ${shown(value)}`)
}

export function confidenceOf(value: unknown): number | null {
  const number = numberOf(value)
  return number !== null && number >= 0 && number <= 1 ? number : null
}

export function withoutKeys(object: JsonObject, keys: readonly string[]): JsonObject {
  const result: JsonObject = {}
  for (const key of Object.keys(object)) if (!keys.includes(key)) result[key] = object[key]
  return result
}

/** Gives each class of a list a name of its own; the first keeps the one it has. */
export function distinctNames(names: readonly string[]): string[] {
  const taken = new Set(names)
  const seen = new Set<string>()
  // Where the numbers of a name go on: counting from 2 each time would be quadratic.
  const next = new Map<string, number>()
  return names.map((name) => {
    let own = name
    let n = next.get(name) ?? 2
    for (; seen.has(own) || (own !== name && taken.has(own)); n++) own = `${name} (${n})`
    next.set(name, n)
    seen.add(own)
    return own
  })
}
