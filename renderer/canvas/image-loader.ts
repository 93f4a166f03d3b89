import { imageUrl } from '#renderer/rpc/media.ts'
import type { DatasetImage } from '#shared/model/dataset.ts'
import { closePicture, type Picture, pictureOf } from './picture.ts'
import { isPlain, type Tone } from './tone.ts'
import { tonedImage } from './toned-image.ts'

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

async function load(image: DatasetImage, tone: Tone): Promise<Picture> {
  const url = imageUrl(image)
  const bitmap = await (isPlain(tone) ? decode(url) : tonedImage(url, tone))
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

function get(image: DatasetImage, tone: Tone, key: string): Promise<Picture> {
  const known = cache.get(key)
  if (known) {
    // Used again: the last to go.
    cache.delete(key)
    cache.set(key, known)
    return known.picture
  }
  const pixels = (image.width ?? 0) * (image.height ?? 0)
  const loading: Loading = { picture: load(image, tone), ready: null, pixels }
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
export function readyImage(image: DatasetImage, tone: Tone): Picture | null {
  return cache.get(keyOf(image, tone))?.ready ?? null
}

const keyOf = (image: DatasetImage, tone: Tone) => `${imageUrl(image)} ${Object.values(tone)}`

/** The decoded image, upright, in a tone, to be shown. Throws an Error in words for a person. */
export function loadImage(image: DatasetImage, tone: Tone): Promise<Picture> {
  const key = keyOf(image, tone)
  if (shown[0] !== key) shown = [key, ...shown.slice(0, 1)]
  return get(image, tone, key)
}

/** Decodes ahead what is likely to be opened next. */
export function prefetchImage(image: DatasetImage, tone: Tone): void {
  if (image.problem === null && !image.missing) get(image, tone, keyOf(image, tone)).catch(() => {})
}
