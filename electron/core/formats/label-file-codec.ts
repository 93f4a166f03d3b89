import { z } from 'zod'
import { shapeVertices } from '#shared/geometry/shape.ts'
import { type Annotation, annotationSchema, newId } from '#shared/model/annotation.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import type { LabelFileFormat } from '#shared/model/dataset.ts'
import { fileNameOf } from '#shared/model/paths.ts'
import { isJsonObject } from './carry.ts'
import { withoutKeys } from './fields.ts'
import { FormatError, failureOf } from './format-error.ts'
import { parseJson } from './json-fault.ts'
import { labelmeTop, readLabelmeShapes } from './labelme-read.ts'
import { labelmeFile } from './labelme-write.ts'
import { LossLog } from './loss-log.ts'
import { pictographFile, readPictographAnnotations } from './pictograph.ts'
import { linesOf } from './text.ts'
import type { LabelledImage, OnFault } from './types.ts'
import { ClassNumbers } from './write-labels.ts'
import { namesOfClasses } from './yolo-names.ts'
import { readYoloText } from './yolo-read.ts'
import { tallyOfLines, trackedForms } from './yolo-tally.ts'
import { yoloLines } from './yolo-write.ts'

/** Where an image's label file lies below the chosen folder. `stem` is the image's own. */
export function labelFilePath(format: LabelFileFormat, path: string, stem: string): string {
  if (format === 'pictograph') return `${path}.json`
  return format === 'labelme' ? `${stem}.json` : `${stem}.txt`
}

/** The content of one label file. `previous` is what stands there now: keys that are not ours stay. */
export function writeLabelFile(
  format: LabelFileFormat,
  image: LabelledImage,
  classes: readonly AnnotationClass[],
  imagePath: string,
  previous: string | null,
): string {
  const losses = new LossLog()
  if (format === 'pictograph') return pictographFile(image)
  if (format === 'yolo') {
    const numbers = new ClassNumbers(classes.map(({ name }) => name))
    return yoloLines(image, { kind: 'yolo', head: { name: '', classes }, numbers, losses })
  }
  const json = previous === null ? null : parseJson(previous)
  return labelmeFile(
    image,
    imagePath,
    'labelme',
    losses,
    isJsonObject(json) ? withoutKeys(labelmeTop(json), ['version']) : {},
  )
}

/** Throws a FormatError when any part of the file cannot be understood. */
export function readLabelFile(
  format: LabelFileFormat,
  path: string,
  content: string,
  image: { path: string; width: number; height: number },
  classes: readonly AnnotationClass[],
): Annotation[] {
  // A file that is only half understood must not be taken for one whose shapes were deleted.
  const onFault: OnFault = (field, error) => {
    const failure = failureOf(path, error, field)
    throw new FormatError(failure.field, `${fileNameOf(path)}: ${failure.message}`)
  }
  const check = (annotations: Annotation[]): Annotation[] => {
    for (const [index, annotation] of annotations.entries()) {
      const parsed = annotationSchema.safeParse(annotation)
      if (!parsed.success)
        onFault(
          `[${index}]`,
          new FormatError(parsed.error.issues[0].path.join('.'), parsed.error.issues[0].message),
        )
    }
    return annotations
  }
  try {
    if (format === 'labelme')
      return check(readLabelmeShapes(parseJson(content), 'labelme', onFault))
    if (format === 'pictograph')
      return check(readPictographAnnotations(parseJson(content), onFault))
  } catch (error) {
    if (error instanceof FormatError && !error.message.startsWith(fileNameOf(path)))
      onFault('', error)
    throw error
  }
  const { width, height } = image
  const context = {
    kind: 'yolo' as const,
    names: namesOfClasses(classes),
    size: { width, height },
    losses: new LossLog(),
    where: path,
    classes,
    trackedForms: trackedForms(tallyOfLines(linesOf(content)), new Set()),
  }
  return check(readYoloText(content, context, onFault))
}

/** Alike to a hundredth of a pixel, which is more than any program's rounding loses. */
function contentKey({ className, shape }: Annotation): string {
  const points = shapeVertices(shape).map(({ x, y }) => [Math.round(x * 100), Math.round(y * 100)])
  return JSON.stringify([className, shape.kind, points])
}

/** Hands out the annotations of a key one by one. */
function queues(annotations: readonly Annotation[], key: (annotation: Annotation) => string) {
  // Taken from the end: taking the first of many moves all others.
  const waiting = Map.groupBy(annotations.toReversed(), key)
  return (wanted: string): Annotation | undefined => waiting.get(wanted)?.pop()
}

/**
 * Gives annotations that stand in a file without ids the ids of what they were written from: by content
 * in every format; in YOLO, which has no ids at all, also what was moved, by its class and place.
 */
export function matchIds(
  format: LabelFileFormat,
  base: readonly Annotation[],
  read: readonly Annotation[],
): Annotation[] {
  const ids = new Set(base.map(({ id }) => id))
  const kept = new Set(read.map(({ id }) => id).filter((id) => ids.has(id)))
  const same = queues(
    base.filter(({ id }) => !kept.has(id)),
    contentKey,
  )
  const exact = read.map((annotation) => {
    if (kept.has(annotation.id)) return { annotation, id: annotation.id }
    const found = same(contentKey(annotation))
    // Who wrote it without our id knows nothing of our attributes either: silence deletes none.
    const silent = found && Object.keys(annotation.attributes).length === 0
    const known = silent ? { ...annotation, attributes: found.attributes } : annotation
    return { annotation: known, id: found?.id }
  })
  const claimed = new Set(exact.map(({ id }) => id))
  // What was moved or resized keeps its class and, among those, its place.
  const moved = queues(
    base.filter(({ id }) => format === 'yolo' && !claimed.has(id)),
    ({ className }) => className,
  )
  return exact.map(({ annotation, id }) => ({
    ...annotation,
    id: id ?? moved(annotation.className)?.id ?? annotation.id,
  }))
}

/**
 * What a file that we meet for the first time has in common with what the image already has, so that
 * only the rest is new. `read` comes back with the ids of those it has in common.
 */
export function firstContact(
  current: readonly Annotation[],
  read: readonly Annotation[],
): { base: Annotation[]; read: Annotation[] } {
  const same = queues(current, contentKey)
  const ids = new Set(current.map(({ id }) => id))
  const base: Annotation[] = []
  const matched = read.map((annotation) => {
    const found = same(contentKey(annotation))
    if (!found) return ids.has(annotation.id) ? { ...annotation, id: newId() } : annotation
    const known = { ...annotation, id: found.id }
    base.push(known)
    return known
  })
  return { base, read: matched }
}

/** The image that a labelme file says it belongs to; null when it does not say. */
export function namedImage(format: LabelFileFormat, content: string): string | null {
  if (format !== 'labelme') return null
  const { imagePath } = z
    .object({ imagePath: z.string().nullish() })
    .catch({})
    .parse(parseJson(content))
  return imagePath ? fileNameOf(imagePath.replaceAll('\\', '/')) : null
}
