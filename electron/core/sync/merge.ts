import type { Annotation } from '#shared/model/annotation.ts'
import { sameValue } from '#shared/model/change-set.ts'
import type { Conflict } from '#shared/model/sync.ts'

type Field = Exclude<Conflict['fields'][number], 'existence'>

/** The fields that a merge compares, each as a whole. */
const VALUE: Record<Field, (annotation: Annotation) => unknown> = {
  class: ({ className }) => className,
  shape: ({ shape }) => shape,
  attributes: ({ attributes }) => attributes,
  confidence: ({ confidence }) => confidence,
  instance: ({ instanceId }) => instanceId,
}
const FIELDS = Object.keys(VALUE) as Field[]

const sameField = (field: Field, a: Annotation, b: Annotation) =>
  sameValue(VALUE[field](a), VALUE[field](b))

/** True if the service stores both in the same way. */
export function sameToService(a: Annotation, b: Annotation): boolean {
  return FIELDS.every((field) => sameField(field, a, b))
}

/** The same annotations by id, in any order. */
export function sameLabels(a: readonly Annotation[], b: readonly Annotation[]): boolean {
  if (a.length !== b.length) return false
  const byId = new Map(b.map((annotation) => [annotation.id, annotation]))
  return a.every((annotation) => {
    const other = byId.get(annotation.id)
    return other !== undefined && sameToService(annotation, other)
  })
}

function withField(target: Annotation, field: Field, from: Annotation): Annotation {
  switch (field) {
    case 'class':
      return { ...target, className: from.className }
    case 'shape':
      return { ...target, shape: from.shape }
    case 'attributes':
      return { ...target, attributes: from.attributes }
    case 'confidence':
      return { ...target, confidence: from.confidence }
    case 'instance': {
      const { instanceId: _old, ...others } = target
      return from.instanceId === undefined ? others : { ...others, instanceId: from.instanceId }
    }
  }
}

/** The local annotation with the conflicting fields of the remote one. */
export function takeTheirs(mine: Annotation, { fields, theirs }: Conflict): Annotation {
  if (!theirs) return mine
  return fields.reduce(
    (result, field) => (field === 'existence' ? result : withField(result, field, theirs)),
    mine,
  )
}

/** Merges one annotation that both sides have, field by field; a field in conflict keeps the local value. */
function mergeFields(
  base: Annotation | null,
  mine: Annotation,
  theirs: Annotation,
): { merged: Annotation; fields: Field[] } {
  const fields: Field[] = []
  // Only the service sets `createdBy`.
  let merged: Annotation =
    mine.createdBy === undefined && theirs.createdBy !== undefined
      ? { ...mine, createdBy: theirs.createdBy }
      : mine
  for (const field of FIELDS) {
    if (sameField(field, mine, theirs)) continue
    if (base && sameField(field, base, theirs)) continue
    if (base && sameField(field, base, mine)) merged = withField(merged, field, theirs)
    else fields.push(field)
  }
  return { merged, fields }
}

/**
 * Three-way merge by annotation id, then by field. `base` is the common ancestor. On a conflict, `merged` keeps the
 * local value and `conflicts` holds both sides. Order: local annotations first, then new remote ones.
 */
export function mergeAnnotations(
  base: readonly Annotation[],
  mine: readonly Annotation[],
  theirs: readonly Annotation[],
): { merged: Annotation[]; conflicts: Conflict[] } {
  const before = new Map(base.map((annotation) => [annotation.id, annotation]))
  const other = new Map(theirs.map((annotation) => [annotation.id, annotation]))
  const own = new Set(mine.map(({ id }) => id))
  const conflicts: Conflict[] = []
  const merged: Annotation[] = []
  for (const annotation of mine) {
    const { id } = annotation
    const old = before.get(id) ?? null
    const there = other.get(id)
    if (there) {
      const result = mergeFields(old, annotation, there)
      merged.push(result.merged)
      if (result.fields.length > 0)
        conflicts.push({ id, fields: result.fields, base: old, mine: annotation, theirs: there })
    } else if (!old) merged.push(annotation)
    else if (!sameToService(old, annotation)) {
      merged.push(annotation)
      conflicts.push({ id, fields: ['existence'], base: old, mine: annotation, theirs: null })
    }
  }
  for (const annotation of theirs) {
    if (own.has(annotation.id)) continue
    const old = before.get(annotation.id)
    if (!old) merged.push(annotation)
    else if (!sameToService(old, annotation))
      conflicts.push({
        id: annotation.id,
        fields: ['existence'],
        base: old,
        mine: null,
        theirs: annotation,
      })
  }
  return { merged, conflicts }
}

