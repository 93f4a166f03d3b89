import type { Annotation } from '#shared/model/annotation.ts'
import { fileNameOf, stemOf } from '#shared/model/paths.ts'
import { fieldsOf, reportExtra, saysNothing } from './carry.ts'
import type { LossLog } from './loss-log.ts'
import { CROWD } from './objects.ts'
import { splitOfFolders } from './splits.ts'
import type { Format, LabelledImage } from './types.ts'

/** A decimal without exponent or trailing zeros. */
export function decimal(value: number, digits: number): string {
  const fixed = value.toFixed(digits)
  return fixed.includes('.') ? fixed.replace(/\.?0+$/, '').replace(/^-0$/, '0') : fixed
}

/** Takes off what calculating in binary adds, far below what a pixel can show. */
export function rounded(value: number): number {
  if (Number.isInteger(value)) return value
  return Math.round(value * 1e9) / 1e9
}

/** Counts what a format has no place for, apart from shapes, which each format knows itself. */
export function reportCommonLosses(
  image: LabelledImage,
  { keeps, extraKey }: Pick<Format, 'keeps' | 'extraKey'>,
  losses: LossLog,
): void {
  const { path, stage, tags, split } = image
  if (!keeps.stage && stage && stage !== 'new')
    losses.add('the stage has no place in this format', path)
  if (!keeps.tags && tags?.length) losses.add('tags have no place in this format', path)
  // A folder that is called like the split goes along with the path.
  if (!keeps.split && split && splitOfFolders(path) !== split)
    losses.add('the split has no place in this format', path)
  if (!keeps.extras) reportExtra(image.extra, extraKey, path, losses)
  for (const { attributes, confidence, extra } of image.annotations) {
    if (
      !keeps.attributes &&
      Object.entries(attributes).some(([key, value]) => key !== CROWD && !saysNothing(value))
    )
      losses.add('attributes have no place in this format', path)
    // A format may keep its own confidences, as YOLO's predictions.
    if (!keeps.confidence && confidence !== 1 && fieldsOf(extra, extraKey).confidence === undefined)
      losses.add('the confidence has no place in this format', path)
    if (!keeps.extras) reportExtra(extra, extraKey, path, losses)
  }
}

/** Gives each path a stem of its own, for formats that pair label and image by stem: `a.jpg` and `a.png` become `a` and
 * `a_png`, also where names differ by case alone. */
export function stemGiver(): (path: string) => string {
  const taken = new Set<string>()
  return (path) => {
    const extension = fileNameOf(path).slice(fileNameOf(stemOf(path)).length + 1)
    let stem = stemOf(path)
    for (let n = 1; taken.has(stem.toLowerCase()); n++) {
      stem = `${stemOf(path)}_${extension}${n > 1 ? n : ''}`
    }
    taken.add(stem.toLowerCase())
    return stem
  }
}

export function uniqueStems(images: readonly Pick<LabelledImage, 'path'>[]): string[] {
  const stemFor = stemGiver()
  return images.map(({ path }) => stemFor(path))
}

/** `path` with another stem and the same extension. */
export function withStem(path: string, stem: string): string {
  return stem + path.slice(stemOf(path).length)
}

/** A path without its first folder where that is one of `names`: it would stand there twice. */
export function withoutFirst(path: string, names: RegExp): string {
  const slash = path.indexOf('/')
  return slash > 0 && names.test(path.slice(0, slash)) ? path.slice(slash + 1) : path
}

/** The next instance id that no annotation has. */
export function instanceIds(annotations: Iterable<Pick<Annotation, 'instanceId'>>): () => number {
  let next = 1
  for (const { instanceId } of annotations) next = Math.max(next, (instanceId ?? 0) + 1)
  return () => next++
}
