import { describe, expect, test } from 'vitest'
import { type Annotation, newAnnotation } from '#shared/model/annotation.ts'
import { withClassNames } from '#shared/model/annotation-class.ts'
import type { FormatId, ImportFailure } from '#shared/model/format.ts'
import { detect } from './detect.ts'
import { LIMITS } from './limits.ts'
import { LossLog } from './loss-log.ts'
import { atOnce, type ImportResult, openLabels } from './read-labels.ts'
import { FORMAT_BY_ID, FORMAT_LIST } from './registry.ts'
import { memoryFile } from './text.ts'
import type { LabelledImage, LabelSet } from './types.ts'
import { wholeFiles, writeLabels } from './write-labels.ts'

// No reader may take quadratic time in what a file says: four times as much takes about four times as long. Time is the
// processor's own, so that other work of the machine does not count.

type Files = Record<string, string>
const SIZE = { width: 2_000, height: 2_000 }

function readAll(id: FormatId, files: Files): ImportResult {
  const inputs = Object.entries(files).map(([path, text]) => memoryFile(path, text))
  const images = [{ path: 'a.jpg', ...SIZE }]
  return atOnce(openLabels(FORMAT_BY_ID[id], inputs, images, new LossLog())).readAll()
}

/** Milliseconds of the processor, the least of some runs. */
function timeOf(work: () => void, runs: number): number {
  let best = Number.POSITIVE_INFINITY
  for (let run = 0; run < runs; run++) {
    const before = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(before)
    best = Math.min(best, (user + system) / 1_000)
  }
  return best
}

/** Quadratic would be 16. Garbage collection and caches make large inputs somewhat slower than their share. */
const MOST_GROWTH = 10
/** What is below this is too short to compare, milliseconds. */
const SHORT = 150

function expectLinear(count: number, work: (count: number) => () => void): void {
  const large = timeOf(work(4 * count), 1)
  if (large < SHORT) return
  const [small, again] = [timeOf(work(count), 3), timeOf(work(4 * count), 2)]
  expect(again, `${small} ms for ${count}, ${again} ms for four times as much`).toBeLessThan(
    MOST_GROWTH * Math.max(small, SHORT / 8),
  )
}

const around = (count: number) =>
  Array.from({ length: count }, (_, index) => {
    const angle = (index / count) * 2 * Math.PI
    return { x: 1_000 + 900 * Math.cos(angle), y: 1_000 + 900 * Math.sin(angle) }
  })

const box = (index: number, className = 'a', more: Partial<Annotation> = {}) =>
  newAnnotation(
    { kind: 'bbox', x: index % 1_000, y: Math.floor(index / 1_000), w: 10, h: 10 },
    className,
    more,
  )

function image(annotations: Annotation[], path = 'a.jpg'): LabelledImage {
  return { path, ...SIZE, annotations, isLabelled: true }
}

