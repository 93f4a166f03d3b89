import { coco } from '#core/formats/coco.ts'
import { imageLookup } from '#core/formats/image-lookup.ts'
import { LossLog } from '#core/formats/loss-log.ts'
import type { InputFile, LabelledImage } from '#core/formats/types.ts'
import { newAnnotation } from '#shared/model/annotation.ts'
import { withClassNames } from '#shared/model/annotation-class.ts'
import { seededRandom } from '#tests/helpers/random.ts'
import { against, type Figure, medianOfThree } from './measure.ts'

const IMAGES = 5_000
const PER_IMAGE = 20

/** A COCO file of 100,000 annotations, half boxes and half polygons of 24 vertices. */
export async function benchFormats(): Promise<Figure[]> {
  const random = seededRandom(1)
  const names = Array.from({ length: 20 }, (_, index) => `class ${index}`)
  const images = Array.from(
    { length: IMAGES },
    (_, index): LabelledImage => ({
      path: `part${index % 10}/img${index}.jpg`,
      width: 1920,
      height: 1080,
      annotations: Array.from({ length: PER_IMAGE }, (__, n) => {
        const [x, y] = [random() * 1800, random() * 1000]
        const ring = Array.from({ length: 24 }, (___, k) => ({
          x: x + 40 * Math.cos(k),
          y: y + 40 * Math.sin(k),
        }))
        const shape =
          n % 2 === 0
            ? { kind: 'bbox' as const, x, y, w: 50, h: 40 }
            : { kind: 'polygon' as const, rings: [ring] }
        return newAnnotation(shape, names[n % names.length])
      }),
    }),
  )
  const set = { name: 'bench', classes: withClassNames([], names), images }
  const write = () => [
    ...coco.export(set, { clampToImage: false, vocPixelOrigin: 0 }, new LossLog()),
  ]
  const [{ path, content }] = write()
  const text = String(content)
  const file: InputFile = { path, bytes: () => new TextEncoder().encode(text) }
  const lookup = imageLookup(images)
  const exportMs = await medianOfThree(write)
  const importMs = await medianOfThree(() =>
    coco.import([file], { images: lookup, losses: new LossLog() }),
  )
  const jsonMs = await medianOfThree(() => JSON.stringify(JSON.parse(text)))
  const rate = (milliseconds: number) => (IMAGES * PER_IMAGE) / (milliseconds / 1000)
  const baseline = { name: 'JSON.parse + JSON.stringify of the same file', value: rate(jsonMs) }
  return [
    against('COCO import', rate(importMs), 'annotations/s', baseline),
    against('COCO export', rate(exportMs), 'annotations/s', baseline),
  ]
}
