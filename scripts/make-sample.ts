/**
 * Draws the sample dataset: scenes whose ground truth is exact, because the same numbers draw the picture and the
 * labels. Seeded, so that each run gives the same bytes: `npm run sample`.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { LossLog } from '#core/formats/loss-log.ts'
import { FORMAT_BY_ID } from '#core/formats/registry.ts'
import type { LabelledImage } from '#core/formats/types.ts'
import { wholeFiles, writeLabels } from '#core/formats/write-labels.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import type { Split, Stage } from '#shared/model/dataset.ts'
import { seededRandom } from '#tests/helpers/random.ts'
import { faceScene } from './sample/face-scene.ts'
import { harbourScene } from './sample/harbour-scene.ts'
import { peopleScene } from './sample/people-scene.ts'
import { roadScene } from './sample/road-scene.ts'
import type { Scene } from './sample/scene.ts'

const OUT = join(import.meta.dirname, '../resources/sample')

const CLASSES: AnnotationClass[] = [
  { name: 'car', color: '#e69f00' },
  { name: 'lane', color: '#56b4e9' },
  {
    name: 'person',
    color: '#009e73',
    skeleton: {
      nodes: [
        { name: 'head', x: 0.5, y: 0.05 },
        { name: 'left hand', x: 0.9, y: 0.55 },
        { name: 'right hand', x: 0.1, y: 0.55 },
        { name: 'left foot', x: 0.7, y: 1 },
        { name: 'right foot', x: 0.3, y: 1 },
      ],
      edges: [
        [0, 1],
        [0, 2],
        [0, 3],
        [0, 4],
      ],
    },
  },
  { name: 'boat', color: '#0072b2' },
  { name: 'island', color: '#d55e00' },
  { name: 'head', color: '#cc79a7' },
  { name: 'left hand', color: '#88ccee' },
  { name: 'right hand', color: '#44aa99' },
  { name: 'left foot', color: '#999933' },
  { name: 'right foot', color: '#ddcc77' },
  { name: 'left eye', color: '#aa4499' },
  { name: 'right eye', color: '#882255' },
  { name: 'nose', color: '#cc6677' },
  { name: 'face', color: '#f0e442' },
]

interface Planned {
  path: string
  draw: (random: () => number) => Scene
  stage: Stage
  split: Split | null
  tags: string[]
  /** Whether it comes with labels, or leaves them to the user. */
  labelled: boolean
}

const PLAN: Planned[] = [
  {
    path: 'roads/road 1.jpg',
    draw: roadScene('day'),
    stage: 'complete',
    split: 'train',
    tags: ['day'],
    labelled: true,
  },
  {
    path: 'roads/road 2.jpg',
    draw: roadScene('dusk'),
    stage: 'complete',
    split: 'train',
    tags: ['dusk'],
    labelled: true,
  },
  {
    path: 'roads/road 3.jpg',
    draw: roadScene('night'),
    stage: 'review',
    split: 'val',
    tags: ['night'],
    labelled: true,
  },
  {
    path: 'roads/road 4.jpg',
    draw: roadScene('day'),
    stage: 'new',
    split: null,
    tags: [],
    labelled: false,
  },
  {
    path: 'people/crossing 1.jpg',
    draw: peopleScene,
    stage: 'complete',
    split: 'train',
    tags: [],
    labelled: true,
  },
  {
    path: 'people/crossing 2.jpg',
    draw: peopleScene,
    stage: 'annotate',
    split: 'val',
    tags: [],
    labelled: true,
  },
  {
    path: 'people/crossing 10.jpg',
    draw: peopleScene,
    stage: 'new',
    split: null,
    tags: [],
    labelled: false,
  },
  {
    path: 'faces/face 1.png',
    draw: faceScene,
    stage: 'complete',
    split: 'train',
    tags: [],
    labelled: true,
  },
  {
    path: 'faces/face 2.png',
    draw: faceScene,
    stage: 'review',
    split: 'test',
    tags: [],
    labelled: true,
  },
  {
    path: 'faces/face 3.png',
    draw: faceScene,
    stage: 'new',
    split: null,
    tags: [],
    labelled: false,
  },
  {
    path: 'harbour/aerial 1.jpg',
    draw: harbourScene,
    stage: 'complete',
    split: 'train',
    tags: ['aerial'],
    labelled: true,
  },
  {
    path: 'harbour/aerial 2.jpg',
    draw: harbourScene,
    stage: 'new',
    split: null,
    tags: ['aerial'],
    labelled: false,
  },
]

await rm(OUT, { recursive: true, force: true })
const labelled: LabelledImage[] = []
for (const [index, { path, draw, stage, split, tags, labelled: withLabels }] of PLAN.entries()) {
  const { width, height, svg, annotations } = draw(seededRandom(index + 1))
  const file = join(OUT, 'images', path)
  await mkdir(join(file, '..'), { recursive: true })
  const picture = sharp(Buffer.from(svg))
  await (path.endsWith('.png')
    ? picture.png({ palette: true, effort: 10 })
    : picture.jpeg({ quality: 82, mozjpeg: true })
  ).toFile(file)
  if (withLabels) labelled.push({ path, width, height, annotations, stage, split, tags })
}
const set = { name: 'Sample', classes: CLASSES, images: labelled }
const options = { clampToImage: false, vocPixelOrigin: 0 as const }
for (const { path, content } of wholeFiles(
  writeLabels(FORMAT_BY_ID.pictograph, set, options, new LossLog()),
)) {
  const file = join(OUT, 'labels', path)
  await mkdir(join(file, '..'), { recursive: true })
  await writeFile(file, content)
}
process.stdout.write(`${PLAN.length} images, ${labelled.length} of them labelled, in ${OUT}\n`)
