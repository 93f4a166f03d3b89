import { createStore } from 'zustand/vanilla'
import { shapeHandles } from '#shared/geometry/shape.ts'
import type { Annotation, Shape } from '#shared/model/annotation.ts'
import type { ChangeSet } from '#shared/model/change-set.ts'

interface SelectionState {
  selected: ReadonlySet<string>
  /** The vertices that Backspace removes and a drag moves, by their handles, of the one selected annotation. */
  vertices: ReadonlySet<string>
  hovered: string | null
  /** Looked past and not to be edited, for this session; nothing is written. */
  hidden: ReadonlySet<string>
  locked: ReadonlySet<string>
  hiddenClasses: ReadonlySet<string>
  allHidden: boolean
  /** For as long as a key is held: the bare image. */
  isPeeking: boolean
}

const NO_VERTICES: ReadonlySet<string> = new Set()

const NOTHING: SelectionState = {
  selected: new Set(),
  vertices: NO_VERTICES,
  hovered: null,
  hidden: new Set(),
  locked: new Set(),
  hiddenClasses: new Set(),
  allHidden: false,
  isPeeking: false,
}

const handleIds = (shape: Shape) =>
  shapeHandles(shape)
    .map(({ id }) => id)
    .join()

export const selection = createStore<SelectionState>(() => NOTHING)

export function select(ids: Iterable<string>): void {
  selection.setState({ selected: new Set(ids), vertices: NO_VERTICES })
}

/** Adds what is not selected, takes out what is. */
export function toggleSelected(id: string): void {
  selection.setState(({ selected }) => ({ selected: toggled(selected, id), vertices: NO_VERTICES }))
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

/** What is gone cannot stay selected, nor points of a shape that has others now. */
export function forgetChanged({ deleted, updated }: ChangeSet): void {
  const { selected: chosen, vertices } = selection.getState()
  const renumbered = updated.some(
    ({ before, after }) =>
      chosen.has(after.id) && handleIds(before.shape) !== handleIds(after.shape),
  )
  if (renumbered && vertices.size > 0) selection.setState({ vertices: NO_VERTICES })
  if (deleted.length === 0) return
  const gone = new Set(deleted.map(({ id }) => id))
  selection.setState(({ selected, hovered }) => ({
    selected: new Set([...selected].filter((id) => !gone.has(id))),
    vertices: NO_VERTICES,
    hovered: hovered !== null && gone.has(hovered) ? null : hovered,
  }))
}

export function forgetImage(): void {
  const { hiddenClasses, allHidden } = selection.getState()
  selection.setState({ ...NOTHING, hiddenClasses, allHidden })
}
