import { UserError } from '#core/user-error.ts'
import type { ClassEdit } from '#shared/contract/datasets.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import { type AnnotationClass, withClassLook } from '#shared/model/annotation-class.ts'
import { assertNever } from '#shared/model/assert-never.ts'
import type { ChangeSet } from '#shared/model/change-set.ts'

export function describeClassEdit(edit: ClassEdit): string {
  switch (edit.kind) {
    case 'add':
      return `Add class ${edit.class.name}`
    case 'rename':
      return `Rename class ${edit.from} to ${edit.to}`
    case 'recolor':
      return `Recolour class ${edit.name}`
    case 'configure':
      return `Configure class ${edit.name}`
    case 'delete':
      return `Delete class ${edit.name}`
    case 'merge':
      return `Merge class ${edit.name} into ${edit.into}`
    case 'instruct':
      return `Change the instructions of class ${edit.name}`
    case 'reorder':
      return 'Reorder classes'
    default:
      return assertNever(edit)
  }
}

function withJointRenamed(item: AnnotationClass, from: string, to: string): AnnotationClass {
  const { skeleton } = item
  if (!skeleton?.nodes.some(({ name }) => name === from)) return item
  const nodes = skeleton.nodes.map((node) => (node.name === from ? { ...node, name: to } : node))
  return { ...item, skeleton: { ...skeleton, nodes } }
}

/** The classes after an edit. Throws a UserError if the edit is invalid. */
export function editClassList(
  classes: readonly AnnotationClass[],
  edit: ClassEdit,
): AnnotationClass[] {
  const named = (name: string) => {
    const found = classes.find((item) => item.name === name)
    if (!found) throw new UserError('class_gone', `There is no class called "${name}" any more.`)
    return found
  }
  const refuseTaken = (name: string) => {
    if (classes.some((item) => item.name === name))
      throw new UserError(
        'class_taken',
        `There is already a class called "${name}". Choose another name.`,
      )
  }
  switch (edit.kind) {
    case 'add':
      refuseTaken(edit.class.name)
      return [...classes, edit.class]
    case 'rename': {
      const old = named(edit.from)
      if (edit.to !== edit.from) refuseTaken(edit.to)
      // A skeleton refers to a joint by the name of its class, so rename it there, too.
      return classes.map((item) =>
        withJointRenamed(item === old ? { ...old, name: edit.to } : item, edit.from, edit.to),
      )
    }
    case 'recolor':
      named(edit.name)
      return withClassLook(classes, edit)
    case 'configure': {
      const { name, color, instructions } = named(edit.name)
      const { attributes, skeleton } = edit
      const configured: AnnotationClass = {
        name,
        color,
        ...(attributes?.length && { attributes }),
        ...(skeleton?.nodes.length && { skeleton }),
        ...(instructions && { instructions }),
      }
      return classes.map((item) => (item.name === name ? configured : item))
    }
    case 'delete': {
      const old = named(edit.name)
      return classes.filter((item) => item !== old)
    }
    case 'instruct': {
      const old = named(edit.name)
      const { instructions: _before, ...others } = old
      const next = edit.instructions ? { ...others, instructions: edit.instructions } : others
      return classes.map((item) => (item === old ? next : item))
    }
    case 'merge': {
      const old = named(edit.name)
      if (named(edit.into) === old)
        throw new UserError('class_taken', `"${edit.name}" cannot be merged into itself.`)
      return classes.filter((item) => item !== old)
    }
    case 'reorder':
      return withClassLook(classes, edit)
    default:
      return assertNever(edit)
  }
}

/** The class whose annotations an edit changes; null if none. */
export function touchedClass(edit: ClassEdit): string | null {
  if (edit.kind === 'rename') return edit.from === edit.to ? null : edit.from
  return edit.kind === 'delete' || edit.kind === 'merge' ? edit.name : null
}

/** The new class of the changed annotations; null if they are deleted, or none change. */
export function movedTo(edit: ClassEdit): string | null {
  if (edit.kind === 'rename') return edit.to
  return edit.kind === 'merge' ? edit.into : null
}

/** The log entry of an image whose annotations got another class; it needs no copies of them. */
export interface LoggedRename {
  renamed: { from: string; to: string; ids: string[] }
}

export const isLoggedRename = (logged: ChangeSet | LoggedRename): logged is LoggedRename =>
  'renamed' in logged

/** The changes that a class edit makes to one image's annotations. */
export function classEditChanges(annotations: readonly Annotation[], edit: ClassEdit): ChangeSet {
  const mine = annotations.filter(({ className }) => className === touchedClass(edit))
  const to = movedTo(edit)
  if (to !== null)
    return {
      created: [],
      updated: mine.map((before) => ({ before, after: { ...before, className: to } })),
      deleted: [],
    }
  return { created: [], updated: [], deleted: edit.kind === 'delete' ? mine : [] }
}

/** Reverts from `from` to `to`; keeps classes that were added after `from`. */
export function restoreClasses(
  current: readonly AnnotationClass[],
  from: readonly AnnotationClass[],
  to: readonly AnnotationClass[],
): AnnotationClass[] {
  const known = new Set([...from, ...to].map(({ name }) => name))
  return [...to, ...current.filter(({ name }) => !known.has(name))]
}
