// Writes one small dataset in each format, with its images, for judge.py: `node tests/trainers/export.ts FOLDER`.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { LossLog } from '#core/formats/loss-log.ts'
import { FORMAT_LIST } from '#core/formats/registry.ts'
import type { LabelledImage } from '#core/formats/types.ts'
import { runExport } from '#core/library/export-job.ts'
import { newAnnotation, type Point } from '#shared/model/annotation.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'

const SIZE = { width: 320, height: 240 }

const CLASSES: AnnotationClass[] = [
  { name: 'car', color: '#e69f00' },
  // Words that YAML 1.1 and readers of text take for something else.
  { name: 'no', color: '#56b4e9' },
  { name: 'stop sign', color: '#009e73' },
  {
    name: 'person',
    color: '#0072b2',
    skeleton: {
      nodes: [{ name: 'left_hand' }, { name: 'right_hand' }, { name: 'head' }],
      edges: [
        [0, 2],
        [1, 2],
      ],
    },
  },
]

const square = (x: number, y: number, side: number): Point[] => [
  { x, y },
  { x: x + side, y },
  { x: x + side, y: y + side },
  { x, y: y + side },
]

/** One image's objects: a box, a box over the border, a turned box, parts of one object, a hole, a pose. */
function annotationsOf(index: number) {
  const at = 10 + index * 7.25
  return [
    newAnnotation({ kind: 'bbox', x: at, y: 20.5, w: 60, h: 40 }, 'car'),
    newAnnotation({ kind: 'bbox', x: 290, y: 200, w: 60, h: 60 }, 'no'),
    newAnnotation(
      { kind: 'oriented_box', cx: 150, cy: 60, w: 50, h: 20, angleDeg: 30 },
      'stop sign',
    ),
    newAnnotation({ kind: 'polygon', rings: [square(20, 100, 30)] }, 'car', { instanceId: 1 }),
    newAnnotation({ kind: 'polygon', rings: [square(80, 100, 30)] }, 'car', { instanceId: 1 }),
    newAnnotation({ kind: 'polygon', rings: [square(150, 100, 60), square(170, 120, 20)] }, 'no'),
    newAnnotation({ kind: 'bbox', x: 220, y: 20, w: 60, h: 150 }, 'person', { instanceId: 2 }),
    newAnnotation({ kind: 'keypoint', x: 230, y: 90 }, 'left_hand', { instanceId: 2 }),
    newAnnotation({ kind: 'keypoint', x: 270, y: 95 }, 'right_hand', { instanceId: 2 }),
    newAnnotation({ kind: 'keypoint', x: 250, y: 30 }, 'head', { instanceId: 2 }),
  ]
}

function imagesOf(): LabelledImage[] {
  return (['train', 'train', 'val', 'test'] as const).flatMap((split, index) => [
    {
      path: `${split}/street ${index}.png`,
      ...SIZE,
      split,
      isLabelled: true,
      annotations: annotationsOf(index),
    },
    { path: `${split}/empty${index}.png`, ...SIZE, split, isLabelled: true, annotations: [] },
  ])
}

const folder = process.argv[2]
if (folder === undefined) throw new Error('usage: node tests/trainers/export.ts FOLDER')
const images = imagesOf()
const files: string[] = []
for (const { path } of images) {
  const file = join(folder, 'source', path)
  mkdirSync(dirname(file), { recursive: true })
  await sharp({ create: { ...SIZE, channels: 3, background: '#567' } })
    .png()
    .toFile(file)
  files.push(file)
}
for (const { id } of FORMAT_LIST) {
  const job = {
    set: { name: 'streets', classes: CLASSES, images },
    files,
    folder: join(folder, id),
    format: id,
    images: 'copy' as const,
    options: { clampToImage: false, vocPixelOrigin: 0 as const },
  }
  for await (const step of runExport(job, new LossLog()))
    if (step.type === 'done')
      process.stdout.write(
        `${id}: ${step.report.files} files, ${step.report.annotations} objects\n`,
      )
}
writeFileSync(join(folder, 'classes.json'), JSON.stringify(CLASSES.map(({ name }) => name)))