/**
 * Determines the merge base after a save without an answer. A save replaces all labels of an image at once. So if the
 * service has a new annotation of ours (its id is unique), the whole save arrived. Otherwise, annotations that equal
 * what we sent count as ours, and the rest stays open.
 */
export function baseAfterSending(
  base: readonly Annotation[],
  sent: readonly Annotation[],
  theirs: readonly Annotation[],
): { base: readonly Annotation[]; hasArrived: boolean } {
  const [before, told, now] = [base, sent, theirs].map(
    (list) => new Map(list.map((annotation) => [annotation.id, annotation])),
  )
  const isNewThere = sent.some(({ id }) => !before.has(id) && now.has(id))
  if (isNewThere || sameLabels(sent, theirs)) return { base: sent, hasArrived: true }
  const began = [...new Set([...before.keys(), ...told.keys()])].flatMap((id) => {
    const [a, b] = [told.get(id), now.get(id)]
    const isAsSent = a && b ? sameToService(a, b) : a === b
    return (isAsSent ? a : before.get(id)) ?? []
  })
  return { base: began, hasArrived: false }
}

/**
 * Adds the conflicts that a save without an answer leaves for the user: a new annotation that is missing on the
 * service (it never arrived, or was deleted since), and a remote change of a field that we had just sent (made to our
 * value or to the one before). `merged` keeps the local value.
 */
export function withDoubts(
  { base, sent, mine, theirs }: Record<'base' | 'sent' | 'mine' | 'theirs', readonly Annotation[]>,
  merged: readonly Annotation[],
): { merged: Annotation[]; conflicts: Conflict[] } {
  const [before, told, own, now] = [base, sent, mine, theirs].map(
    (list) => new Map(list.map((annotation) => [annotation.id, annotation])),
  )
  const conflicts: Conflict[] = []
  const kept = merged.map((annotation) => {
    const { id } = annotation
    const [a, s, m, t] = [before.get(id), told.get(id), own.get(id), now.get(id)]
    if (!s || !m) return annotation
    if (!a && !t) conflicts.push({ id, fields: ['existence'], base: s, mine: m, theirs: null })
    if (!a || !t) return annotation
    const fields = FIELDS.filter(
      (field) =>
        !sameField(field, s, a) &&
        !sameField(field, t, a) &&
        !sameField(field, t, s) &&
        !sameField(field, m, t),
    )
    if (fields.length === 0) return annotation
    conflicts.push({ id, fields, base: s, mine: m, theirs: t })
    return fields.reduce((result, field) => withField(result, field, m), annotation)
  })
  return { merged: kept, conflicts }
}

/**
 * The conflicts that remain after another merge: all new ones, and those old ones whose annotation was not resolved
 * meanwhile.
 */
export function carryConflicts(
  earlier: readonly Conflict[],
  found: readonly Conflict[],
  base: readonly Annotation[],
  theirs: readonly Annotation[],
): Conflict[] {
  const fresh = new Set(found.map(({ id }) => id))
  const before = new Map(base.map((annotation) => [annotation.id, annotation]))
  const now = new Map(theirs.map((annotation) => [annotation.id, annotation]))
  const standing = earlier.flatMap((conflict) => {
    if (fresh.has(conflict.id)) return []
    const [old, there] = [before.get(conflict.id), now.get(conflict.id)]
    const unchanged = old && there ? sameToService(old, there) : old === there
    // Theirs changed again: the user decides on the new version.
    return unchanged ? [conflict] : [{ ...conflict, theirs: there ?? null }]
  })
  // Earlier open fields of an annotation stay open beside the new ones.
  const earlierFields = new Map(earlier.map(({ id, fields }) => [id, fields]))
  const widened = found.map((conflict) => ({
    ...conflict,
    fields: [...new Set([...(earlierFields.get(conflict.id) ?? []), ...conflict.fields])],
  }))
  return [...standing, ...widened]
}
