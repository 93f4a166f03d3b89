import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newAnnotation } from '#shared/model/annotation.ts'
import { convertFiles, readFiles, writeFiles } from '#tests/helpers/labels.ts'
import { decodeBrush, encodeBrush } from './brush-rle.ts'
import { csvLine } from './csv.ts'
import { detectFormat } from './detect.ts'
import { memoryFile } from './text.ts'
import type { JsonObject } from './types.ts'

const SIZE = { width: 600, height: 400 }

const result = (value: JsonObject, type: string, fields: JsonObject = {}): JsonObject => ({
  original_width: 600,
  original_height: 400,
  image_rotation: 0,
  value,
  id: 'r1',
  from_name: 'label',
  to_name: 'image',
  type,
  origin: 'manual',
  ...fields,
})

// As Label Studio 1.13 exports it.
const task = (results: JsonObject[], more: JsonObject = {}): JsonObject => ({
  id: 12,
  annotations: [
    {
      id: 3,
      completed_by: 1,
      result: results,
      was_cancelled: false,
      ground_truth: false,
      created_at: '2024-05-02T10:11:12.000000Z',
      lead_time: 12.5,
      result_count: results.length,
      unique_id: 'b5e1',
      parent_prediction: null,
    },
  ],
  file_upload: '1f2e3d4c-a_b.jpg',
  drafts: [],
  predictions: [],
  data: { image: '/data/upload/4/1f2e3d4c-a_b.jpg' },
  meta: {},
  inner_id: 1,
  total_annotations: 1,
  project: 4,
  ...more,
})

const fileOf = (...tasks: JsonObject[]) => ({ 'project-4.json': JSON.stringify(tasks) })

const IMAGES = [{ path: 'a_b.jpg', ...SIZE }]

