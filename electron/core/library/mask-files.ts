import { join } from 'node:path'
import { imagesOfMasks } from '#core/formats/label-file-name.ts'
import { loadSharp } from '#core/media/load-sharp.ts'
import { probeImage } from '#core/media/probe.ts'
import { directoryOf } from '#shared/model/paths.ts'

/** So many masks of a folder are looked into. */
const LOOKED_AT = 4

/** A sample of so many pixels a side. */
const SAMPLE_SIDE = 64

/**
 * Masks have a colour for each class or object. A sample of a photo has several hundred colours, or more than a hundred
 * shades of grey.
 */
const MOST_COLORS = 256
const MOST_GREYS = 64

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

/** A mask has its image's size, as it is stored or upright, and few colours. A file that cannot be read is none. */
async function isMaskOf(mask: string, image: string): Promise<boolean> {
  const [own, other] = await Promise.all([probeImage(mask), probeImage(image)])
  if (own.problem !== null || other.problem !== null) return false
  const isSame = own.width === other.width && own.height === other.height
  const isTurned = own.width === other.height && own.height === other.width
  if (!isSame && !isTurned) return false
  return hasFewColors(mask).catch(() => false)
}

/** Some of a list, from its beginning to its end. */
function someOf<T>(items: readonly T[]): T[] {
  const step = Math.max(1, Math.floor(items.length / LOOKED_AT))
  return items.filter((_, index) => index % step === 0).slice(0, LOOKED_AT)
}

/**
 * The masks among pictures that lie where masks may lie (`mayBeMask`); paths below `root`. A mask has an image of its name
 * elsewhere, and looks like one. Of a folder some are looked into, and speak for the others.
 */
export async function masksAmong(
  root: string,
  held: readonly string[],
  images: readonly string[],
): Promise<Set<string>> {
  const masks = new Set<string>()
  const pairs = Map.groupBy(imagesOfMasks(held, images), ([mask]) => directoryOf(mask))
  for (const folder of pairs.values()) {
    const isMasks = async () => {
      for (const [mask, image] of someOf(folder))
        if (!(await isMaskOf(join(root, mask), join(root, image)))) return false
      return true
    }
    if (await isMasks()) for (const [mask] of folder) masks.add(mask)
  }
  return masks
}
