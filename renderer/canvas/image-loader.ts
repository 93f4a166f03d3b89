import { imageUrl } from '#renderer/rpc/media.ts'
import type { DatasetImage } from '#shared/model/dataset.ts'
import { closePicture, type Picture, pictureOf } from './picture.ts'

/** Decoded images kept: the open one, its neighbours, the one before. Each may take hundreds of MB. */
const KEPT = 4
/** Decoded pixels kept in all: 400 MB as RGBA. */
const KEPT_PIXELS = 100_000_000

interface Loading {
  picture: Promise<Picture>
  /** When it has come. */
  ready: Picture | null
  pixels: number
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

/** What is on screen, and what was there before and may still be until this one has come. */
let shown: readonly string[] = []

function evict(): void {
  let pixels = [...cache.values()].reduce((sum, entry) => sum + entry.pixels, 0)
  for (const [key, entry] of cache) {
    if (cache.size <= KEPT && pixels <= KEPT_PIXELS) return
    if (shown.includes(key)) continue
    cache.delete(key)
    pixels -= entry.pixels
    void entry.picture.then(closePicture).catch(() => {})
  }
}

function get(image: DatasetImage): Promise<Picture> {
  const key = imageUrl(image)
  const known = cache.get(key)
  if (known) {
    // Used again: the last to go.
    cache.delete(key)
    cache.set(key, known)
    return known.picture
  }
  const pixels = (image.width ?? 0) * (image.height ?? 0)
  const loading: Loading = { picture: load(image), ready: null, pixels }
  cache.set(key, loading)
  loading.picture.then(
    (picture) => {
      loading.ready = picture
    },
    // A failure is not kept: the file may be mended.
    () => cache.delete(key),
  )
  evict()
  return loading.picture
}

/** The image if it has been decoded ahead; null when it must be waited for. */
export function readyImage(image: DatasetImage): Picture | null {
  return cache.get(imageUrl(image))?.ready ?? null
}

/** The decoded image, upright, to be shown. Throws an Error in words for a person. */
export function loadImage(image: DatasetImage): Promise<Picture> {
  const key = imageUrl(image)
  if (shown[0] !== key) shown = [key, ...shown.slice(0, 1)]
  return get(image)
}

/** Decodes ahead what is likely to be opened next. */
export function prefetchImage(image: DatasetImage): void {
  if (image.problem === null && !image.missing) get(image).catch(() => {})
}
