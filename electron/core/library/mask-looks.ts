import { stat } from 'node:fs/promises'
import { loadSharp } from '#core/media/load-sharp.ts'
import { probeImage } from '#core/media/probe.ts'

/** A sample of so many pixels a side. */
const SAMPLE_SIDE = 64

/**
 * Masks have a colour for each class or object. A sample of a photo has several hundred colours, or more than a hundred
 * shades of grey.
 */
const MOST_COLORS = 256
const MOST_GREYS = 64

/** Answers kept; a scan asks at most for some hundred. */
const MOST_KNOWN = 2_000

/** Whether a picture has as few colours as a mask. */
async function hasFewColors(file: string): Promise<boolean> {
  const sharp = await loadSharp()
  const pixels = await sharp(file)
    .resize(SAMPLE_SIDE, SAMPLE_SIDE, { kernel: 'nearest', fit: 'fill' })
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })
  const { channels } = pixels.info
  const colors = new Set<number>()
  let isGrey = true
  for (let at = 0; at < pixels.data.length; at += channels) {
    const [red, green, blue] = [0, 1, 2].map((channel) => pixels.data[at + (channel % channels)])
    colors.add(red * 65_536 + green * 256 + blue)
    isGrey &&= red === green && green === blue
  }
  return colors.size <= (isGrey ? MOST_GREYS : MOST_COLORS)
}

/** A mask has its image's size, as it is stored or upright, and few colours. null: one of the two cannot be read. */
async function isMaskOf(mask: string, image: string): Promise<boolean | null> {
  const [own, other] = await Promise.all([probeImage(mask), probeImage(image)])
  if (own.problem !== null || other.problem !== null) return null
  const isSame = own.width === other.width && own.height === other.height
  const isTurned = own.width === other.height && own.height === other.width
  if (!isSame && !isTurned) return false
  return hasFewColors(mask).catch(() => null)
}

/** Changes with the file; null: the file cannot be looked at. */
async function stampOf(file: string): Promise<string | null> {
  const info = await stat(file).catch(() => null)
  return info && `${info.size} ${info.mtimeMs} ${info.ctimeMs}`
}

/** Looks into pictures that may be masks, and again only after the mask or its image has changed. */
export class MaskLooks {
  readonly #begin: (file: string) => Disposable | null
  readonly #known = new Map<string, { stamps: string; isMask: boolean }>()

  /** `begin`: notes that a picture is read, until it is disposed of; null: the picture is not to be read. */
  constructor(begin: (file: string) => Disposable | null = () => ({ [Symbol.dispose]: () => {} })) {
    this.#begin = begin
  }

  /** Absolute paths. null: one of the two cannot be read. */
  async look(mask: string, image: string): Promise<boolean | null> {
    const stamps = (await Promise.all([stampOf(mask), stampOf(image)])).join()
    const key = `${mask}\0${image}`
    const known = this.#known.get(key)
    if (known?.stamps === stamps) return known.isMask
    using work = this.#begin(mask)
    const isMask = work && (await isMaskOf(mask, image))
    if (isMask === null) return null
    this.#known.set(key, { stamps, isMask })
    const [oldest] = this.#known.keys()
    if (this.#known.size > MOST_KNOWN) this.#known.delete(oldest)
    return isMask
  }
}
