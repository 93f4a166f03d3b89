import RBush from 'rbush'
import { shapeArea, shapeBounds, shapeHits } from '#shared/geometry/shape.ts'
import type { Annotation, Box, Point } from '#shared/model/annotation.ts'
import { applyChangeSet, type ChangeSet } from '#shared/model/change-set.ts'

interface Entry {
  minX: number
  minY: number
  maxX: number
  maxY: number
  annotation: Annotation
}

export type ChangeOrigin = 'local' | 'remote'
export type ChangeListener = (changes: ChangeSet, origin: ChangeOrigin) => void

function entryOf(annotation: Annotation): Entry {
  const { x, y, w, h } = shapeBounds(annotation.shape)
  return { minX: x, minY: y, maxX: x + w, maxY: y + h, annotation }
}

/** The annotations of one image, by order, by id and by place. Its one event is a change set. */
export class AnnotationStore {
  #list: readonly Annotation[]
  readonly #entries = new Map<string, Entry>()
  readonly #tree = new RBush<Entry>()
  readonly #listeners = new Set<ChangeListener>()
  #version = 0

  constructor(annotations: readonly Annotation[]) {
    this.#list = annotations
    for (const annotation of annotations) this.#entries.set(annotation.id, entryOf(annotation))
    this.#tree.load([...this.#entries.values()])
  }

  /** In drawing order. */
  get list(): readonly Annotation[] {
    return this.#list
  }

  /** Grows with every change. */
  get version(): number {
    return this.#version
  }

  get(id: string): Annotation | undefined {
    return this.#entries.get(id)?.annotation
  }

  /** `changes` must fit what is there. */
  apply(changes: ChangeSet, origin: ChangeOrigin): void {
    this.#list = applyChangeSet(this.#list, changes)
    for (const { id } of changes.deleted) this.#remove(id)
    for (const { after } of changes.updated) {
      this.#remove(after.id)
      this.#insert(after)
    }
    for (const annotation of changes.created) this.#insert(annotation)
    this.#version++
    for (const listener of this.#listeners) listener(changes, origin)
  }

  subscribe(listener: ChangeListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Whose bounds touch the box, in no order. */
  inBox(box: Box): Annotation[] {
    return this.#tree
      .search({ minX: box.x, minY: box.y, maxX: box.x + box.w, maxY: box.y + box.h })
      .map(({ annotation }) => annotation)
  }

  /** What lies under a point, within `tolerance` image pixels: smallest area first, then the topmost. */
  at(point: Point, tolerance: number): Annotation[] {
    const box = {
      x: point.x - tolerance,
      y: point.y - tolerance,
      w: 2 * tolerance,
      h: 2 * tolerance,
    }
    return this.inBox(box)
      .filter(({ shape }) => shapeHits(shape, point, tolerance))
      .sort((a, b) => shapeArea(a.shape) - shapeArea(b.shape))
  }

  #insert(annotation: Annotation): void {
    const entry = entryOf(annotation)
    this.#entries.set(annotation.id, entry)
    this.#tree.insert(entry)
  }

  #remove(id: string): void {
    const entry = this.#entries.get(id)
    if (!entry) return
    this.#entries.delete(id)
    this.#tree.remove(entry)
  }
}
