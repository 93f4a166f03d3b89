import { ClassList } from '#shared/model/annotation-class.ts'
import type { ExportOptions } from '#shared/model/format.ts'
import { reportHeadExtra } from './carry.ts'
import { clampImage } from './clamp.ts'
import { reportCommonLosses } from './common.ts'
import type { LossLog } from './loss-log.ts'
import { objectsOf } from './objects.ts'
import { UNIT_SIZE } from './sizes.ts'
import type {
  Format,
  ImagePlace,
  LabelHead,
  LabelledImage,
  LabelSet,
  LabelWriter,
  OutputPiece,
} from './types.ts'

interface Wish {
  head: LabelHead
  options: ExportOptions
  losses: LossLog
  /** Absolute, where it is known. */
  folder?: string
}

/** Writes images with their labels in a format, one by one. */
export class LabelWriting {
  readonly #format: Format
  readonly #wish: Wish
  readonly #place: ReturnType<Format['placer']>
  readonly #writer: LabelWriter
  /** The head's, and those that only annotations name, as they come. */
  readonly #classes: ClassList
  #objects = 0
  #images = 0

  constructor(format: Format, wish: Wish) {
    this.#format = format
    this.#classes = new ClassList(wish.head.classes)
    this.#wish = { ...wish, head: { ...wish.head, classes: this.#classes.all } }
    if (!format.keeps.extras) reportHeadExtra(wish.head.extra, format.extraKey, wish.losses)
    this.#place = format.placer()
    this.#writer = format.writer(this.#wish)
  }

  /** Objects that are written; one of several parts counts once. */
  get objects(): number {
    return this.#objects - this.#wish.losses.leftOut
  }

  get images(): number {
    return this.#images
  }

  /** null: the image cannot be written, which is counted as a loss. */
  write(image: LabelledImage): { place: ImagePlace; pieces: Iterable<OutputPiece> } | null {
    const { losses, options, head } = this.#wish
    const sized = this.#sized(image)
    if (!sized) return null
    const labelled = options.clampToImage ? clampImage(sized, losses) : sized
    reportCommonLosses(labelled, this.#format, losses)
    this.#images++
    this.#objects += objectsOf(image.annotations, head.classes).length
    for (const { className } of image.annotations) this.#classes.add(className)
    const place = this.#place(labelled)
    return { place, pieces: this.#writer.write(labelled, place) }
  }

  *end(): Generator<OutputPiece> {
    yield* this.#writer.end()
  }

  #sized(image: LabelledImage): LabelledImage | null {
    const { losses } = this.#wish
    if (image.width !== null && image.height !== null) return image
    if (this.#format.needs === 'pixels' && !image.isUnit) return image
    if (image.annotations.length === 0 && this.#format.needs !== 'size') return image
    if (image.isUnit && this.#format.needs === 'fraction') return { ...image, ...UNIT_SIZE }
    losses.add('images whose size nobody knows are left out: the image is not at hand', image.path)
    for (const _object of objectsOf(image.annotations, this.#wish.head.classes))
      losses.leaveOut('labels of images whose size nobody knows are left out', image.path)
    return null
  }
}

/** A whole dataset; for what is small. */
export function* writeLabels(
  format: Format,
  set: LabelSet,
  options: ExportOptions,
  losses: LossLog,
): Generator<OutputPiece> {
  const writing = new LabelWriting(format, { head: set, options, losses })
  for (const image of set.images) yield* writing.write(image)?.pieces ?? []
  yield* writing.end()
}

/** Files as a whole, from their pieces; for what is small. */
export function* wholeFiles(
  pieces: Iterable<OutputPiece>,
): Generator<{ path: string; content: string | Uint8Array }> {
  const open = new Map<string, (string | Uint8Array)[]>()
  for (const { path, content, more } of pieces) {
    const before = open.get(path)
    if (more) {
      if (before) before.push(content)
      else open.set(path, [content])
    } else if (before) {
      open.delete(path)
      yield { path, content: [...before, content].map(String).join('') }
    } else yield { path, content }
  }
}

/** The name of a class that a file knows by its number alone. */
export const numberedClass = (number: number | string): string => `class ${number}`

/** The classes in the order of their numbers, and those that only annotations name, as they come. */
export class ClassNumbers {
  readonly #names: string[]
  readonly #numbers = new Map<string, number>()

  constructor(names: Iterable<string>) {
    this.#names = [...names]
    for (const [number, name] of this.#names.entries()) this.#numbers.set(name, number)
  }

  /** From 0. `wanted`: the number that a class beyond the list gets; the numbers before it are filled with names. */
  of(name: string, wanted: number | null = null): number {
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    for (let number = this.#names.length; wanted !== null && number < wanted; number++)
      this.#names.push(numberedClass(number))
    const number = this.#names.push(name) - 1
    this.#numbers.set(name, number)
    return number
  }

  get names(): readonly string[] {
    return this.#names
  }
}
