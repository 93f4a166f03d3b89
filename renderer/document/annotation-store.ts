import RBush from 'rbush'
import { boundsOfPoints, boxCorners, boxesTouch } from '#shared/geometry/box.ts'
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

/** The annotations of one image, by order, id and place. Its only event is a change set. */
export class AnnotationStore {
  #list: readonly Annotation[]
  readonly #entries = new Map<string, Entry>()
  readonly #tree = new RBush<Entry>()
  /** Ids of the annotations of each instance. */
  readonly #instances = new Map<number, Set<string>>()
  /** Computed on demand, dropped when a part changes. */
  readonly #instanceBounds = new Map<number, Box>()
  readonly #listeners = new Set<ChangeListener>()
  #places: ReadonlyMap<string, number> | null = null
  #version = 0

  constructor(annotations: readonly Annotation[]) {
    this.#list = annotations
    for (const annotation of annotations) this.#enter(entryOf(annotation))
    this.#tree.load([...this.#entries.values()])
  }

  /** In drawing order. */
  get list(): readonly Annotation[] {
    return this.#list
  }

  /** Increases with every change. */
  get version(): number {
    return this.#version
  }

  get(id: string): Annotation | undefined {
    return this.#entries.get(id)?.annotation
  }

  /** The annotations of one instance, unordered. */
  instance(id: number): Annotation[] {
    return [...(this.#instances.get(id) ?? [])].flatMap((member) => this.get(member) ?? [])
  }

  /** Instances whose bounds touch the box; lines between their parts may cross it. */
  instancesIn(box: Box): number[] {
    return [...this.#instances.keys()].filter((id) => boxesTouch(this.#boundsOf(id), box))
  }

  /** An unused instance id. */
  nextInstanceId(): number {
    return Math.max(0, ...this.#instances.keys()) + 1
  }

  /** `changes` must match the current annotations. */
  apply(changes: ChangeSet, origin: ChangeOrigin): void {
    this.#list = applyChangeSet(this.#list, changes)
    this.#places = null
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

  /** The annotations whose bounds touch the box, unordered. */
  inBox(box: Box): Annotation[] {
    return this.#tree
      .search({ minX: box.x, minY: box.y, maxX: box.x + box.w, maxY: box.y + box.h })
      .map(({ annotation }) => annotation)
  }

  /** The annotations under a point, within `tolerance` image pixels: smallest area first, then topmost. */
  at(point: Point, tolerance: number): Annotation[] {
    const box = {
      x: point.x - tolerance,
      y: point.y - tolerance,
      w: 2 * tolerance,
      h: 2 * tolerance,
    }
    return this.inBox(box)
      .filter(({ shape }) => shapeHits(shape, point, tolerance))
      .sort((a, b) => shapeArea(a.shape) - shapeArea(b.shape) || this.#place(b) - this.#place(a))
  }

  /** The place in the drawing order; computed once per change, when two shapes tie. */
  #place({ id }: Annotation): number {
    this.#places ??= new Map(this.#list.map((annotation, index) => [annotation.id, index]))
    return this.#places.get(id) ?? -1
  }

  #insert(annotation: Annotation): void {
    const entry = entryOf(annotation)
    this.#enter(entry)
    this.#tree.insert(entry)
  }

  #enter(entry: Entry): void {
    const { id, instanceId } = entry.annotation
    this.#entries.set(id, entry)
    if (instanceId === undefined) return
    this.#instanceBounds.delete(instanceId)
    const members = this.#instances.get(instanceId)
    if (members) members.add(id)
    else this.#instances.set(instanceId, new Set([id]))
  }

  #remove(id: string): void {
    const entry = this.#entries.get(id)
    if (!entry) return
    this.#entries.delete(id)
    this.#tree.remove(entry)
    const { instanceId } = entry.annotation
    if (instanceId === undefined) return
    this.#instanceBounds.delete(instanceId)
    const members = this.#instances.get(instanceId)
    members?.delete(id)
    if (members?.size === 0) this.#instances.delete(instanceId)
  }

  #boundsOf(id: number): Box {
    const known = this.#instanceBounds.get(id)
    if (known) return known
    const bounds = boundsOfPoints(
      this.instance(id).flatMap(({ shape }) => boxCorners(shapeBounds(shape))),
    )
    this.#instanceBounds.set(id, bounds)
    return bounds
  }
}