describe('Label Studio, as it exports', () => {
  test('regions in percent, boxes that turn around their corner, the image by the name before the upload', () => {
    const { images, failed } = readFiles(
      'label_studio',
      fileOf(
        task([
          result(
            { x: 10, y: 20, width: 50, height: 25, rotation: 0, rectanglelabels: ['Car'] },
            'rectanglelabels',
          ),
          result(
            { x: 50, y: 50, width: 20, height: 10, rotation: 90, rectanglelabels: ['Car'] },
            'rectanglelabels',
            { id: 'r2' },
          ),
          result(
            {
              points: [
                [0, 0],
                [50, 0],
                [50, 50],
              ],
              closed: true,
              polygonlabels: ['Road'],
            },
            'polygonlabels',
            { id: 'r3' },
          ),
          result(
            { x: 50, y: 50, radiusX: 10, radiusY: 10, rotation: 0, ellipselabels: ['Wheel'] },
            'ellipselabels',
            { id: 'r4' },
          ),
          result({ x: 1, y: 2, width: 0.5, keypointlabels: ['Nose'] }, 'keypointlabels', {
            id: 'r5',
            score: 0.5,
          }),
        ]),
      ),
      IMAGES,
    )
    expect(failed).toEqual([])
    const [image] = images
    expect([image.path, image.matched]).toEqual(['a_b.jpg', true])
    const shapes = image.annotations.map(({ shape }) => shape)
    expect(shapes[0]).toEqual({ kind: 'bbox', x: 60, y: 80, w: 300, h: 100 })
    // Its corner is at 300, 200; the box hangs down from it to the left.
    expect(shapes[1]).toMatchObject({ kind: 'oriented_box', w: 120, h: 40, angleDeg: 90 })
    expect(shapes[1]).toMatchObject({ cx: expect.closeTo(280), cy: expect.closeTo(260) })
    expect(shapes[2]).toMatchObject({ kind: 'polygon' })
    expect(
      shapes[3].kind === 'polygon' && Math.max(...shapes[3].rings[0].map(({ y }) => y)),
    ).toBeCloseTo(240)
    expect(image.annotations[4]).toMatchObject({ className: 'Nose', confidence: 0.5 })
  })

  test('labels, choices and texts of a region are results of one id', () => {
    const value = { x: 10, y: 20, width: 50, height: 25, rotation: 0 }
    const results = [
      result(value, 'rectangle', { from_name: 'bbox' }),
      result({ ...value, labels: ['Plate', 'Dirty'] }, 'labels'),
      result({ ...value, text: ['AB 12'] }, 'textarea', { from_name: 'transcription' }),
      result({ ...value, choices: ['front', 'bent'] }, 'choices', { from_name: 'state' }),
      {
        value: { choices: ['night'] },
        id: 'whole',
        from_name: 'time',
        to_name: 'image',
        type: 'choices',
      },
      { from_id: 'r1', to_id: 'r2', type: 'relation', direction: 'right' },
    ]
    const out = convertFiles('label_studio', fileOf(task(results)), IMAGES)
    const [image] = out.read.images
    expect(image.tags).toEqual(['night'])
    expect(image.annotations).toMatchObject([
      { className: 'Plate', attributes: { transcription: 'AB 12', state: ['front', 'bent'] } },
    ])
    expect(JSON.parse(out.files['label-studio.json'])).toEqual([task(results)])
    expect(out.losses).toEqual([])
    const other = convertFiles('label_studio', fileOf(task(results)), IMAGES, 'cvat')
    expect(other.losses.map(({ message }) => message)).toEqual([
      '“relations” of Label Studio has no place in this format',
      '“labels” of Label Studio has no place in this format',
    ])
  })

  test('what is changed is written anew, with its attributes', () => {
    const value = { x: 10, y: 20, width: 50, height: 25, rotation: 0, rectanglelabels: ['Car'] }
    const read = readFiles(
      'label_studio',
      fileOf(task([result(value, 'rectanglelabels', { from_name: 'x' })])),
      IMAGES,
    )
    const [image] = read.images
    const [car] = image.annotations
    const changed = { ...car, attributes: { paint: 'red', doors: 4 } }
    const { files } = writeFiles('label_studio', {
      ...read,
      images: [{ ...image, annotations: [changed] }],
    })
    const [{ annotations, data, id }] = JSON.parse(files['label-studio.json'])
    expect([id, data.image]).toEqual([12, '/data/upload/4/1f2e3d4c-a_b.jpg'])
    expect(annotations[0]).toMatchObject({ id: 3, lead_time: 12.5 })
    expect(
      annotations[0].result.map(({ type, value: said }: JsonObject) => [type, said]),
    ).toMatchObject([
      ['rectanglelabels', { rectanglelabels: ['Car'] }],
      ['textarea', { text: ['red'] }],
      ['number', { number: 4 }],
    ])
    expect(files['labeling-setup.xml']).toContain('<Label value="Car"></Label>')
  })

  test('masks of the brush', () => {
    const data = new Uint8Array(600 * 400)
    for (let y = 10; y < 20; y++) data.fill(1, y * 600 + 5, y * 600 + 25)
    const rle = encodeBrush(data)
    expect(decodeBrush(rle, data.length)).toEqual(data)
    const brush = result({ format: 'rle', rle, brushlabels: ['Blob'] }, 'brushlabels')
    const out = convertFiles('label_studio', fileOf(task([brush])), IMAGES)
    const [{ shape }] = out.read.images[0].annotations
    expect(shape).toEqual({
      kind: 'polygon',
      rings: [
        [
          { x: 5, y: 10 },
          { x: 25, y: 10 },
          { x: 25, y: 20 },
          { x: 5, y: 20 },
        ],
      ],
    })
    expect(JSON.parse(out.files['label-studio.json'])).toEqual([task([brush])])
    const cut = result(
      { format: 'rle', rle: rle.slice(0, 9), brushlabels: ['Blob'] },
      'brushlabels',
    )
    expect(readFiles('label_studio', fileOf(task([cut])), IMAGES).failed[0]).toMatchObject({
      field: '[0].result[0].value.rle',
      message: 'is cut off',
    })
  })

  test('several annotations of one task: the one marked as truth, else the first that was not skipped', () => {
    const box = (x: number) =>
      result(
        { x, y: 1, width: 2, height: 2, rotation: 0, rectanglelabels: ['Car'] },
        'rectanglelabels',
      )
    const annotations: JsonObject[] = [
      { id: 1, was_cancelled: true, result: [box(1)] },
      { id: 2, result: [box(2)] },
      { id: 3, ground_truth: true, result: [box(3)] },
    ]
    const out = convertFiles('label_studio', fileOf(task([], { annotations })), IMAGES)
    expect(out.read.images[0].annotations[0].shape).toMatchObject({ x: 18 })
    expect(out.read.losses.map(({ message }) => message)).toEqual([
      'an image with several annotations: the first that counts is read',
    ])
    expect(JSON.parse(out.files['label-studio.json'])[0].annotations).toEqual(annotations)
    const predicted = task([], {
      annotations: [],
      predictions: [{ model_version: 'm', result: [box(5)] }],
    })
    const read = readFiles('label_studio', fileOf(predicted), IMAGES)
    expect(read.images[0].annotations).toHaveLength(1)
    expect(read.losses.map(({ message }) => message)).toEqual([
      'predictions are read where nobody has annotated',
    ])
  })

  test('JSON-MIN and CSV', () => {
    const regions = [
      {
        x: 10,
        y: 20,
        width: 50,
        height: 25,
        rotation: 0,
        rectanglelabels: ['Car'],
        original_width: 600,
        original_height: 400,
      },
      {
        points: [
          [0, 0],
          [50, 0],
          [50, 50],
        ],
        polygonlabels: ['Road'],
        original_width: 600,
        original_height: 400,
      },
    ]
    const min = {
      image: '/data/local-files/?d=photos/a%20b.jpg',
      id: 1,
      label: regions,
      annotator: 1,
      annotation_id: 2,
      created_at: '',
      updated_at: '',
      lead_time: 3.2,
    }
    const files = { 'min.json': JSON.stringify([min]) }
    expect(detectFormat([memoryFile('min.json', files['min.json'])])).toBe('label_studio')
    const images = [{ path: 'photos/a b.jpg', ...SIZE }]
    const read = readFiles('label_studio', files, images)
    expect(read.failed).toEqual([])
    expect(read.images).toMatchObject([{ path: 'photos/a b.jpg', matched: true }])
    expect(read.images[0].annotations.map(({ className }) => className)).toEqual(['Car', 'Road'])
    const csv =
      csvLine(['image', 'id', 'label', 'annotator', 'annotation_id']) +
      csvLine([min.image, 1, JSON.stringify(regions), 1, 2])
    expect(detectFormat([memoryFile('x.csv', csv)])).toBe('label_studio')
    const rows = readFiles('label_studio', { 'x.csv': csv }, images)
    expect(rows.images[0].annotations.map(({ className }) => className)).toEqual(['Car', 'Road'])
  })

  test('faults name the task and the region; text tasks say so', () => {
    const { failed, images } = readFiles(
      'label_studio',
      fileOf(
        task([
          result(
            { x: 'a', y: 1, width: 2, height: 2, rectanglelabels: ['Car'] },
            'rectanglelabels',
          ),
          result({ points: [[1, 2]], polygonlabels: ['Car'] }, 'polygonlabels', { id: 'r2' }),
        ]),
        task([], { data: { text: 'a letter' } }),
      ),
      IMAGES,
    )
    expect(images).toHaveLength(1)
    expect(failed.map(({ field }) => field)).toEqual([
      '[1].data.image',
      '[0].result[0].value.x',
      '[0].result[1].value.points',
    ])
  })

  test('without sizes the fractions are kept', () => {
    const bare = {
      ...result(
        { x: 10, y: 20, width: 50, height: 25, rectanglelabels: ['Car'] },
        'rectanglelabels',
      ),
    }
    delete bare.original_width
    const { files } = convertFiles('label_studio', fileOf(task([bare])), [], 'yolo')
    expect(Object.entries(files).find(([path]) => path.endsWith('.txt'))?.[1]).toBe(
      '0 0.35 0.325 0.5 0.25\n',
    )
  })
})

