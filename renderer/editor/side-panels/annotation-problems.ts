import type { ImageDocument } from '#renderer/document/image-document.ts'
import { isInside } from '#shared/geometry/clamp-shape.ts'
import { translateShape } from '#shared/geometry/shape.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import { attributeProblems } from '#shared/model/attributes.ts'
import { askingClass, isKeypoint } from '#shared/model/pose.ts'
import { t } from '#shared/texts/texts.ts'

/** A shape may extend this far beyond the image without a warning, image pixels. */
const OUTSIDE = 1

/** The class whose attributes apply to an annotation; for a joint, the class of its pose. */
export function classAsking(
  annotation: Annotation,
  { annotations }: ImageDocument,
  classes: readonly AnnotationClass[],
): AnnotationClass | undefined {
  const { instanceId } = annotation
  const members = instanceId === undefined ? [] : annotations.instance(instanceId)
  return askingClass(annotation, members, classes)
}

/** What is wrong with an annotation, in words. */
export function problemsOf(
  annotation: Annotation,
  document: ImageDocument,
  classes: readonly AnnotationClass[],
): string[] {
  const { width, height } = document.image
  const isOutside =
    width !== null &&
    height !== null &&
    !isInside(translateShape(annotation.shape, OUTSIDE, OUTSIDE), {
      width: width + 2 * OUTSIDE,
      height: height + 2 * OUTSIDE,
    })
  return [
    ...(isOutside ? [t('extends beyond the image')] : []),
    ...(speaksForPose(annotation, document)
      ? attributeProblems(annotation, classAsking(annotation, document, classes))
      : []),
  ]
}

/** A pose has one set of attributes, so only its joint with the smallest id reports problems. */
function speaksForPose(annotation: Annotation, { annotations }: ImageDocument): boolean {
  const { id, instanceId } = annotation
  if (instanceId === undefined || !isKeypoint(annotation)) return true
  return annotations.instance(instanceId).every((other) => !isKeypoint(other) || id <= other.id)
}
