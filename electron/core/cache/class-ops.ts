import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import { sameValue } from '#shared/model/change-set.ts'

/** What the service is told of a change of classes, one after another. */
export type ClassOp =
  | { kind: 'rename'; from: string; to: string }
  | { kind: 'delete'; name: string }
  /** New, or another colour, attributes or skeleton. */
  | { kind: 'put'; class: AnnotationClass }

/**
 * The steps from one list of classes to another. A class that has another name in the same place, while
 * neither name is in the other list, was renamed.
 */
export function classOps(
  before: readonly AnnotationClass[],
  after: readonly AnnotationClass[],
): ClassOp[] {
  const old = new Map(before.map((item) => [item.name, item]))
  const now = new Set(after.map(({ name }) => name))
  const ops: ClassOp[] = []
  const renamed = new Map<string, AnnotationClass>()
  if (before.length === after.length)
    before.forEach((item, index) => {
      const next = after[index]
      if (now.has(item.name) || old.has(next.name)) return
      renamed.set(next.name, { ...item, name: next.name })
      old.delete(item.name)
      ops.push({ kind: 'rename', from: item.name, to: next.name })
    })
  for (const item of after) {
    const known = renamed.get(item.name) ?? old.get(item.name)
    if (!known || !sameValue(known, item)) ops.push({ kind: 'put', class: item })
  }
  for (const name of old.keys()) if (!now.has(name)) ops.push({ kind: 'delete', name })
  return ops
}

function applyOne(classes: readonly AnnotationClass[], op: ClassOp): AnnotationClass[] {
  if (op.kind === 'delete') return classes.filter(({ name }) => name !== op.name)
  if (op.kind === 'rename')
    return classes.map((item) => (item.name === op.from ? { ...item, name: op.to } : item))
  return classes.some(({ name }) => name === op.class.name)
    ? classes.map((item) => (item.name === op.class.name ? op.class : item))
    : [...classes, op.class]
}

/** The list after the steps; a step that no longer fits is left out. */
export function applyClassOps(
  classes: readonly AnnotationClass[],
  ops: readonly ClassOp[],
): AnnotationClass[] {
  return ops.reduce(applyOne, [...classes])
}
