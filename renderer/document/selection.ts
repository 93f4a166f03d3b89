import { createStore, type StoreApi } from 'zustand/vanilla'
import { shapeHandles } from '#shared/geometry/shape.ts'
import type { Annotation, Shape } from '#shared/model/annotation.ts'
import type { ChangeSet } from '#shared/model/change-set.ts'
import type { AnnotationStore } from './annotation-store.ts'
import { choices } from './choices.ts'

interface SelectionState {
  selected: ReadonlySet<string>
  /** The vertices that Backspace removes and a drag moves, by their handles, of the one selected annotation. */
  vertices: ReadonlySet<string>
  hovered: string | null
  /** Not shown, or not to be edited, for as long as the image is open; nothing is written. */
  hidden: ReadonlySet<string>
  locked: ReadonlySet<string>
  /** For as long as a key is held: the bare image. */
  isPeeking: boolean
}

const NO_VERTICES: ReadonlySet<string> = new Set()

const handleIds = (shape: Shape) =>
  shapeHandles(shape)
    .map(({ id }) => id)
    .join()

export function toggled<T>(set: ReadonlySet<T>, item: T): ReadonlySet<T> {
  const next = new Set(set)
  if (!next.delete(item)) next.add(item)
  return next
}

/** Which annotations of one image are selected, hidden and locked. */
export class Selection {
  readonly state: StoreApi<SelectionState>
  readonly #annotations: AnnotationStore

  constructor(annotations: AnnotationStore) {
    this.#annotations = annotations
    this.state = createStore<SelectionState>(() => ({
      selected: new Set(),
      vertices: NO_VERTICES,
      hovered: null,
      hidden: new Set(),
      locked: new Set(),
      isPeeking: false,
    }))
    annotations.subscribe((changes) => this.#forgetChanged(changes))
  }

  select(ids: Iterable<string>): void {
    this.state.setState({ selected: new Set(ids), vertices: NO_VERTICES })
  }

  /** Adds what is not selected, takes out what is. */
  toggle(id: string): void {
    this.select(toggled(this.state.getState().selected, id))
  }

  isVisible({ id, className }: Annotation): boolean {
    const { allHidden, hiddenClasses } = choices.getState()
    return !allHidden && !this.state.getState().hidden.has(id) && !hiddenClasses.has(className)
  }

  isLocked({ id }: Annotation): boolean {
    return this.state.getState().locked.has(id)
  }

  /** All that can be seen, in drawing order. */
  visible(): Annotation[] {
    return this.#annotations.list.filter((annotation) => this.isVisible(annotation))
  }

  /** What is selected and can be seen: nothing happens to what nobody sees. */
  annotations(): Annotation[] {
    return [...this.state.getState().selected]
      .flatMap((id) => this.#annotations.get(id) ?? [])
      .filter((annotation) => this.isVisible(annotation))
  }

  /** What of it may be changed. */
  editable(): Annotation[] {
    return this.annotations().filter((annotation) => !this.isLocked(annotation))
  }

  /** What is gone cannot stay selected, nor points of a shape that has others now. */
  #forgetChanged({ deleted, updated }: ChangeSet): void {
    const { selected: chosen, vertices } = this.state.getState()
    const renumbered = updated.some(
      ({ before, after }) =>
        chosen.has(after.id) && handleIds(before.shape) !== handleIds(after.shape),
    )
    if (renumbered && vertices.size > 0) this.state.setState({ vertices: NO_VERTICES })
    if (deleted.length === 0) return
    const gone = new Set(deleted.map(({ id }) => id))
    this.state.setState(({ selected, hovered }) => ({
      selected: new Set([...selected].filter((id) => !gone.has(id))),
      vertices: NO_VERTICES,
      hovered: hovered !== null && gone.has(hovered) ? null : hovered,
    }))
  }
}
