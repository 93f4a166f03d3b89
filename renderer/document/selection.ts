import { createStore } from 'zustand/vanilla'
import type { Annotation } from '#shared/model/annotation.ts'
import type { ChangeSet } from '#shared/model/change-set.ts'

interface SelectionState {
  selected: ReadonlySet<string>
  /** The vertex that Backspace removes, by its handle, of the one selected annotation. */
  vertex: string | null
  hovered: string | null
  /** Looked past and not to be edited, for this session; nothing is written. */
  hidden: ReadonlySet<string>
  locked: ReadonlySet<string>
  hiddenClasses: ReadonlySet<string>
  allHidden: boolean
}

const NOTHING: SelectionState = {
  selected: new Set(),
  vertex: null,
  hovered: null,
  hidden: new Set(),
  locked: new Set(),
  hiddenClasses: new Set(),
  allHidden: false,
}

export const selection = createStore<SelectionState>(() => NOTHING)

export function select(ids: Iterable<string>): void {
  selection.setState({ selected: new Set(ids), vertex: null })
}

/** Adds what is not selected, takes out what is. */
export function toggleSelected(id: string): void {
  selection.setState(({ selected }) => ({ selected: toggled(selected, id), vertex: null }))
}

export function toggled<T>(set: ReadonlySet<T>, item: T): ReadonlySet<T> {
  const next = new Set(set)
  if (!next.delete(item)) next.add(item)
  return next
}

export function isVisible({ id, className }: Annotation, state = selection.getState()): boolean {
  return !state.allHidden && !state.hidden.has(id) && !state.hiddenClasses.has(className)
}

export function isLocked({ id }: Annotation): boolean {
  return selection.getState().locked.has(id)
}

/** What is gone cannot stay selected; hidden classes outlive the image. */
export function forgetDeleted({ deleted }: ChangeSet): void {
  if (deleted.length === 0) return
  const gone = new Set(deleted.map(({ id }) => id))
  selection.setState(({ selected, hovered }) => ({
    selected: new Set([...selected].filter((id) => !gone.has(id))),
    vertex: null,
    hovered: hovered !== null && gone.has(hovered) ? null : hovered,
  }))
}

export function forgetImage(): void {
  const { hiddenClasses, allHidden } = selection.getState()
  selection.setState({ ...NOTHING, hiddenClasses, allHidden })
}