function setOf(images: LabelledImage[]): LabelSet {
  const names = new Set(images.flatMap(({ annotations }) => annotations.map((a) => a.className)))
  return { name: 'set', classes: withClassNames([], names), images }
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

/** What any dataset may have many of. */
const SETS: Record<string, { count: number; make: (count: number) => LabelSet }> = {
  images: {
    count: 250,
    make: (count) => setOf(numbers(count).map((n) => image([box(n)], `${n}.jpg`))),
  },
  annotations: { count: 1_500, make: (count) => setOf([image(numbers(count).map((n) => box(n)))]) },
  classes: {
    count: 750,
    make: (count) => setOf([image(numbers(count).map((n) => box(n, `class ${n}`)))]),
  },
  'points of a shape': {
    count: 6_000,
    make: (count) =>
      setOf([image([newAnnotation({ kind: 'polygon', rings: [around(count)] }, 'a')])]),
  },
  'parts of an object': {
    count: 300,
    make: (count) => setOf([image(numbers(count).map((n) => box(n * 20, 'a', { instanceId: 1 })))]),
  },
}

function filesOf(id: FormatId, set: LabelSet): Files {
  const options = { clampToImage: false, vocPixelOrigin: 0 as const }
  const pieces = wholeFiles(writeLabels(FORMAT_BY_ID[id], set, options, new LossLog()))
  return Object.fromEntries([...pieces].map(({ path, content }) => [path, String(content)]))
}

/** Their files are pictures: reading them takes as long as their pixels do, whose number has a limit of its own. */
const OF_PIXELS = new Set<FormatId>(['png_masks', 'coco_panoptic'])
const OF_TEXT = FORMAT_LIST.map(({ id }) => id).filter((id) => !OF_PIXELS.has(id))

describe.each(OF_TEXT)('%s is read in linear time:', (id) => {
  test.each(Object.keys(SETS))('%s', { timeout: 60_000 }, (name) => {
    const { count, make } = SETS[name]
    expectLinear(count, (some) => {
      const files = filesOf(id, make(some))
      return () => readAll(id, files)
    })
  })
})

const cocoFile = (rest: object): Files => ({
  'a.json': JSON.stringify({
    images: [{ id: 1, file_name: 'a.jpg', ...SIZE }],
    annotations: [],
    categories: [{ id: 1, name: 'a' }],
    ...rest,
  }),
})

/** What only somebody who means harm, or a broken program, writes. */
const HOSTILE: [what: string, id: FormatId, count: number, (count: number) => Files][] = [
  ['empty lines', 'yolo', 100_000, (n) => ({ 'a.txt': `0 .5 .5 .1 .1${'\n'.repeat(n)}x` })],
  ['empty lines', 'dota', 100_000, (n) => ({ 'a.txt': `gsd:1${'\n'.repeat(n)}x` })],
  ['spaces of a line', 'dota', 20_000, (n) => ({ 'a.txt': `a${' '.repeat(n)}b${' '.repeat(n)}c` })],
  ['faulty lines', 'yolo', 20_000, (n) => ({ 'a.txt': '0 x y\n'.repeat(n) })],
  [
    'names of a data.yaml',
    'yolo',
    2_000,
    (n) => ({
      'data.yaml': `names:\n${numbers(n)
        .map((k) => `  ${k}: c${k}\n`)
        .join('')}`,
    }),
  ],
  [
    'equal names of a data.yaml',
    'yolo',
    2_000,
    (n) => ({ 'data.yaml': `names: [${'a, '.repeat(n)}a]`, 'a.txt': '0 .5 .5 .1 .1' }),
  ],
  [
    'equal categories',
    'coco',
    10_000,
    (n) => cocoFile({ categories: numbers(n).map((id) => ({ id, name: 'a' })) }),
  ],
  [
    'categories with skeletons',
    'coco',
    2_000,
    (n) =>
      cocoFile({
        categories: numbers(n).map((id) => ({ id, name: `c${id}`, keypoints: ['a', 'b'] })),
      }),
  ],
  [
    'broken annotations',
    'coco',
    20_000,
    (n) => ({
      'a.json': `{"images":[{"id":1,"file_name":"a.jpg"}],"categories":[],"annotations":[${'{"image_id":1 "x"},\n'.repeat(n)}{}]}`,
    }),
  ],
  [
    'images of one name',
    'coco',
    4_000,
    (n) =>
      cocoFile({
        images: numbers(n).map((id) => ({ id, file_name: '/b.jpg' })),
        annotations: numbers(n).map((id) => ({ image_id: id })),
      }),
  ],
  [
    'slashes of a name',
    'coco',
    50_000,
    (n) => cocoFile({ images: [{ id: 1, file_name: `${'/'.repeat(n)}a.jpg` }] }),
  ],
  [
    'question marks of a name',
    'labelme',
    50_000,
    (n) => ({ 'a.json': JSON.stringify({ shapes: [], imagePath: `http://x${'?'.repeat(n)}\n` }) }),
  ],
  [
    'outlines that go there and back',
    'yolo_seg',
    5_000,
    (n) => ({ 'a.txt': `0 ${'0.1 0.1 0.2 0.2 '.repeat(n)}0.3 0.1` }),
  ],
  [
    'holes of a mask',
    'coco',
    10_000,
    (n) => {
      // Every other pixel of every other column is a hole.
      const side = 2 * Math.ceil(Math.sqrt(n)) + 1
      const counts = [0]
      let last = 1
      for (let place = 0; place < side * side; place++) {
        const isHole = Math.floor(place / side) % 2 === 1 && (place % side) % 2 === 1
        const value = isHole ? 0 : 1
        if (value === last) counts[counts.length - 1]++
        else counts.push(1)
        if (place === 0) counts.splice(0, counts.length, 0, 1)
        last = value
      }
      const size = [side, side]
      return cocoFile({
        annotations: [{ id: 1, image_id: 1, category_id: 1, segmentation: { size, counts } }],
      })
    },
  ],
  [
    'joints of one name',
    'labelme',
    2_000,
    (n) => ({
      'a.json': JSON.stringify({
        shapes: numbers(n).map((k) => ({
          label: 'a',
          points: [[k % 999, 5]],
          shape_type: 'point',
          group_id: 7,
        })),
        imagePath: 'a.jpg',
      }),
    }),
  ],
  [
    'comments without an end',
    'cvat',
    20_000,
    (n) => ({ 'a.xml': `<annotations>${'<!-- '.repeat(n)}` }),
  ],
  [
    'tags without an end',
    'cvat',
    20_000,
    (n) => ({ 'a.xml': `<annotations>${'<image name="'.repeat(n)}` }),
  ],
  [
    'elements in each other',
    'pascal_voc',
    500,
    (n) => ({
      'a.xml': `<annotation>${'<object>'.repeat(n)}${'</object>'.repeat(n)}</annotation>`,
    }),
  ],
  [
    'labels',
    'cvat',
    3_000,
    (n) => ({
      'a.xml': `<annotations><meta><task><labels>${numbers(n)
        .map((k) => `<label><name>l${k}</name></label>`)
        .join('')}</labels></task></meta></annotations>`,
    }),
  ],
  [
    'quotes of a CSV',
    'via_csv',
    50_000,
    (n) => ({
      'a.csv': `filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes\n"${'""'.repeat(n)}",1,,,,,`,
    }),
  ],
]

describe('what is meant to take long is read in linear time:', () => {
  test.each(HOSTILE)('%s (%s)', { timeout: 60_000 }, (_what, id, count, make) => {
    expectLinear(count, (some) => {
      const files = make(some)
      const inputs = Object.entries(files).map(([path, text]) => memoryFile(path, text))
      return () => {
        atOnce(detect(inputs))
        readAll(id, files)
      }
    })
  })
})

describe('what is beyond a limit is refused by name, and the rest is read:', () => {
  const messages = ({ failed }: { failed: ImportFailure[] }) =>
    failed.map(({ file, field, message }) => `${file}, ${field}: ${message}`).join('\n')

  test.each<[string, FormatId, Files, RegExp]>([
    [
      'joints of a skeleton',
      'yolo_pose',
      { 'data.yaml': 'names: [a]\nkpt_shape: [30000000, 3]' },
      /data.yaml, kpt_shape: has 30,000,000 joints; up to 1,000 are read/,
    ],
    [
      'a class number',
      'yolo',
      { 'data.yaml': 'names: {50000000: a}' },
      /data.yaml, names\[50000000\]: is beyond the highest class number that is read, 99999/,
    ],
    [
      'points of a line',
      'yolo_seg',
      { 'a.txt': `0 ${'0.5 0.5 '.repeat(1_000_000)}` },
      /a.txt, line 1: has 2,000,001 numbers; up to 400,002 are read/,
    ],
    [
      'a name',
      'coco',
      cocoFile({ images: [{ id: 1, file_name: `${'/'.repeat(50_000)}a.jpg` }] }),
      /a.json, .*: calls an image by 50,005 characters; names are read up to 4,096/,
    ],
    [
      'sides of a mask',
      'coco',
      cocoFile({
        annotations: [
          {
            ...{ id: 1, image_id: 1, category_id: 1 },
            segmentation: { size: [2001, 2001], counts: new Array(2001 * 2001).fill(1) },
          },
        ],
      }),
      /annotations\[0\].segmentation.counts: its border has more than 800,000 sides of pixels/,
    ],
    [
      'the pixels of a mask',
      'coco',
      cocoFile({
        annotations: [
          {
            ...{ id: 1, image_id: 1, category_id: 1 },
            segmentation: { size: [1e6, 1e6], counts: [0, 1e12] },
          },
        ],
      }),
      /segmentation.counts: has 1,000,000,000,000 pixels; up to 400,000,000 are read/,
    ],
  ])('%s', (_what, id, files, expected) => {
    expect(messages(readAll(id, files))).toMatch(expected)
  })

  test('of a million faults the first are told, and the count of the rest', () => {
    const { failed } = readAll('yolo', { 'a.txt': '0 x\n'.repeat(30_000) })
    expect(failed).toHaveLength(LIMITS.failures + 1)
    expect(failed.at(-1)?.message).toBe('20000 more faults, which are not told one by one')
  })

  test('a small thing in a huge image is read', () => {
    const counts = [
      20_000 * 10_000 + 500,
      5,
      20_000 - 5,
      5,
      20_000 * 20_000 - 20_000 * 10_001 - 505,
    ]
    const { images, failed } = readAll(
      'coco',
      cocoFile({
        images: [{ id: 1, file_name: 'b.jpg', width: 20_000, height: 20_000 }],
        annotations: numbers(300).map((id) => ({
          ...{ id, image_id: 1, category_id: 1 },
          segmentation: { size: [20_000, 20_000], counts },
        })),
      }),
    )
    expect(failed).toEqual([])
    expect(images[0].annotations).toHaveLength(300)
    expect(images[0].annotations[0].shape).toMatchObject({
      rings: [[{ x: 10_000, y: 500 }, {}, {}, {}]],
    })
  })
})

test.each<[what: string, id: FormatId, line: (n: number) => string]>([
  ['rows', 'tensorflow_csv', (n) => `${n}.jpg,640,480,car,1,2,30,40\n`],
  ['frames', 'mot', (n) => `${n + 1},1,10,10,20,20,1,1,1\n`],
])('more %s than a call can have arguments are read', { timeout: 60_000 }, (_, id, line) => {
  const count = 140_000
  const header = 'filename,width,height,class,xmin,ymin,xmax,ymax\n'
  const text = numbers(count).map(line).join('')
  const files: Files =
    id === 'mot'
      ? { 'set/gt/gt.txt': text, 'set/seqinfo.ini': `[Sequence]\nname=set\nseqLength=${count}\n` }
      : { 'a.csv': header + text }
  const inputs = Object.entries(files).map(([path, content]) => memoryFile(path, content))
  const { images, failed } = atOnce(openLabels(FORMAT_BY_ID[id], inputs, [], new LossLog()))
  expect([images.length, failed]).toEqual([count, []])
})
