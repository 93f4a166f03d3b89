import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { probeImage } from '#core/media/probe.ts'
import { isShownAsIs, Renditions } from '#core/media/renditions.ts'
import { decodes, isWholeImage } from '#core/transfer/whole-image.ts'
import type { DatasetImage } from '#shared/model/dataset.ts'
import type { Dice } from './dice.ts'
import type { AttackKind } from './kind.ts'
import { requireTold } from './kind.ts'
import { mutateBytes } from './mutate.ts'

/** Sides that headers claim. */
const SIDES = [0, 1, 7, 999, 16_385, 65_535, 200_001, 999_999, 0x7fffffff, 0xffffffff]

function bmp(width: number, height: number, bits: number): Buffer {
  const head = Buffer.alloc(54)
  head.write('BM')
  head.writeUInt32LE(54 + 64 * 64 * 3, 2)
  head.writeUInt32LE(54, 10)
  head.writeUInt32LE(40, 14)
  head.writeInt32LE(width | 0, 18)
  head.writeInt32LE(height | 0, 22)
  head.writeUInt16LE(1, 26)
  head.writeUInt16LE(bits, 28)
  return Buffer.concat([head, Buffer.alloc(64 * 64 * 3, 0x80)])
}

/** Where each format keeps the sides: offset and width of the field. */
const SIDES_AT: Record<
  string,
  (bytes: Buffer) => { at: number[]; write: 'BE32' | 'BE16' | 'LE16' }
> = {
  png: () => ({ at: [16, 20], write: 'BE32' }),
  gif: () => ({ at: [6, 8], write: 'LE16' }),
  jpg: (bytes) => {
    const frame = Math.max(
      0,
      bytes.indexOf(Buffer.from([0xff, 0xc0])),
      bytes.indexOf(Buffer.from([0xff, 0xc2])),
    )
    return { at: [frame + 5, frame + 7], write: 'BE16' }
  },
  webp: () => ({ at: [26, 28], write: 'LE16' }),
  avif: (bytes) => {
    const box = Math.max(0, bytes.indexOf('ispe'))
    return { at: [box + 8, box + 12], write: 'BE32' }
  },
}

function lyingSides(dice: Dice, format: string, given: Buffer): Buffer {
  const bytes = Buffer.from(given)
  const { at, write } = (SIDES_AT[format] ?? (() => ({ at: [4, 8], write: 'BE32' as const })))(
    bytes,
  )
  for (const place of at) {
    const side = dice.one(SIDES)
    if (place + 4 > bytes.length) continue
    if (write === 'BE32') bytes.writeUInt32BE(side >>> 0, place)
    else if (write === 'BE16') bytes.writeUInt16BE(side & 0xffff, place)
    else bytes.writeUInt16LE(side & 0xffff, place)
  }
  return bytes
}

/** Values of the directory of a TIFF. */
function lyingTiff(dice: Dice, given: Buffer): Buffer {
  const bytes = Buffer.from(given)
  const from = bytes.readUInt32LE(4)
  if (from + 2 > bytes.length) return bytes
  const count = bytes.readUInt16LE(from)
  for (let change = dice.below(3); change >= 0; change--) {
    const entry = from + 2 + 12 * dice.below(count)
    if (entry + 12 > bytes.length) continue
    bytes.writeUInt32LE(dice.one(SIDES) >>> 0, entry + dice.one([4, 8]))
  }
  return bytes
}

async function examples(): Promise<Record<string, Buffer>> {
  const picture = (width: number, height: number) =>
    sharp({
      create: {
        width,
        height,
        channels: 3,
        background: '#804020',
        noise: { type: 'gaussian', mean: 128, sigma: 30 },
      },
    })
  const small = picture(64, 48)
  return {
    png: await small.clone().png().toBuffer(),
    jpg: await small.clone().jpeg().toBuffer(),
    gif: await small.clone().gif().toBuffer(),
    webp: await small.clone().webp().toBuffer(),
    tiff: await small.clone().tiff({ compression: 'lzw' }).toBuffer(),
    tif: await small.clone().tiff({ tile: true, compression: 'deflate' }).toBuffer(),
    avif: await small.clone().avif({ effort: 0 }).toBuffer(),
    bmp: bmp(64, 64, 24),
  }
}

const HTML =
  '<!doctype html><html><script>alert(1)</script><body>Sign in to the network</body></html>'
const SVG =
  '<svg xmlns="http://www.w3.org/2000/svg" width="9e9" height="9e9"><image href="file:///etc/passwd"/></svg>'

export const pictures: AttackKind = {
  limits: { silentMs: 1_000, timeMs: 30_000, growthBytes: 1_500_000_000 },
  share: 30,
  async prepare() {
    const all = await examples()
    const formats = Object.keys(all)
    return {
      async run(dice, { input, target }) {
        const format = dice.one(formats)
        const base = all[format]
        const makers: (() => Buffer)[] = [
          () => mutateBytes(dice, base),
          () => (format.startsWith('tif') ? lyingTiff(dice, base) : lyingSides(dice, format, base)),
          () => mutateBytes(dice, lyingSides(dice, format, base)),
          () => base.subarray(0, dice.below(base.length)),
          () => Buffer.from(dice.one([HTML, SVG, '', 'P6 99999999 99999999 255\n', '%PDF-1.4'])),
          () => bmp(dice.one(SIDES), dice.one(SIDES), dice.one([0, 1, 4, 8, 24, 32, 65_535])),
          () => Buffer.concat([base.subarray(0, dice.below(64)), all[dice.one(formats)]]),
        ]
        const bytes = dice.one(makers)()
        const name = `x.${dice.chance(0.8) ? format : dice.one(formats)}`
        const file = join(input, name)
        await writeFile(file, bytes)
        const facts = await probeImage(file)
        const whole = await isWholeImage(file, (given) => decodes(name, given)).catch(
          (error: unknown) => {
            requireTold(error)
            return false
          },
        )
        const isPicture = facts.problem === null
        if (whole && !isPicture && /holds text|empty/.test(facts.problem ?? ''))
          throw new Error(`Counts as a whole image: ${facts.problem}`)
        if (isPicture && !((facts.width ?? 0) >= 1 && (facts.height ?? 0) >= 1))
          throw new Error('A picture without a size is accepted')
        const image = {
          id: 'x',
          path: name,
          width: facts.width,
          height: facts.height,
          fileSizeBytes: bytes.length,
          modifiedAtMs: 0,
        } as DatasetImage
        const renditions = new Renditions(target, {
          inHand: { begin: () => ({ [Symbol.dispose]: () => {} }) },
          setAside: { refuse: () => {} },
        })
        const shown = await isShownAsIs({ image, file }).catch(requireTold)
        for (const wish of [{ kind: 'thumbnail', width: 320 }, { kind: 'full' }] as const) {
          if (wish.kind === 'full' && shown === true) continue
          const made = await renditions.get({ image, file }, wish).catch(requireTold)
          if (made && (await readFile(made)).length === 0)
            throw new Error('An empty rendition is kept')
        }
      },
    }
  },
}