describe('the same comes out', () => {
  const number = fc.integer({ min: 0, max: 5_000 }).map((value) => value / 100)
  const side = fc.integer({ min: 10, max: 4_000 }).map((value) => value / 100)
  const points = fc.uniqueArray(fc.tuple(number, number), {
    minLength: 3,
    maxLength: 6,
    selector: String,
  })
  const word = fc.stringMatching(/^[A-Z][a-z ]{0,5}[a-z]$/)
  const region = fc.oneof(
    fc
      .record({
        x: number,
        y: number,
        width: side,
        height: side,
        rotation: fc.constantFrom(0, 30, 359),
      })
      .map((value) => ['rectanglelabels', value] as const),
    points.map((list) => ['polygonlabels', { points: list, closed: true }] as const),
    points.map((list) => ['polygonlabels', { points: list }] as const),
    fc
      .record({
        x: number,
        y: number,
        radiusX: side,
        radiusY: side,
        rotation: fc.constantFrom(0, 45),
      })
      .map((value) => ['ellipselabels', value] as const),
    fc
      .record({ x: number, y: number, width: side })
      .map((value) => ['keypointlabels', value] as const),
  )
  test('Label Studio', () => {
    const one = fc.tuple(
      region,
      fc.array(word, { minLength: 1, maxLength: 2 }),
      fc.option(word),
      fc.option(fc.constantFrom(0.25, 0.5)),
    )
    fc.assert(
      fc.property(
        fc.array(one, { maxLength: 5 }),
        fc.dictionary(word, word, { maxKeys: 2 }),
        (list, meta) => {
          const results = list.flatMap(([[type, value], labels, text, score], index) => {
            const id = `r${index}`
            const first = result({ ...value, [type]: labels }, type, {
              id,
              ...(score !== null && { score }),
            })
            return text === null
              ? [first]
              : [first, result({ ...value, text: [text] }, 'textarea', { id, from_name: 'words' })]
          })
          const file = [task(results, { meta })]
          const out = convertFiles('label_studio', { 'x.json': JSON.stringify(file) }, IMAGES)
          expect([out.read.failed, out.losses]).toEqual([[], []])
          expect(JSON.parse(out.files['label-studio.json'])).toEqual(file)
        },
      ),
      { numRuns: 150 },
    )
  })

  test('shapes that are drawn here', () => {
    const hole = [
      [0, 0, 40],
      [10, 10, 20],
    ].map(([x, y, s]) => [
      { x, y },
      { x: x + s, y },
      { x: x + s, y: y + s },
      { x, y: y + s },
    ])
    const annotations = [
      newAnnotation({ kind: 'oriented_box', cx: 100, cy: 80, w: 40, h: 20, angleDeg: 30 }, 'a', {
        instanceId: 2,
      }),
      newAnnotation({ kind: 'polygon', rings: hole }, 'b'),
      newAnnotation({ kind: 'polyline', points: hole[0].slice(0, 2) }, 'c', { confidence: 0.5 }),
    ]
    const out = writeFiles('label_studio', {
      classes: [],
      images: [{ path: 'x/a b.jpg', ...SIZE, annotations }],
    })
    expect(out.losses.map(({ message }) => message)).toEqual([
      'polygons with holes are written as brush masks, to whole pixels',
    ])
    const back = readFiles('label_studio', { 'l.json': out.files['label-studio.json'] }, [
      { path: 'images/x/a b.jpg', ...SIZE },
    ])
    expect(back.images).toMatchObject([{ path: 'images/x/a b.jpg', matched: true }])
    const [turned, holed, line] = back.images[0].annotations
    expect(turned).toMatchObject({ id: annotations[0].id, instanceId: 2 })
    expect(turned.shape).toMatchObject({
      cx: expect.closeTo(100),
      cy: expect.closeTo(80),
      angleDeg: 30,
    })
    expect(holed.shape.kind === 'polygon' && holed.shape.rings.length).toBe(2)
    expect(line).toMatchObject({ confidence: 0.5, shape: { kind: 'polyline' } })
  })
})
