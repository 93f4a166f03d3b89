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

/**
 * Gives an id to each annotation of an image that has none, or that has the id of an earlier one. It is the same at
 * each pull: with a new id each time, one annotation would look like one that was deleted and another one that was
 * drawn.
 */
export function withOwnIds(
  imageId: string,
  annotations: readonly WireAnnotation[],
): WireAnnotation[] {
  const taken = new Set<unknown>()
  return annotations.map((annotation) => {
    const { id } = annotation
    if (id !== undefined && id !== null && !taken.has(id)) {
      taken.add(id)
      return annotation
    }
    const content = `${imageId} ${JSON.stringify(annotation)}`
    for (let count = 0; ; count++) {
      const own = uuidOf(`${content} ${count}`)
      if (taken.has(own)) continue
      taken.add(own)
      return { ...annotation, id: own }
    }
  })
}
