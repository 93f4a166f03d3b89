import { createHash } from 'node:crypto'
import type { WireAnnotation } from './wire-annotation.ts'

/** A UUID that is always the same for the same text. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}

/** JSON that is the same for the same content, whatever the order of its fields. */
const contentOf = (value: unknown): string =>
  JSON.stringify(value, (_field, item: unknown) =>
    item && typeof item === 'object' && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  )

/** True if an id names different annotations. With copies that are equal, it does not matter which one keeps it. */
function isAmbiguous(sharing: readonly WireAnnotation[]): boolean {
  if (sharing.length < 2) return false
  return new Set(sharing.map(contentOf)).size > 1
}

/**
 * Gives an id to each annotation of an image that has none, or that shares it with others. It follows from the
 * annotation's content alone, so it is the same at each pull, in any order: with another id, one annotation would look
 * like one that was deleted and another one that was drawn, or would take the edits of another one.
 */
export function withOwnIds(
  imageId: string,
  annotations: readonly WireAnnotation[],
): WireAnnotation[] {
  const given = Map.groupBy(annotations, ({ id }) => id ?? null)
  given.delete(null)
  /** Ids that an annotation of this answer keeps. */
  const kept = new Set<unknown>()
  for (const [id, sharing] of given) if (!isAmbiguous(sharing)) kept.add(id)
  const taken = new Set<unknown>(given.keys())
  const counts = new Map<string, number>()
  return annotations.map((annotation) => {
    // The first of equal copies keeps the id.
    if (kept.delete(annotation.id)) return annotation
    const content = `${imageId} ${contentOf(annotation)}`
    for (let count = counts.get(content) ?? 0; ; count++) {
      const own = uuidOf(`${content} ${count}`)
      if (taken.has(own)) continue
      counts.set(content, count + 1)
      taken.add(own)
      return { ...annotation, id: own }
    }
  })
}
