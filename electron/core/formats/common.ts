import type { Annotation } from '#shared/model/annotation.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { fileNameOf, stemOf } from '#shared/model/paths.ts'
import type { LossLog } from './loss-log.ts'
import type { InputFile, LabelledImage, LabelSet } from './types.ts'

/** A fault in a label file: the field says where, the message what to do about it. */
export class FormatError extends Error {
  readonly field: string

  constructor(field: string, message: string) {
    super(message)
    this.name = 'FormatError'
    this.field = field
  }
}

/** UTF-8 text without its byte order mark. */
export function textOf(file: InputFile): string {
  return new TextDecoder('utf-8').decode(file.bytes())
}

/** Throws a FormatError that says where the JSON breaks. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const detail = messageOf(error)
    throw new FormatError('(whole file)', `is not JSON: ${detail}`)
  }
}

export function failureOf(file: string, error: unknown) {
  if (error instanceof FormatError) return { file, field: error.field, message: error.message }
  return {
    file,
    field: '(whole file)',
    message: messageOf(error),
  }
}

/** A decimal without exponent or trailing zeros. */
export function decimal(value: number, digits: number): string {
  const fixed = value.toFixed(digits)
  return fixed.includes('.') ? fixed.replace(/\.?0+$/, '').replace(/^-0$/, '0') : fixed
}

/** Keeps a number readable in JSON: at most 6 decimals, far below what a pixel can show. */
export function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6
}

interface Keeps {
  attributes?: boolean
  confidence?: boolean
  /** Links between the parts of one object. */
  instances?: boolean
  stage?: boolean
  tags?: boolean
  split?: boolean
}

/** Reports what a format has no place for, apart from shapes, which each format knows itself. */
export function reportCommonLosses(set: LabelSet, keeps: Keeps, losses: LossLog): void {
  for (const image of set.images) {
    if (!keeps.stage && image.stage && image.stage !== 'new')
      losses.add('the stage has no place in this format', image.path)
    if (!keeps.tags && image.tags?.length)
      losses.add('tags have no place in this format', image.path)
    if (!keeps.split && image.split) losses.add('the split has no place in this format', image.path)
    for (const annotation of image.annotations) {
      if (!keeps.attributes && Object.keys(annotation.attributes).length > 0)
        losses.add('attributes have no place in this format', image.path)
      if (!keeps.confidence && annotation.confidence !== 1)
        losses.add('the confidence has no place in this format', image.path)
      if (!keeps.instances && annotation.instanceId !== undefined)
        losses.add('links between the parts of one object have no place in this format', image.path)
    }
  }
}

/**
 * A stem of its own for each image, for formats that pair label and image by stem: `a.jpg` and `a.png`
 * become `a` and `a_png`, also where names differ by case alone.
 */
export function uniqueStems(images: readonly Pick<LabelledImage, 'path'>[]): string[] {
  const taken = new Set<string>()
  return images.map(({ path }) => {
    const extension = fileNameOf(path).slice(fileNameOf(stemOf(path)).length + 1)
    let stem = stemOf(path)
    for (let n = 1; taken.has(stem.toLowerCase()); n++) {
      stem = `${stemOf(path)}_${extension}${n > 1 ? n : ''}`
    }
    taken.add(stem.toLowerCase())
    return stem
  })
}

/** `path` with another stem and the same extension. */
export function withStem(path: string, stem: string): string {
  return stem + path.slice(stemOf(path).length)
}

/** The next instance id that no annotation has. */
export function instanceIds(annotations: Iterable<Pick<Annotation, 'instanceId'>>): () => number {
  let next = 1
  for (const { instanceId } of annotations) next = Math.max(next, (instanceId ?? 0) + 1)
  return () => next++
}
