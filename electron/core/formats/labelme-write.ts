import type { Annotation } from '#shared/model/annotation.ts'
import { fieldsOf, givenOf, spelledTogether } from './carry.ts'
import { type Dialect, labelmeShapeFields, SHARED_TYPES } from './labelme-shape.ts'
import type { LossLog } from './loss-log.ts'
import type { JsonObject, LabelledImage } from './types.ts'

function writeShape(
  annotations: readonly Annotation[],
  dialect: Dialect,
  image: LabelledImage,
  losses: LossLog,
): JsonObject {
  const [lead] = annotations
  const { dialect: spelling, ...given } = givenOf(annotations, 'labelme') ?? {}
  const isOurs = spelling === dialect || SHARED_TYPES.has(given.shape_type)
  const { group_id: group, attributes: odd, ...kept } = fieldsOf(lead.extra, 'labelme')
  const fields = labelmeShapeFields(lead, dialect, isOurs ? null : losses, image.path)
  // Groups that other programs count otherwise: 0, or none for a mask of several regions.
  const isTheirs = group !== undefined && (group === 0 || annotations.length > 1)
  return {
    ...kept,
    ...fields,
    ...keptInstead(kept),
    ...(isOurs && given),
    ...(isTheirs && fields.group_id !== null && { group_id: group }),
    ...(odd !== undefined && fields.attributes === undefined && { attributes: odd }),
    // Both programs keep keys that they do not know; ours lets a changed file be matched shape by shape.
    id: lead.id,
  }
}

/** Fields that we write as empty, and the file had more to say. */
function keptInstead({ flags, description }: JsonObject): JsonObject {
  return {
    ...(flags !== undefined && { flags }),
    ...(description !== undefined && { description }),
  }
}

/** One image's file. `imagePath` is the image's name beside the file, or a path relative to it. */
export function labelmeFile(
  image: LabelledImage,
  imagePath: string,
  dialect: Dialect,
  losses: LossLog,
  unknownTop: JsonObject = {},
): string {
  const x = dialect === 'xanylabeling'
  return `${JSON.stringify(
    {
      version: x ? '4.0.2' : '7.1.0',
      flags: {},
      ...unknownTop,
      ...(x && {
        checked: image.stage === 'complete',
        ...(image.tags?.length && { tags: [...image.tags] }),
      }),
      shapes: [...spelledTogether(image.annotations, 'labelme')].map((together) =>
        writeShape(together, dialect, image, losses),
      ),
      imagePath,
      imageData: unknownTop.imageData ?? null,
      imageHeight: image.height,
      imageWidth: image.width,
    },
    null,
    2,
  )}\n`
}
