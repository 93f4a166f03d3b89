import { shapeVertices } from '#shared/geometry/shape.ts'
import { type Annotation, newId } from './annotation.ts'

/** Two annotations with the same key are equal: class, kind, every vertex and the attributes. */
function likeness({ className, shape, attributes }: Annotation): string {
  const sorted = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([className, shape.kind, shapeVertices(shape), sorted])
}

/**
 * Copies with new ids, to be added to an image. Parts of one object stay together: as a new instance there, or as the
 * one that `instances` gives.
 */
export function copiesOf(
  annotations: readonly Annotation[],
  present: readonly Annotation[],
  instances: Map<number, number> = new Map(),
): Annotation[] {
  let next = Math.max(0, ...present.map(({ instanceId }) => instanceId ?? 0)) + 1
  return annotations.map((annotation) => {
    const { instanceId } = annotation
    const copy = { ...annotation, id: newId() }
    if (instanceId === undefined) return copy
    const known = instances.get(instanceId) ?? next++
    instances.set(instanceId, known)
    return { ...copy, instanceId: known }
  })
}

/** The same, without copies that exactly match existing annotations. */
export function missingCopies(
  annotations: readonly Annotation[],
  present: readonly Annotation[],
): Annotation[] {
  const there = new Map(present.map((annotation) => [likeness(annotation), annotation]))
  // Parts of an instance that already exists join it.
  const instances = new Map<number, number>()
  for (const annotation of annotations) {
    const twin = there.get(likeness(annotation))
    if (annotation.instanceId !== undefined && twin?.instanceId !== undefined)
      instances.set(annotation.instanceId, twin.instanceId)
  }
  return copiesOf(
    annotations.filter((annotation) => !there.has(likeness(annotation))),
    present,
    instances,
  )
}
