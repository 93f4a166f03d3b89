import { createHash } from 'node:crypto'
import { rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { touchFile } from '#core/aged-files.ts'
import { makeFolder } from '#core/make-folder.ts'
import { makePrivateFileSync, PRIVATE_FOLDER } from '#core/private-files.ts'
import type { SetAside } from '#core/set-aside.ts'
import type { WorkInHand } from '#core/work-in-hand.ts'
import { newId } from '#shared/model/annotation.ts'
import type { DatasetImage } from '#shared/model/dataset.ts'
import { readHead } from './file-head.ts'
import { loadSharp } from './load-sharp.ts'
import { openPicture } from './open-picture.ts'

/** Signatures of the formats that every browser engine decodes. File names may be wrong. */
const SHOWN_AS_IS = {
  jpeg: (head: string) => head.startsWith('\xff\xd8\xff'),
  png: (head: string) => head.startsWith('\x89PNG\r\n\x1a\n'),
  gif: (head: string) => head.startsWith('GIF87a') || head.startsWith('GIF89a'),
  bmp: (head: string) => head.startsWith('BM'),
  webp: (head: string) => head.startsWith('RIFF') && head.startsWith('WEBP', 8),
}
type ShownFormat = keyof typeof SHOWN_AS_IS

/** Null: browsers cannot show it. */
async function shownFormat(file: string): Promise<ShownFormat | null> {
  const { head } = await readHead(file, 16)
  const text = head.toString('latin1')
  const formats = Object.keys(SHOWN_AS_IS) as ShownFormat[]
  return formats.find((format) => SHOWN_AS_IS[format](text)) ?? null
}

/** Chromium refuses bitmaps beyond 16,384 pixels a side, and 100 megapixels take 400 MB. */
const MAX_SHOWN_SIDE = 16_384
const MAX_SHOWN_PIXELS = 100_000_000
/** Larger images are reduced to this side; coordinates still refer to the full image. */
const REDUCED_SIDE = 8_192

/** Two at a time, so that other cores stay free for the user. */
const MAX_PARALLEL = 2

export interface Source {
  image: DatasetImage
  /** Absolute path. */
  file: string
  /** Absolute folder for its renditions, so that they are deleted with it. */
  folder?: string
}

export type Rendition = { kind: 'thumbnail'; width: number } | { kind: 'full' }

/** True if the renderer can show the file itself. Throws what opening it throws. */
export async function isShownAsIs({ image, file }: Source): Promise<boolean> {
  const width = image.width ?? 0
  const height = image.height ?? 0
  if (Math.max(width, height) > MAX_SHOWN_SIDE || width * height > MAX_SHOWN_PIXELS) return false
  const format = await shownFormat(file)
  if (format !== 'webp') return format !== null
  // Chromium applies the EXIF orientation of JPEG, PNG and AVIF, but not of WebP (seen in 156).
  const sharp = await loadSharp()
  const { orientation } = await sharp(file, { limitInputPixels: false }).metadata()
  return (orientation ?? 1) === 1
}

async function render({ file }: Source, rendition: Rendition, target: string): Promise<void> {
  const { picture, metadata } = await openPicture(file, { failOn: 'none', sequentialRead: true })
  const pipeline = picture.autoOrient()
  if (rendition.kind === 'thumbnail') {
    await pipeline
      .resize({
        width: rendition.width,
        height: rendition.width,
        fit: 'inside',
        withoutEnlargement: true,
      })
      .webp({ quality: 75 })
      .toFile(target)
    return
  }
  // Deep greys (X-ray, depth) would look black without stretching to the range of the screen.
  const { depth } = metadata
  const shown = depth === 'ushort' || depth === 'float' ? pipeline.normalise() : pipeline
  const large =
    Math.max(metadata.width, metadata.height) > MAX_SHOWN_SIDE ||
    metadata.width * metadata.height > MAX_SHOWN_PIXELS
  await (large ? shown.resize({ width: REDUCED_SIDE, height: REDUCED_SIDE, fit: 'inside' }) : shown)
    .toColourspace('srgb')
    .png({ compressionLevel: 3 })
    .toFile(target)
}

interface Risks {
  inHand: Pick<WorkInHand, 'begin'>
  setAside: Pick<SetAside, 'refuse'>
}

/** Pictures derived from originals, cached on disk by their source. */
export class Renditions {
  readonly #folder: string
  readonly #risks: Risks
  readonly #running = new Map<string, Promise<string>>()
  readonly #waiting: (() => void)[] = []
  #active = 0

  constructor(folder: string, risks: Risks) {
    this.#folder = folder
    this.#risks = risks
  }

  /** The absolute path of the picture. Concurrent calls share one creation. Throws what sharp throws. */
  get(source: Source, rendition: Rendition): Promise<string> {
    const { image, file } = source
    const what = rendition.kind === 'thumbnail' ? `thumbnail ${rendition.width}` : 'full'
    const key = createHash('sha256')
      .update(JSON.stringify([file, image.fileSizeBytes, image.modifiedAtMs, what]))
      .digest('hex')
    const extension = rendition.kind === 'thumbnail' ? 'webp' : 'png'
    const target = join(source.folder ?? this.#folder, key.slice(0, 2), `${key}.${extension}`)
    const running = this.#running.get(key)
    if (running) return running
    const made = this.#make(source, rendition, target).finally(() => this.#running.delete(key))
    this.#running.set(key, made)
    return made
  }

  async #make(source: Source, rendition: Rendition, target: string): Promise<string> {
    if (await touchFile(target)) return target
    const { id, path } = source.image
    this.#risks.setAside.refuse('picture', id)
    if (this.#active >= MAX_PARALLEL) await new Promise<void>((go) => this.#waiting.push(go))
    this.#active++
    const temporary = `${target}.${newId()}.part`
    try {
      await makeFolder(dirname(target), PRIVATE_FOLDER)
      // The encoder writes into the existing file and keeps its mode.
      makePrivateFileSync(temporary)
      {
        using _work = this.#risks.inHand.begin({ kind: 'picture', id, name: path })
        await render(source, rendition, temporary)
      }
      await rename(temporary, target)
      return target
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    } finally {
      this.#active--
      this.#waiting.shift()?.()
    }
  }
}
