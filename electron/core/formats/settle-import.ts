import { annotationSchema } from '#shared/model/annotation.ts'
import { annotationClassSchema } from '#shared/model/annotation-class.ts'
import { stemOf } from '#shared/model/paths.ts'
import type { ImportedImage, ImportResult } from './types.ts'

/** How many folders and names of two paths agree, from the end. */
function agreement(path: string, reference: string): number {
  const a = stemOf(path).split('/').reverse()
  const b = stemOf(reference.replaceAll('\\', '/')).split('/').reverse()
  let same = 0
  while (same < a.length && same < b.length && a[same] === b[same]) same++
  // A reference that says more than the path agrees less than one that says exactly that.
  return same - (b.length > same ? 0.5 : 0)
}

/** Of several label files that mean different images but found the same one, the best fit stays. */
function settleAmbiguous(images: readonly ImportedImage[]): ImportedImage[] {
  const groups = Map.groupBy(
    images.filter(({ matched }) => matched),
    ({ path }) => path,
  )
  const losers = new Set<ImportedImage>()
  for (const [path, group] of groups) {
    const references = new Set(group.map(({ reference, file }) => reference ?? file))
    if (references.size < 2) continue
    const score = ({ reference, file }: ImportedImage) => agreement(path, reference ?? file)
    const best = Math.max(...group.map(score))
    const winners = group.filter((image) => score(image) === best)
    const tied = new Set(winners.map(({ reference, file }) => reference ?? file)).size > 1
    for (const image of group) if (tied || score(image) < best) losers.add(image)
  }
  return images.map((image) =>
    losers.has(image) ? { ...image, matched: false, path: image.reference ?? image.file } : image,
  )
}

/** What must hold of every import, whatever the format: it fits our model, and each label its image. */
export function settleImport(result: ImportResult): ImportResult {
  const failed = [...result.failed]
  const classes = result.classes.flatMap((item) => {
    const parsed = annotationClassSchema.safeParse(item)
    if (parsed.success) return [parsed.data]
    const [issue] = parsed.error.issues
    failed.push({
      file: '(classes)',
      field: `${item.name.slice(0, 40)}: ${issue.path.join('.')}`,
      message: issue.message,
    })
    return []
  })
  const perFile = new Map<string, number>()
  for (const { file } of result.images) perFile.set(file, (perFile.get(file) ?? 0) + 1)
  const faulty = new Set(failed.map(({ file }) => file))
  const images = settleAmbiguous(result.images).map((image): ImportedImage => {
    const annotations = image.annotations.flatMap((annotation) => {
      const parsed = annotationSchema.safeParse(annotation)
      if (parsed.success) return [parsed.data]
      const [issue] = parsed.error.issues
      failed.push({
        file: image.file,
        field: `${image.path}: ${issue.path.join('.')}`,
        message: issue.message,
      })
      return []
    })
    const fileFailed = perFile.get(image.file) === 1 && faulty.has(image.file)
    const incomplete =
      image.incomplete || fileFailed || annotations.length < image.annotations.length
    return { ...image, annotations, ...(incomplete && { incomplete: true }) }
  })
  return { images, classes, failed }
}
