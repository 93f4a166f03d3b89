import type { DatasetImage } from '#shared/model/dataset.ts'
import { naturalKey } from '#shared/model/natural-order.ts'

/** An image and its key: plain code-unit order of keys is the order of the list; no two are alike. */
interface Placed {
  readonly key: string
  readonly image: DatasetImage
}

/** Neighbours in the list. A part is never changed: another one takes its place. */
type Part = readonly Placed[]

/** Longest part. An edit copies one part, so its cost does not depend on the length of the list. */
const PART_IMAGES = 512

/** Images in their order, counted: what lists, menus and dialogs are given. */
export interface ImageSet extends Iterable<DatasetImage> {
  readonly length: number
}

interface Change {
  /** Images that changed where they are. */
  readonly replaced: Placed[]
  /** Ids of images that leave the part. */
  readonly removed: Set<string>
  readonly added: Placed[]
}

/** Index of the first of `count` ascending things that is not before; `count` when all are. */
function firstNotBefore(count: number, isBefore: (index: number) => boolean): number {
  let [low, high] = [0, count]
  while (low < high) {
    const middle = (low + high) >> 1
    if (isBefore(middle)) low = middle + 1
    else high = middle
  }
  return low
}

function changedPart(part: Part, { replaced, removed, added }: Change): Part {
  const current = [...part]
  for (const placed of replaced)
    current[firstNotBefore(current.length, (at) => current[at].key < placed.key)] = placed
  const kept = removed.size > 0 ? current.filter(({ image }) => !removed.has(image.id)) : current
  if (added.length === 0) return kept
  added.sort((a, b) => (a.key < b.key ? -1 : 1))
  const merged: Placed[] = []
  let next = 0
  for (const placed of kept) {
    while (next < added.length && added[next].key < placed.key) merged.push(added[next++])
    merged.push(placed)
  }
  for (; next < added.length; next++) merged.push(added[next])
  return merged
}

function split(part: Part): Part[] {
  if (part.length <= PART_IMAGES) return part.length > 0 ? [part] : []
  const size = Math.ceil(part.length / Math.ceil(part.length / (PART_IMAGES / 2)))
  return Array.from({ length: Math.ceil(part.length / size) }, (_, index) =>
    part.slice(index * size, (index + 1) * size),
  )
}

/** Labels of a file that is gone stay listed, unless the service has them all. */
function isListed({ missing, annotationCount, remote }: DatasetImage): boolean {
  return !missing || (annotationCount > 0 && remote?.sync !== 'synced')
}

/**
 * Images in natural order of their paths. A list never changes; `with` answers another one, which shares all parts
 * that are as they were. Lists that came from one another share the images by id: `find` of an older one answers
 * the image as it is now.
 */
export class ImageList implements ImageSet {
  readonly #parts: readonly Part[]
  /** Index in the list of each part's first image. */
  readonly #starts: readonly number[]
  readonly #byId: Map<string, Placed>
  readonly length: number

  constructor(parts: readonly Part[] = [], byId = new Map<string, Placed>()) {
    const starts: number[] = []
    let length = 0
    for (const part of parts) {
      starts.push(length)
      length += part.length
    }
    this.#parts = parts
    this.#starts = starts
    this.#byId = byId
    this.length = length
  }

