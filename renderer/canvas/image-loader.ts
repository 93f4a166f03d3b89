import { imageUrl } from '#renderer/rpc/media.ts'
import type { DatasetImage } from '#shared/model/dataset.ts'
import { closePicture, type Picture, pictureOf } from './picture.ts'

/**
 * Decoded pictures kept in all, bytes: two of 60 megapixels with their halves, the open one and the next. An open picture
 * is kept whatever its size.
 */
const BUDGET_BYTES = 800_000_000
/** More pictures than this are not kept, however small. */
const KEPT = 6
/** RGBA, and the halves of a picture: a quarter, a sixteenth, and so on. */
const BYTES_A_PIXEL = 4 * (4 / 3)

interface Loading {
  picture: Promise<Picture>
  /** When it has come. */
  ready: Picture | null
  bytes: number
}

const cache = new Map<string, Loading>()

async function decode(url: string): Promise<ImageBitmap> {
  const response = await fetch(url)
  if (!response.ok)
    throw new Error((await response.text()) || `The image could not be read (${response.status})`)
  try {
    // The orientation in the file is followed, as it was when the size was read.
    return await createImageBitmap(await response.blob(), { imageOrientation: 'from-image' })
  } catch {
    throw new Error(
      'The file is damaged and cannot be shown. Its labels are kept; replace the file to go on.',
    )
  }
}

async function load(image: DatasetImage): Promise<Picture> {
  const bitmap = await decode(imageUrl(image))
  return pictureOf(bitmap, image.width ?? bitmap.width, image.height ?? bitmap.height)
}

/** What is on screen; until that has come, also what was there before. */
let shown: readonly string[] = []
/** Decoded ahead for the image on screen: not given up for another that is decoded ahead. */
const ahead = new Set<string>()

const bytesOf = ({ width, height }: DatasetImage) => (width ?? 0) * (height ?? 0) * BYTES_A_PIXEL

function drop(key: string): void {
  const entry = cache.get(key)
  cache.delete(key)
  entry?.picture.then(closePicture, () => {
    // There is nothing to close.
  })
}

/** Makes room for a picture: those used longest ago go first. False when what must stay leaves too little. */
function makeRoom(bytes: number, mustStay: (key: string) => boolean): boolean {
  const used = [...cache.values()].reduce((sum, entry) => sum + entry.bytes, 0)
  let left = BUDGET_BYTES - used - bytes
  let places = KEPT - cache.size - 1
  const leaving: string[] = []
  for (const [key, entry] of cache) {
    if (left >= 0 && places >= 0) break
    if (mustStay(key)) continue
    leaving.push(key)
    left += entry.bytes
    places++
  }
  if (left < 0 || places < 0) return false
  leaving.forEach(drop)
  return true
}

function begin(image: DatasetImage): Loading {
  const key = imageUrl(image)
  const loading: Loading = { picture: load(image), ready: null, bytes: bytesOf(image) }
  cache.set(key, loading)
  loading.picture.then(
    (picture) => {
      loading.ready = picture
    },
    // A failure is not kept: the file may be mended.
    () => {
      if (cache.get(key) === loading) cache.delete(key)
    },
  )
  return loading
}

/** The image if it has been decoded ahead; null when it must be waited for. */
export function readyImage(image: DatasetImage): Picture | null {
  return cache.get(imageUrl(image))?.ready ?? null
}

/** The decoded image, upright, to be shown. Throws an Error in words for a person. */
export function loadImage(image: DatasetImage): Promise<Picture> {
  const key = imageUrl(image)
  if (shown[0] !== key) {
    shown = [key, ...shown.slice(0, 1)]
    ahead.clear()
  }
  const known = cache.get(key)
  if (known) {
    // Used again: the last to go.
    cache.delete(key)
    cache.set(key, known)
    return known.picture
  }
  const isShown = (other: string) => shown.includes(other)
  if (!makeRoom(bytesOf(image), isShown))
    // It is shown all the same; everything else goes.
    for (const other of [...cache.keys()]) if (!isShown(other)) drop(other)
  return begin(image).picture
}

/** Decodes ahead what is likely to be opened next, the likeliest first, where the budget has room. The open image is on screen. */
export function prefetchImage(image: DatasetImage): void {
  if (image.problem !== null || image.missing) return
  const key = imageUrl(image)
  shown = shown.slice(0, 1)
  if (!cache.has(key)) {
    const mustStay = (other: string) => shown.includes(other) || ahead.has(other)
    if (!makeRoom(bytesOf(image), mustStay)) return
    begin(image).picture.catch(() => {
      // Whoever opens it gets the error.
    })
  }
  ahead.add(key)
}

/** The dataset was left: no picture is on screen, and none is kept. */
export function releaseImages(): void {
  shown = []
  ahead.clear()
  for (const key of [...cache.keys()]) drop(key)
}
