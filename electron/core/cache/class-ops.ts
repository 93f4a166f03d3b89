import type { ClassEdit } from '#shared/contract/datasets.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import { assertNever } from '#shared/model/assert-never.ts'
import { sameValue } from '#shared/model/change-set.ts'

/** One step of a class change, pushed to the service in order. */
export type ClassOp =
  | { kind: 'add'; class: AnnotationClass }
  | { kind: 'rename'; from: string; to: string }
  /**
   * Also deletes its annotations on all images, so only on the user's explicit request. `accepted`: how many
   * annotations drawn by others since the user agreed to delete.
   */
  | { kind: 'delete'; class: AnnotationClass; accepted?: number }
  /** Undoes an addition, only while nothing uses the class. */
  | { kind: 'remove'; class: AnnotationClass }
  /** The difference between the two; other fields of the class stay as they are on the service. */
  | { kind: 'change'; before: AnnotationClass; after: AnnotationClass }

/** The operations of an edit. `before` and `after`: the class lists around it. */
export function opsOfEdit(
  edit: ClassEdit,
  before: readonly AnnotationClass[],
  after: readonly AnnotationClass[],
): ClassOp[] {
  const was = (name: string) => before.find((item) => item.name === name)
  const renamed = edit.kind === 'rename' ? edit : null
  // Skeletons follow the names of their joints.
  const changes = after.flatMap((item): ClassOp[] => {
    const old = was(renamed?.to === item.name ? renamed.from : item.name)
    if (!old) return []
    const same = { ...old, name: item.name }
    return sameValue(same, item) ? [] : [{ kind: 'change', before: same, after: item }]
  })
  switch (edit.kind) {
    case 'add':
      return [{ kind: 'add', class: edit.class }]
    case 'rename':
      return [{ kind: 'rename', from: edit.from, to: edit.to }, ...changes]
    // The labels of a merged class are pushed image by image; then nothing uses the class, as after a deletion.
    case 'merge':
    case 'delete': {
      const gone = was(edit.name)
      return gone ? [{ kind: 'delete', class: gone }] : []
    }
    // The service keeps neither: they stay on this machine.
    case 'instruct':
    case 'reorder':
      return []
    case 'recolor':
    case 'configure':
      return changes
    default:
      return assertNever(edit)
  }
}

function inverseOf(op: ClassOp): ClassOp {
  switch (op.kind) {
    case 'add':
      return { kind: 'remove', class: op.class }
    case 'remove':
    case 'delete':
      return { kind: 'add', class: op.class }
    case 'rename':
      return { kind: 'rename', from: op.to, to: op.from }
    case 'change':
      return { kind: 'change', before: op.after, after: op.before }
    default:
      return assertNever(op)
  }
}

/** The operations that revert these. */
export function inverseOps(ops: readonly ClassOp[]): ClassOp[] {
  return ops.map(inverseOf).reverse()
}

/** Applies the changed fields of a class, and nothing else. */
export function changedClass(
  item: AnnotationClass,
  before: AnnotationClass,
  after: AnnotationClass,
): AnnotationClass {
  const { color, attributes, skeleton } = item
  const next = {
    color: sameValue(before.color, after.color) ? color : after.color,
    attributes: sameValue(before.attributes, after.attributes) ? attributes : after.attributes,
    skeleton: sameValue(before.skeleton, after.skeleton) ? skeleton : after.skeleton,
  }
  return {
    name: item.name,
    color: next.color,
    ...(next.attributes && { attributes: next.attributes }),
    ...(next.skeleton && { skeleton: next.skeleton }),
    ...(item.instructions && { instructions: item.instructions }),
  }
}

function applyOne(classes: readonly AnnotationClass[], op: ClassOp): AnnotationClass[] {
  const has = (name: string) => classes.some((item) => item.name === name)
  switch (op.kind) {
    case 'add':
      return has(op.class.name) ? [...classes] : [...classes, op.class]
    case 'delete':
    case 'remove':
      return classes.filter(({ name }) => name !== op.class.name)
    case 'rename':
      // Two classes with the same name become one.
      return has(op.to)
        ? classes.filter(({ name }) => name !== op.from)
        : classes.map((item) => (item.name === op.from ? { ...item, name: op.to } : item))
    case 'change':
      return classes.map((item) =>
        item.name === op.after.name ? changedClass(item, op.before, op.after) : item,
      )
    default:
      return assertNever(op)
  }
}

/** The class list after the operations; operations that no longer apply are skipped. */
export function applyClassOps(
  classes: readonly AnnotationClass[],
  ops: readonly ClassOp[],
): AnnotationClass[] {
  return ops.reduce(applyOne, [...classes])
}
