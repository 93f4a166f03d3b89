import { imageUrl } from '#renderer/rpc/media.ts'
import type { DatasetImage } from '#shared/model/dataset.ts'

/** Decoded images kept: the open one, its neighbours, the one before. Each may take hundreds of MB. */
const KEPT = 4
/** Decoded pixels kept in all: 400 MB as RGBA. */
const KEPT_PIXELS = 100_000_000

interface Loading {
  bitmap: Promise<ImageBitmap>
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

function evict(): void {
  let pixels = [...cache.values()].reduce((sum, entry) => sum + entry.pixels, 0)
  for (const [url, entry] of cache) {
    if (cache.size <= 1 || (cache.size <= KEPT && pixels <= KEPT_PIXELS)) return
    cache.delete(url)
    pixels -= entry.pixels
    void entry.bitmap.then((bitmap) => bitmap.close()).catch(() => {})
  }
}

/** The decoded image, upright. Throws an Error in words for a person. */
export function loadImage(image: DatasetImage): Promise<ImageBitmap> {
  const url = imageUrl(image)
  const known = cache.get(url)
  cache.delete(url)
  const loading = known ?? { bitmap: decode(url), pixels: (image.width ?? 0) * (image.height ?? 0) }
  cache.set(url, loading)
  // A failure is not kept: the file may be mended.
  loading.bitmap.catch(() => cache.delete(url))
  evict()
  return loading.bitmap
}

/** Decodes ahead what is likely to be opened next. */
export function prefetchImage(image: DatasetImage): void {
  if (image.problem === null && !image.missing) loadImage(image).catch(() => {})
}
