import { FormatError } from './format-error.ts'
import { parseJson } from './json-fault.ts'
import { lineAt, scanJson } from './json-file.ts'
import { asUtf8 } from './text.ts'
import type { InputFile, JsonObject } from './types.ts'

/** Numbers in a typed array that grows. */
class Numbers {
  #values = new Float64Array(1024)
  length = 0

  push(value: number): void {
    if (this.length === this.#values.length) {
      const grown = new Float64Array(this.length * 2)
      grown.set(this.#values)
      this.#values = grown
    }
    this.#values[this.length++] = value
  }

  at(index: number): number {
    return this.#values[index]
  }
}

/** Files up to here are held as a whole while their annotations are read. */
const WHOLE_BYTES = 1 << 26
/** Bytes read at once where annotations of an image follow each other. */
const WINDOW_BYTES = 1 << 18

/** Annotations that lie so near each other follow each other, bytes. */
const NEAR_BYTES = 4096

const textOfBytes = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')

/** Reads ranges of a file. Consecutive ranges are read in large steps, others one at a time. */
class RangeReader {
  readonly #file: InputFile
  #window: Uint8Array = new Uint8Array()
  #from = 0
  #last = 0

  constructor(file: InputFile) {
    this.#file = file
  }

  text(from: number, to: number): string {
    if (this.#window.length === 0 && this.#file.size <= WHOLE_BYTES) this.#keep(0, this.#file.size)
    const isNext = from >= this.#last && from - this.#last < NEAR_BYTES
    this.#last = to
    if (!this.#holds(from, to)) {
      // A range without neighbours is not buffered.
      if (!isNext) return textOfBytes(this.#file.bytes(from, to))
      this.#keep(from, Math.max(to, Math.min(this.#file.size, from + WINDOW_BYTES)))
    }
    return textOfBytes(this.#window.subarray(from - this.#from, to - this.#from))
  }

  #holds(from: number, to: number): boolean {
    return from >= this.#from && to <= this.#from + this.#window.length
  }

  /** A copy: the file's parts hold only until the next is asked for. */
  #keep(from: number, to: number): void {
    this.#window = Uint8Array.from(this.#file.bytes(from, to))
    this.#from = from
  }

  close(): void {
    this.#window = new Uint8Array()
    this.#file.close?.()
  }
}

/** Whether a number is beyond 2^53, where neighbours look alike: it is kept as text. */
export const isLargeId = (id: unknown): id is string =>
  typeof id === 'string' && /^-?\d{16,20}$/.test(id) && !Number.isSafeInteger(Number(id))

type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown

const IDS = new Set(['id', 'image_id', 'category_id'])
/** Coordinates have as many digits, but nothing to keep. */
const LONG_ID = /"(?:image_|category_)?id"\s*:\s*-?\d{16}/

/** As `parseJson`, with ids to the last digit. Throws a FormatError. */
function parseWithIds(text: string, path: string, line: () => number): unknown {
  const value = parseJson(text, path, line)
  if (!LONG_ID.test(text)) return value
  const exact: Reviver = (key, number, { source }) =>
    typeof number === 'number' && IDS.has(key) && isLargeId(source) ? source : number
  return JSON.parse(text, exact as (key: string, value: unknown) => unknown)
}

const IMAGE_ID = /"image_id"\s*:\s*("(?:[^"\\]|\\.)*"|[-+\w.]+)/g

/** Ids as one text, whether the file writes 1 or "1". */
export const idText = (id: unknown): string => String(id)

/** Which image an annotation is of, without parsing all of it; null: it does not say. */
function imageIdOf(text: string): string | null {
  IMAGE_ID.lastIndex = 0
  const first = IMAGE_ID.exec(text)
  if (!first) return null
  // The word may stand in an attribute, too.
  if (IMAGE_ID.exec(text)) {
    const { image_id: id } = parseWithIds(text, '', () => 1) as JsonObject
    return id === undefined || id === null ? null : idText(id)
  }
  return first[1].startsWith('"') ? (JSON.parse(first[1]) as string) : numberText(first[1])
}

/** 1.0 and 1e0 are the id 1. */
function numberText(text: string): string {
  if (isLargeId(text)) return text
  const number = Number(text)
  return Number.isFinite(number) ? String(number) : text
}

/** A COCO file whose annotations stay in it until they are wanted, image by image. */
export interface CocoIndex {
  images: { index: number; value: JsonObject }[]
  /** Everything else at the top, `categories` among it. */
  top: JsonObject
  /** Annotations of each image, by its id, as their numbers in the file. */
  annotationsOf(imageId: string): number[]
  /** Ids of images that annotations name. */
  imageIds(): Iterable<string>
  /** Throws a FormatError with the line. */
  annotation(index: number): JsonObject
  /** Annotations that name no image. */
  orphans: number[]
  close(): void
}

/** Goes through a COCO file once. Throws a FormatError where it is no JSON. */
export function* indexCoco(file: InputFile): Generator<void, CocoIndex> {
  const starts = new Numbers()
  const ends = new Numbers()
  /** For each annotation the one before it of the same image, and each image's last one; -1: none. */
  const before = new Numbers()
  const last = new Map<string, number>()
  const orphans: number[] = []
  const images: CocoIndex['images'] = []
  const top: JsonObject = {}
  const utf8 = asUtf8(file)
  yield* scanJson(file, {
    isList: (key) => key === 'images' || key === 'annotations',
    element(key, index, range, text) {
      if (key === 'images') {
        const value = parseWithIds(text(), `images[${index}]`, () => lineAt(utf8.file, range.from))
        if (typeof value === 'object' && value !== null)
          images.push({ index, value: value as JsonObject })
        return
      }
      starts.push(range.from)
      ends.push(range.to)
      let id: string | null = null
      try {
        id = imageIdOf(text())
      } catch {
        // The fault is reported later, when the annotation is read as one without an image.
      }
      if (id === null) orphans.push(index)
      before.push(id === null ? -1 : (last.get(id) ?? -1))
      if (id !== null) last.set(id, index)
    },
    value(key, parse, range, text) {
      const line = () => lineAt(utf8.file, range.from)
      const value = key === 'categories' ? parseWithIds(text(), key, line) : parse()
      top[key] = value as JsonObject[string]
    },
  })
  const reader = new RangeReader(utf8.file)
  return {
    images,
    top,
    orphans,
    imageIds: () => last.keys(),
    annotationsOf(imageId) {
      const list: number[] = []
      for (let index = last.get(imageId) ?? -1; index >= 0; index = before.at(index))
        list.push(index)
      return list.reverse()
    },
    annotation(index) {
      const [from, to] = [starts.at(index), ends.at(index)]
      const value = parseWithIds(reader.text(from, to), '', () => lineAt(utf8.file, from))
      if (typeof value === 'object' && value !== null) return value as JsonObject
      throw new FormatError('', 'must be an object')
    },
    close: () => reader.close(),
  }
}
