import type { DatasetImage } from '#shared/model/dataset.ts'
import { naturalKey } from '#shared/model/natural-order.ts'

/** An image and its key. The list is in code-unit order of unique keys. */
interface Placed {
  readonly key: string
  readonly image: DatasetImage
}

/** A run of neighbours in the list. Immutable: changes replace it. */
type Part = readonly Placed[]

/** Maximum length of a part. An edit copies one part, so its cost does not depend on the length of the list. */
const PART_IMAGES = 512

/** An ordered, counted set of images, as lists, menus and dialogs receive it. */
export interface ImageSet extends Iterable<DatasetImage> {
  readonly length: number
}

interface Change {
  /** Images that changed in place. */
  readonly replaced: Placed[]
  /** Ids of images that leave the part. */
  readonly removed: Set<string>
  readonly added: Placed[]
}

/** Index of the first of `count` ascending items that is not before; `count` if all are. */
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

/** A missing file with labels stays listed, unless the service has all of its labels. */
function isListed({ missing, annotationCount, remote }: DatasetImage): boolean {
  return !missing || (annotationCount > 0 && remote?.sync !== 'synced')
}

/**
 * Images in natural order of their paths. A list is immutable; `with` returns another one that shares all unchanged
 * parts. Derived lists share the images by id, so `find` on an older list returns the current image.
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

  /** From `start` up to but not including `end`, both within 0 and the length. */
  slice(start: number, end: number): DatasetImage[] {
    const images: DatasetImage[] = []
    for (let index = start; index < end; index++) {
      const image = this.at(index)
      if (!image) break
      images.push(image)
    }
    return images
  }

  /** The current image, whether listed here or not; undefined if the id is unknown. */
  find(id: string): DatasetImage | undefined {
    return this.#byId.get(id)?.image
  }

  /** -1 if it is not in this list. */
  indexOf(id: string): number {
    const placed = this.#byId.get(id)
    if (!placed) return -1
    const part = this.#partOf(placed.key)
    const images = this.#parts[part] ?? []
    const index = firstNotBefore(images.length, (at) => images[at].key < placed.key)
    return images[index]?.image.id === id ? this.#starts[part] + index : -1
  }

  /** A list with new and changed images in their places, without those that are gone and have no labels to show. */
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

  /** Calls `look` for each part. A `remembering` function is fast for parts that it has seen. */
  parts<T>(look: (part: Part) => T): T[] {
    return this.#parts.map(look)
  }

  /** Keeps the images that `narrow` keeps of each part. */
  narrowed(narrow: (part: Part) => Part): ImageList {
    return new ImageList(
      this.#parts.map(narrow).filter((part) => part.length > 0),
      this.#byId,
    )
  }

  /** Index of the part where a key is or belongs; after the last one if it is greater than all. */
  #partOf(key: string): number {
    return firstNotBefore(
      this.#parts.length,
      (at) => this.#parts[at][this.#parts[at].length - 1].key < key,
    )
  }
}

/** Caches a function's result per part, so that an edit recomputes only the changed part. */
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

/** A filter to keep and use on each later list: it does not recheck unchanged parts. */
export function imageFilter(
  fits: (image: DatasetImage) => boolean,
): (list: ImageList) => ImageList {
  const narrow = remembering((part) => part.filter(({ image }) => fits(image)))
  return (list) => list.narrowed(narrow)
}

/** Counts words of images, for example tags. Keep it and use it on each later list, like a filter. */
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
