import { createStore, type StoreApi } from 'zustand/vanilla'
import { shapeHandles } from '#shared/geometry/shape.ts'
import type { Annotation, Shape } from '#shared/model/annotation.ts'
import type { ChangeSet } from '#shared/model/change-set.ts'
import type { AnnotationStore } from './annotation-store.ts'
import { choices } from './choices.ts'

interface SelectionState {
  selected: ReadonlySet<string>
  /** Handle ids of the selected annotation's vertices that Backspace removes and a drag moves. */
  vertices: ReadonlySet<string>
  hovered: string | null
  /** The shape that was just drawn: it has handles until the next press begins another. */
  fresh: string | null
  /** Hidden or locked while the image is open; nothing is saved. */
  hidden: ReadonlySet<string>
  locked: ReadonlySet<string>
  /** While a key is held, only the bare image is shown. */
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

/** The selected, hidden and locked annotations of one image. */
export class Selection {
  readonly state: StoreApi<SelectionState>
  readonly #annotations: AnnotationStore

  constructor(annotations: AnnotationStore) {
    this.#annotations = annotations
    this.state = createStore<SelectionState>(() => ({
      selected: new Set(),
      vertices: NO_VERTICES,
      hovered: null,
      fresh: null,
      hidden: new Set(),
      locked: new Set(),
      isPeeking: false,
    }))
    annotations.subscribe((changes) => this.#forgetChanged(changes))
  }

  select(ids: Iterable<string>): void {
    this.state.setState({ selected: new Set(ids), vertices: NO_VERTICES, fresh: null })
  }

  /** Selects what is not selected, and deselects what is. */
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

  /** The shape that was just drawn, while it can be seen. */
  fresh(): Annotation | null {
    const { fresh } = this.state.getState()
    const annotation = fresh === null ? undefined : this.#annotations.get(fresh)
    return annotation && this.isVisible(annotation) ? annotation : null
  }

  /** True if the overlay draws it, instead of the bitmap of all shapes. */
  isLifted(annotation: Annotation): boolean {
    const { selected, fresh } = this.state.getState()
    const isHandled = selected.has(annotation.id) || fresh === annotation.id
    return isHandled && this.isVisible(annotation)
  }

  /** All visible annotations in drawing order. */
  visible(): Annotation[] {
    return this.#annotations.list.filter((annotation) => this.isVisible(annotation))
  }

  /** The selected annotations that are visible; actions never change hidden ones. */
  annotations(): Annotation[] {
    return [...this.state.getState().selected]
      .flatMap((id) => this.#annotations.get(id) ?? [])
      .filter((annotation) => this.isVisible(annotation))
  }

  /** Those of them that can be edited. */
  editable(): Annotation[] {
    return this.annotations().filter((annotation) => !this.isLocked(annotation))
  }

  /** Deselects deleted annotations, and vertices of shapes that changed. */
  #forgetChanged({ deleted, updated }: ChangeSet): void {
    const { selected: chosen, vertices } = this.state.getState()
    const renumbered = updated.some(
      ({ before, after }) =>
        chosen.has(after.id) && handleIds(before.shape) !== handleIds(after.shape),
    )
    if (renumbered && vertices.size > 0) this.state.setState({ vertices: NO_VERTICES })
    if (deleted.length === 0) return
    const gone = new Set(deleted.map(({ id }) => id))
    this.state.setState(({ selected, hovered, fresh }) => ({
      selected: new Set([...selected].filter((id) => !gone.has(id))),
      vertices: NO_VERTICES,
      fresh: fresh !== null && gone.has(fresh) ? null : fresh,
      hovered: hovered !== null && gone.has(hovered) ? null : hovered,
    }))
  }
}
