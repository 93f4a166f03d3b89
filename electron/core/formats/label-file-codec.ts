import type { Annotation } from '#shared/model/annotation.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import { type ChangeSet, diffAnnotations, sameValue } from '#shared/model/change-set.ts'
import type { LabelFileFormat } from '#shared/model/dataset.ts'
import { fileNameOf } from '#shared/model/paths.ts'
import { FormatError, parseJson } from './common.ts'
import { imageLookup } from './image-lookup.ts'
import { labelmeFile, readLabelme, unknownTopKeys } from './labelme.ts'
import { LossLog } from './loss-log.ts'
import { pictograph, pictographFile } from './pictograph.ts'
import type { ImportContext, ImportResult, LabelledImage } from './types.ts'
import { namesOfClasses, readYoloText, yoloLines } from './yolo.ts'

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
  if (format === 'yolo')
    return yoloLines('yolo', image, { name: '', classes, images: [image] }, losses)
  const top = previous === null ? {} : unknownTopKeys(parseJson(previous))
  return labelmeFile(image, imagePath, 'labelme', losses, top)
}

function onlyImage(
  path: string,
  image: Pick<LabelledImage, 'path' | 'width' | 'height'>,
  read: (context: ImportContext, failed: ImportResult['failed']) => Annotation[],
): Annotation[] {
  const failed: ImportResult['failed'] = []
  const context = { images: imageLookup([image]), losses: new LossLog() }
  const annotations = read(context, failed)
  // A file that is only half understood must not be taken for one whose shapes were deleted.
  if (failed.length > 0)
    throw new FormatError(failed[0].field, `${fileNameOf(path)}: ${failed[0].message}`)
  return annotations
}

/** Throws a FormatError when any part of the file cannot be understood. */
export function readLabelFile(
  format: LabelFileFormat,
  path: string,
  content: string,
  image: Pick<LabelledImage, 'path' | 'width' | 'height'>,
  classes: readonly AnnotationClass[],
): Annotation[] {
  return onlyImage(path, image, (context, failed) => {
    if (format === 'yolo')
      return readYoloText('yolo', content, namesOfClasses(classes), image, path, failed)
    if (format === 'labelme')
      return readLabelme(path, parseJson(content), context, failed).annotations
    const result = pictograph.import(
      [{ path, bytes: () => new TextEncoder().encode(content) }],
      context,
    )
    failed.push(...result.failed)
    return result.images[0]?.annotations ?? []
  })
}

/** Gives annotations that were read from a file without ids the ids of what they were written from. */
export function matchIds(base: readonly Annotation[], read: readonly Annotation[]): Annotation[] {
  const free = new Set(base)
  const claim = (fits: (candidate: Annotation) => boolean): string | null => {
    for (const candidate of free) {
      if (!fits(candidate)) continue
      free.delete(candidate)
      return candidate.id
    }
    return null
  }
  const exact = read.map((annotation) => ({
    annotation,
    id: claim(
      ({ className, shape }) =>
        className === annotation.className && sameValue(shape, annotation.shape),
    ),
  }))
  // What was moved or resized keeps its class and, among those, its place.
  return exact.map(({ annotation, id }) => {
    const found = id ?? claim(({ className }) => className === annotation.className)
    return found === null ? annotation : { ...annotation, id: found }
  })
}

/** What another program changed in the file since `base` was written. */
export function labelFileChanges(
  format: LabelFileFormat,
  base: readonly Annotation[],
  read: readonly Annotation[],
): ChangeSet {
  return diffAnnotations(base, format === 'yolo' ? matchIds(base, read) : read)
}