  *[Symbol.iterator](): Iterator<DatasetImage> {
    for (const part of this.#parts) for (const { image } of part) yield image
  }

  /** Undefined outside of the list. */
  at(index: number): DatasetImage | undefined {
    const part = firstNotBefore(this.#parts.length, (at) => this.#starts[at] <= index) - 1
    return this.#parts[part]?.[index - this.#starts[part]]?.image
  }

  /** From `start` up to and without `end`, both within 0 and the length. */
  slice(start: number, end: number): DatasetImage[] {
    const images: DatasetImage[] = []
    for (let index = start; index < end; index++) {
      const image = this.at(index)
      if (!image) break
      images.push(image)
    }
    return images
  }

  /** The image as it is now, listed here or not; undefined when there is none of this id. */
  find(id: string): DatasetImage | undefined {
    return this.#byId.get(id)?.image
  }

  /** -1 when it is not in this list. */
  indexOf(id: string): number {
    const placed = this.#byId.get(id)
    if (!placed) return -1
    const part = this.#partOf(placed.key)
    const images = this.#parts[part] ?? []
    const index = firstNotBefore(images.length, (at) => images[at].key < placed.key)
    return images[index]?.image.id === id ? this.#starts[part] + index : -1
  }

  /** With new and changed images in their places; those that are gone and have no labels to show leave. */
  with(upserted: readonly DatasetImage[]): ImageList {
    const byId = this.length === 0 ? new Map<string, Placed>() : this.#byId
    const changes = new Map<number, Change>()
    const changeAt = (key: string) => {
      const index = Math.min(this.#partOf(key), Math.max(0, this.#parts.length - 1))
      const change = changes.get(index) ?? { replaced: [], removed: new Set(), added: [] }
      changes.set(index, change)
      return change
    }
    for (const image of new Map(upserted.map((one) => [one.id, one])).values()) {
      const before = byId.get(image.id)
      const isHere = isListed(image)
      if (isHere && before?.image.path === image.path) {
        const placed = { key: before.key, image }
        byId.set(image.id, placed)
        changeAt(placed.key).replaced.push(placed)
        continue
      }
      if (before) changeAt(before.key).removed.add(image.id)
      byId.delete(image.id)
      if (!isHere) continue
      const placed = { key: `${naturalKey(image.path)}\u0000${image.id}`, image }
      byId.set(image.id, placed)
      changeAt(placed.key).added.push(placed)
    }
    const parts = this.#parts.length > 0 ? this.#parts : [[]]
    return new ImageList(
      parts.flatMap((part, index) => {
        const change = changes.get(index)
        return split(change ? changedPart(part, change) : part)
      }),
      byId,
    )
  }

  /** Looks at each part. `look` of `remembering` answers at once for parts that it has seen. */
  parts<T>(look: (part: Part) => T): T[] {
    return this.#parts.map(look)
  }

  /** The images that `narrow` leaves of each part. */
  narrowed(narrow: (part: Part) => Part): ImageList {
    return new ImageList(
      this.#parts.map(narrow).filter((part) => part.length > 0),
      this.#byId,
    )
  }

  /** Index of the part in which a key is or belongs; behind the last one for a key after all. */
  #partOf(key: string): number {
    return firstNotBefore(
      this.#parts.length,
      (at) => this.#parts[at][this.#parts[at].length - 1].key < key,
    )
  }
}

/** The function, which computes once for each part: after an edit only the changed part is looked at again. */
function remembering<T>(look: (part: Part) => T): (part: Part) => T {
  const known = new WeakMap<Part, { answer: T }>()
  return (part) => {
    const before = known.get(part)
    if (before) return before.answer
    const answer = look(part)
    known.set(part, { answer })
    return answer
  }
}

/** A filter to be kept and used on each later list: unchanged parts are not asked again. */
export function imageFilter(
  fits: (image: DatasetImage) => boolean,
): (list: ImageList) => ImageList {
  const narrow = remembering((part) => part.filter(({ image }) => fits(image)))
  return (list) => list.narrowed(narrow)
}

/** Counts words of images, e.g. tags; to be kept and used on each later list, as a filter. */
export function imageCounter(
  wordsOf: (image: DatasetImage) => readonly string[],
): (list: ImageList) => Map<string, number> {
  const count = remembering((part) => {
    const counts = new Map<string, number>()
    for (const { image } of part)
      for (const word of wordsOf(image)) counts.set(word, (counts.get(word) ?? 0) + 1)
    return counts
  })
  return (list) => {
    const sums = new Map<string, number>()
    for (const counts of list.parts(count))
      for (const [word, uses] of counts) sums.set(word, (sums.get(word) ?? 0) + uses)
    return sums
  }
}
