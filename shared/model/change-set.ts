import { z } from 'zod'
import { type Annotation, annotationSchema } from './annotation.ts'

/** One committed edit of one image's annotations. */
export const changeSetSchema = z.object({
  created: z.array(annotationSchema),
  updated: z.array(z.object({ before: annotationSchema, after: annotationSchema })),
  deleted: z.array(annotationSchema),
})
export type ChangeSet = z.infer<typeof changeSetSchema>

export const EMPTY_CHANGE_SET: ChangeSet = { created: [], updated: [], deleted: [] }

export function isEmptyChangeSet(changes: ChangeSet): boolean {
  return (
    changes.created.length === 0 && changes.updated.length === 0 && changes.deleted.length === 0
  )
}

/** The change set that undoes `changes`. */
export function invertChangeSet(changes: ChangeSet): ChangeSet {
  return {
    created: changes.deleted,
    updated: changes.updated.map(({ before, after }) => ({ before: after, after: before })),
    deleted: changes.created,
  }
}

const FIELDS = ['className', 'shape', 'confidence', 'attributes', 'instanceId', 'extra'] as const

/** Structural equality of JSON values; ignores key order, and an undefined key counts as absent. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const keysA = Object.keys(a).filter((key) => Reflect.get(a, key) !== undefined)
  const keysB = Object.keys(b).filter((key) => Reflect.get(b, key) !== undefined)
  return (
    keysA.length === keysB.length &&
    keysA.every((key) => sameValue(Reflect.get(a, key), Reflect.get(b, key)))
  )
}

/**
 * Rebases a change set onto annotations that may have changed since: writes only the fields that it changed, does not
 * recreate deleted annotations, and creates nothing twice. Returns the effective change set, with the current values
 * as `before`.
 */
export function rebaseChangeSet(current: readonly Annotation[], changes: ChangeSet): ChangeSet {
  const byId = new Map(current.map((annotation) => [annotation.id, annotation]))
  const result: ChangeSet = { created: [], updated: [], deleted: [] }
  for (const annotation of changes.created) {
    if (!byId.has(annotation.id)) result.created.push(annotation)
  }
  for (const { before, after } of changes.updated) {
    const now = byId.get(after.id)
    if (!now) continue
    const next: Annotation = { ...now }
    for (const field of FIELDS) {
      if (!sameValue(before[field], after[field])) Object.assign(next, { [field]: after[field] })
    }
    if (!sameValue(now, next)) result.updated.push({ before: now, after: next })
  }
  for (const annotation of changes.deleted) {
    const now = byId.get(annotation.id)
    if (now) result.deleted.push(now)
  }
  return result
}

/**
 * A change set without what has changed again since: its updates keep only fields that still have its values. For
 * undoing an edit that is not the last one, so that later changes stay.
 */
export function onlyUntouched(current: readonly Annotation[], changes: ChangeSet): ChangeSet {
  const byId = new Map(current.map((annotation) => [annotation.id, annotation]))
  const updated = changes.updated.map(({ before, after }) => {
    const now = byId.get(after.id)
    const kept: Annotation = { ...after }
    if (now)
      for (const field of FIELDS)
        if (!sameValue(now[field], before[field])) Object.assign(kept, { [field]: before[field] })
    return { before, after: kept }
  })
  return { ...changes, updated }
}

/** The annotations after a matching change set; new ones come last (drawn on top). */
export function applyChangeSet(
  annotations: readonly Annotation[],
  changes: ChangeSet,
): Annotation[] {
  const gone = new Set(changes.deleted.map((annotation) => annotation.id))
  const changed = new Map(changes.updated.map(({ after }) => [after.id, after]))
  const kept: Annotation[] = []
  for (const annotation of annotations) {
    if (!gone.has(annotation.id)) kept.push(changed.get(annotation.id) ?? annotation)
  }
  return kept.concat(changes.created)
}

/** The change set that turns `from` into `to`, matched by annotation id. */
export function diffAnnotations(from: readonly Annotation[], to: readonly Annotation[]): ChangeSet {
  const before = new Map(from.map((annotation) => [annotation.id, annotation]))
  const after = new Set(to.map((annotation) => annotation.id))
  const result: ChangeSet = { created: [], updated: [], deleted: [] }
  for (const annotation of to) {
    const old = before.get(annotation.id)
    if (!old) result.created.push(annotation)
    else if (!sameValue(old, annotation)) result.updated.push({ before: old, after: annotation })
  }
  result.deleted = from.filter((annotation) => !after.has(annotation.id))
  return result
}
