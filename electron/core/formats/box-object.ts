import type { Annotation, Box } from '#shared/model/annotation.ts'
import { saysNothing } from './carry.ts'
import type { LossLog } from './loss-log.ts'
import { boxOfObject, CROWD, isCrowd, type LabelObject, leadOf } from './objects.ts'
import { isSolid } from './yolo-lines.ts'

/** The annotation whose attributes stand for the object: its box, its first region, or its first joint. */
export const mainOf = (object: LabelObject): Annotation =>
  object.box ?? object.regions[0] ?? leadOf(object)

/** Counts what an object loses in a format of upright boxes. null: the object has no box, which is counted too. */
export function uprightBox(
  object: LabelObject,
  { format, hasCrowds = false }: { format: string; hasCrowds?: boolean },
  where: string,
  losses: LossLog,
): Box | null {
  const { regions, joints, box, owner } = object
  const solid = regions.filter(isSolid)
  if (solid.length === 0 && !box && !owner) {
    const kind = regions[0]?.shape.kind ?? 'keypoint'
    losses.leaveOut(`${kind}s have no place in ${format} and are left out`, where)
    return null
  }
  if (joints.size > 0)
    losses.add(`keypoints have no place in ${format}: their box is written`, where)
  if (solid.length < regions.length)
    losses.add(`polylines have no place in ${format} and are left out`, where)
  if (solid.some(({ shape }) => shape.kind !== 'bbox'))
    losses.add('polygons and oriented boxes are written as the upright box around them', where)
  if (isCrowd(object) && !hasCrowds)
    losses.add('crowd regions (iscrowd) are written as single objects', where)
  return boxOfObject(object)
}

/** Counts attributes that a format has no column for. `told`: attributes that have a column. */
export function reportAttributes(
  object: LabelObject,
  told: readonly string[],
  where: string,
  losses: LossLog,
): void {
  const { attributes } = mainOf(object)
  const isLost = Object.entries(attributes).some(
    ([name, value]) => name !== CROWD && !told.includes(name) && !saysNothing(value),
  )
  const words = told.map((name) => `“${name}”`).join(', ')
  if (isLost) losses.add(`attributes other than ${words} have no place in this format`, where)
}

/** Counts images that somebody looked at, where a format has no way to say that nothing is in them. */
export function reportEmpty(
  image: { path: string; isLabelled?: boolean; annotations: readonly Annotation[] },
  losses: LossLog,
): void {
  if (image.isLabelled && image.annotations.length === 0)
    losses.add('images without objects have no place in this format', image.path)
}
