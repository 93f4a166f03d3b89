import type { Annotation } from '#shared/model/annotation.ts'
import { sameValue } from '#shared/model/change-set.ts'
import type { Conflict } from '#shared/model/sync.ts'

type Field = Exclude<Conflict['fields'][number], 'existence'>

/** What of an annotation is merged, each as one value. */
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

/** Whether the service would see no difference. */
export function sameToService(a: Annotation, b: Annotation): boolean {
  return FIELDS.every((field) => sameField(field, a, b))
}

/** The same annotations by id, in whatever order. */
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

/** Mine with what of theirs was in conflict. */
export function takeTheirs(mine: Annotation, { fields, theirs }: Conflict): Annotation {
  if (!theirs) return mine
  return fields.reduce(
    (result, field) => (field === 'existence' ? result : withField(result, field, theirs)),
    mine,
  )
}

/** One annotation that both sides have, field by field; what cannot be decided stays as mine. */
function mergeFields(
  base: Annotation | null,
  mine: Annotation,
  theirs: Annotation,
): { merged: Annotation; fields: Field[] } {
  const fields: Field[] = []
  // Who made it is the service's to say.
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
 * Three-way merge by annotation id, then by field. `base` is what both sides began with. What cannot be
 * decided stays as mine in `merged`, and is in `conflicts` with both sides. Order: mine, then what is new.
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
 * What both sides began with, after something was sent and no answer came. A save replaces all labels of an
 * image at once, so a new annotation of ours that the service has (its id is nobody else's) means that all of it
 * arrived. Else what the service has as we sent it counts as ours, and the rest stays open.
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
 * What nobody can tell after a sending without an answer, and a person decides therefore: a new annotation that
 * is not there (it never arrived, or was deleted since), and a field that others changed which we had just sent
 * (they changed ours, or what was before). `merged` keeps mine of it.
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
 * The conflicts that still stand after another merge: the new ones, and of the old ones those whose
 * annotation was not decided otherwise meanwhile.
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
    // They changed theirs once more: that is what is to be decided on now.
    return unchanged ? [conflict] : [{ ...conflict, theirs: there ?? null }]
  })
  // What was open of an annotation before stays open beside what has come.
  const earlierFields = new Map(earlier.map(({ id, fields }) => [id, fields]))
  const widened = found.map((conflict) => ({
    ...conflict,
    fields: [...new Set([...(earlierFields.get(conflict.id) ?? []), ...conflict.fields])],
  }))
  return [...standing, ...widened]
}
