import type { Annotation } from '#shared/model/annotation.ts'

/** A row of the list: one annotation, or the head of a group, whose `members` follow when it is open. */
export type ListRow =
  | { kind: 'one'; id: string; annotation: Annotation; isMember: boolean }
  | {
      kind: 'group'
      id: string
      instanceId: number
      members: readonly Annotation[]
      isOpen: boolean
    }

/** The annotations in drawing order, with those of one instance as one row at the place of its first. */
export function listRows(
  annotations: readonly Annotation[],
  openGroups: ReadonlySet<number>,
): ListRow[] {
  const groups = new Map<number, Annotation[]>()
  for (const annotation of annotations) {
    const { instanceId } = annotation
    if (instanceId === undefined) continue
    const members = groups.get(instanceId)
    if (members) members.push(annotation)
    else groups.set(instanceId, [annotation])
  }
  const rows: ListRow[] = []
  for (const annotation of annotations) {
    const { id, instanceId } = annotation
    const members = instanceId === undefined ? [] : (groups.get(instanceId) ?? [])
    if (instanceId === undefined || members.length < 2) {
      rows.push({ kind: 'one', id, annotation, isMember: false })
      continue
    }
    if (members[0] !== annotation) continue
    const isOpen = openGroups.has(instanceId)
    rows.push({ kind: 'group', id: `group ${instanceId}`, instanceId, members, isOpen })
    if (!isOpen) continue
    for (const member of members)
      rows.push({ kind: 'one', id: member.id, annotation: member, isMember: true })
  }
  return rows
}

/** The annotations that a row stands for. */
export function idsOf(row: ListRow): string[] {
  return row.kind === 'one' ? [row.id] : row.members.map(({ id }) => id)
}

/** The ids of all rows between two, both included; only those of `to` when the other is gone. */
export function idsBetween(rows: readonly ListRow[], from: string | null, to: string): string[] {
  const end = rows.findIndex(({ id }) => id === to)
  const start = rows.findIndex(({ id }) => id === from)
  if (end < 0) return []
  if (start < 0) return idsOf(rows[end])
  const [low, high] = [Math.min(start, end), Math.max(start, end)]
  return [...new Set(rows.slice(low, high + 1).flatMap(idsOf))]
}
