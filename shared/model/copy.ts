import { shapeVertices } from '#shared/geometry/shape.ts'
import { type Annotation, newId } from './annotation.ts'

/** Two annotations with the same key say the same: class, kind, every vertex and the attributes. */
function likeness({ className, shape, attributes }: Annotation): string {
  const sorted = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([className, shape.kind, shapeVertices(shape), sorted])
}

/**
 * Copies with ids of their own, to be added to what is present on an image. What belonged together still
 * does, as an instance that is new there, or as the one that `instances` names for it.
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

/** The same, without those that an image has already to the letter. */
export function missingCopies(
  annotations: readonly Annotation[],
  present: readonly Annotation[],
): Annotation[] {
  const there = new Map(present.map((annotation) => [likeness(annotation), annotation]))
  // What belongs to an instance that is there already goes to that one.
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
