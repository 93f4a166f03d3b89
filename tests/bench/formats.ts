import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { diskFile } from '#core/disk-file.ts'
import { coco } from '#core/formats/coco.ts'
import { LossLog } from '#core/formats/loss-log.ts'
import { atOnce, openLabels } from '#core/formats/read-labels.ts'
import type { Format, LabelledImage } from '#core/formats/types.ts'
import { LabelWriting } from '#core/formats/write-labels.ts'
import { seededRandom } from '#tests/helpers/random.ts'
import { against, type Figure, medianOfThree } from './measure.ts'

const IMAGES = 5_000
const PER_IMAGE = 20
const POINTS = 24

/** A COCO file of polygons, as other tools write them. */
function cocoText(images: number): string {
  const random = seededRandom(1)
  const polygon = () => {
    const [x, y] = [100 + random() * 1700, 100 + random() * 800]
    return Array.from({ length: POINTS }, (_, k) => [
      Math.round((x + 40 * Math.cos(k / 4)) * 100) / 100,
      Math.round((y + 40 * Math.sin(k / 4)) * 100) / 100,
    ]).flat()
  }
  const all = Array.from({ length: images * PER_IMAGE }, (_, index) => ({
    id: index + 1,
    image_id: (index % images) + 1,
    category_id: (index % 20) + 1,
    segmentation: [polygon()],
    area: 5026.5,
    bbox: [0, 0, 80, 80],
    iscrowd: 0,
  }))
  return JSON.stringify({
    images: Array.from({ length: images }, (_, index) => ({
      id: index + 1,
      file_name: `part${index % 10}/img${index}.jpg`,
      width: 1920,
      height: 1080,
    })),
    categories: Array.from({ length: 20 }, (_, index) => ({ id: index + 1, name: `c ${index}` })),
    annotations: all,
  })
}

/** Imports and exports a file with 100,000 polygons of 24 points; the memory does not grow with it. */
export async function benchFormats(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-formats-'))
  try {
    const path = join(folder, 'instances.json')
    writeFileSync(path, cocoText(IMAGES))
    const format = coco as Format
    const through = () => {
      const losses = new LossLog()
      const labels = atOnce(openLabels(format, [diskFile('instances.json', path)], [], losses))
      const options = { clampToImage: false, vocPixelOrigin: 0 as const }
      const head = { name: '', classes: labels.classes, extra: labels.extra }
      const writing = new LabelWriting(format, { head, options, losses })
      let length = 0
      const count = ({ content }: { content: string | Uint8Array }) => {
        length += content.length
      }
      for (const found of labels.images) {
        const image: LabelledImage = labels.read(found)
        for (const piece of writing.write(image)?.pieces ?? []) count(piece)
      }
      for (const piece of writing.end()) count(piece)
      return length
    }
    const ms = await medianOfThree(through)
    const jsonMs = await medianOfThree(async () =>
      JSON.stringify(JSON.parse(await readFile(path, 'utf8'))),
    )
    const rate = (milliseconds: number) => (IMAGES * PER_IMAGE) / (milliseconds / 1000)
    const baseline = { name: 'JSON.parse + JSON.stringify of the same file', value: rate(jsonMs) }
    return [
      { name: 'COCO file', value: statSync(path).size / 1e6, unit: 'MB' },
      against('COCO in and out', rate(ms), 'annotations/s', baseline),
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
