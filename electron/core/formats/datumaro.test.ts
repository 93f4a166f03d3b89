import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeRleString } from '#shared/geometry/raster.ts'
import { newAnnotation, type Shape } from '#shared/model/annotation.ts'
import { detectFormat } from './detect.ts'
import { LossLog } from './loss-log.ts'
import { atOnce, openLabels } from './read-labels.ts'
import { FORMAT_BY_ID } from './registry.ts'
import { encodeRleString } from './rle-string.ts'
import { memoryFile } from './text.ts'
import type { KnownImage, LabelSet } from './types.ts'
import { wholeFiles, writeLabels } from './write-labels.ts'

const SIZE = { width: 64, height: 48 }
const IMAGES: KnownImage[] = [{ path: 'images/train/b/a.jpg', ...SIZE }]

/** As Datumaro and CVAT write it. */
const file = (annotations: unknown[]) => ({
  dm_format_version: '1.0',
  media_type: 2,
  infos: { author: 'me' },
  categories: {
    label: {
      label_groups: [],
      labels: [
        { name: 'car', parent: '', attributes: ['doors'] },
        { name: 'person', parent: '', attributes: [] },
        { name: 'night', parent: '', attributes: [] },
      ],
      attributes: ['occluded'],
    },
    points: { items: [{ label_id: 1, labels: ['nose', 'hip', 'knee'], joints: [[1, 2]] }] },
  },
  items: [
    {
      id: 'b/a',
      annotations,
      attr: { frame: 7 },
      image: { path: 'b/a.jpg', size: [48, 64] },
    },
  ],
})

const PATH = 'annotations/train.json'

function read(content: unknown, images = IMAGES) {
  const losses = new LossLog()
  const input = memoryFile(PATH, JSON.stringify(content))
  const labels = atOnce(openLabels(FORMAT_BY_ID.datumaro, [input], images, losses))
  return { ...labels.readAll(), extra: labels.extra, losses }
}

function write(set: LabelSet, losses: LossLog): Record<string, string> {
  const options = { clampToImage: false, vocPixelOrigin: 0 as const }
  const files = wholeFiles(writeLabels(FORMAT_BY_ID.datumaro, set, options, losses))
  return Object.fromEntries([...files].map(({ path, content }) => [path, String(content)]))
}

function again(content: unknown): unknown {
  // Read from beside the file, so that the image keeps its name.
  const { images, classes, failed, extra } = read(content, [{ path: 'b/a.jpg', ...SIZE }])
  expect(failed).toEqual([])
  const losses = new LossLog()
  const out = write({ name: 'set', classes, extra, images }, losses)
  expect(losses.report()).toEqual([])
  expect(Object.keys(out)).toEqual([PATH])
  return JSON.parse(out[PATH])
}

const common = { id: 0, attributes: {}, group: 0, label_id: 0, z_order: 0 }

describe('Datumaro is read', () => {
  test('shapes, poses, tags, turned boxes and scores; images by subset', () => {
    const { images, classes, failed } = read(
      file([
        { ...common, type: 'label', label_id: 2 },
        {
          ...common,
          type: 'bbox',
          bbox: [1, 2, 30, 4],
          attributes: { occluded: false, rotation: 350, score: 0.5 },
        },
        {
          ...common,
          type: 'points',
          label_id: 1,
          points: [1, 2, 3, 4, 0, 0],
          visibility: [2, 1, 0],
          group: 4,
        },
        {
          ...common,
          type: 'mask',
          rle: { counts: encodeRleString([0, 2, 46, 2, 3022]), size: [48, 64] },
        },
      ]),
    )
    expect(failed).toEqual([])
    expect(images[0]).toMatchObject({ matched: true, split: 'train', tags: ['night'] })
    const [box, nose, hip, mask] = images[0].annotations
    expect(box).toMatchObject({
      shape: { kind: 'oriented_box', cx: 16, cy: 4, w: 30, h: 4, angleDeg: 350 },
      confidence: 0.5,
      attributes: { occluded: false },
    })
    expect(nose).toMatchObject({ className: 'nose', instanceId: 4 })
    expect(hip).toMatchObject({ className: 'hip', instanceId: 4, attributes: { occluded: 'true' } })
    expect(mask.shape).toMatchObject({ kind: 'polygon' })
    expect(classes.find(({ name }) => name === 'person')?.skeleton?.edges).toEqual([[0, 1]])
  })

  test('faults name the annotation, and the rest is read', () => {
    const { images, failed } = read(
      file([
        { ...common, type: 'bbox', bbox: [1, 2, 3, 4] },
        { ...common, type: 'bbox', bbox: [1, 2, 0, 4] },
        { ...common, type: 'polygon', points: [1, 2, 3] },
        { ...common, type: 'bbox', bbox: [1, 2, 3, 4], label_id: 9 },
        'nothing',
      ]),
    )
    expect(images[0].annotations).toHaveLength(1)
    expect(failed.map(({ field }) => field)).toEqual([
      'items[0].annotations[1].bbox',
      'items[0].annotations[2].points',
      'items[0].annotations[3].label_id',
      'items[0].annotations[4]',
    ])
    expect(failed[2].message).toBe('no label has the number 9')
  })

  test('its files are told by what is in them', () => {
    expect(detectFormat([memoryFile('x.json', JSON.stringify(file([])))])).toBe('datumaro')
  })

  test('annotations of types that have no place are told, and go back', () => {
    const caption = { id: 3, type: 'caption', attributes: {}, group: 0, caption: 'a street' }
    const tag = { ...common, type: 'label', label_id: 2, attributes: { sure: true } }
    const content = file([caption, tag])
    expect(read(content).losses.report()[0].message).toBe(
      'annotations of type "caption" go back to Datumaro alone',
    )
    expect(again(content)).toEqual(content)
  })
})

describe('Datumaro is written', () => {
  const square = (from: number, to: number) => [
    { x: from, y: from },
    { x: to, y: from },
    { x: to, y: to },
    { x: from, y: to },
  ]

  test('labels that only annotations name, a pose, a hole as a mask', () => {
    const hole: Shape = { kind: 'polygon', rings: [square(10, 20), square(13, 16)] }
    const losses = new LossLog()
    const out = write(
      {
        name: 'set',
        classes: [
          {
            name: 'person',
            color: '#e69f00',
            skeleton: { nodes: [{ name: 'nose' }, { name: 'hip' }], edges: [[0, 1]] },
          },
        ],
        images: [
          {
            path: 'b/a.jpg',
            ...SIZE,
            split: 'train',
            annotations: [
              newAnnotation(hole, 'pond'),
              newAnnotation({ kind: 'keypoint', x: 3, y: 4 }, 'hip', { instanceId: 2 }),
            ],
          },
        ],
      },
      losses,
    )
    expect(losses.report().map(({ message }) => message)).toEqual([
      'polygons with holes are written as masks, to whole pixels',
    ])
    const { images } = read(JSON.parse(out[PATH]))
    expect(images[0].matched).toBe(true)
    const [pond, hip] = images[0].annotations
    if (pond.shape.kind !== 'polygon') throw new Error('no polygon')
    expect([pond.className, pond.shape.rings.length]).toEqual(['pond', 2])
    expect(hip).toMatchObject({ className: 'hip', shape: { x: 3, y: 4 }, instanceId: 2 })
  })

  test('elsewhere, what has no place is told, and nothing else', () => {
    const content = file([{ ...common, type: 'bbox', bbox: [1, 2, 3, 4], z_order: 2 }])
    const { images, classes, extra } = read(content)
    const losses = new LossLog()
    const options = { clampToImage: false, vocPixelOrigin: 0 as const }
    const set = { name: 'set', classes, extra, images }
    expect([...writeLabels(FORMAT_BY_ID.coco, set, options, losses)].length).toBeGreaterThan(0)
    expect(losses.report().map(({ message }) => message)).toEqual([
      '“attr” of Datumaro has no place in this format',
      '“z_order” of Datumaro has no place in this format',
    ])
  })

  test('what was changed is written as it is now', () => {
    const content = file([
      { ...common, type: 'points', label_id: 1, points: [1, 2, 3, 4, 5, 6], visibility: [2, 2, 2] },
    ])
    const { images, classes, extra } = read(content)
    const annotations = images[0].annotations.map((one) => ({ ...one, attributes: { age: 7 } }))
    const set = { name: 'set', classes, extra, images: [{ ...images[0], annotations }] }
    const [text] = Object.values(write(set, new LossLog()))
    expect(JSON.parse(text).items[0].annotations[0]).toMatchObject({
      attributes: { age: 7 },
      points: [1, 2, 3, 4, 5, 6],
    })
    const moved = annotations.map((one) => ({
      ...one,
      shape: { kind: 'keypoint' as const, x: 9, y: 9 },
    }))
    const [other] = Object.values(
      write({ ...set, images: [{ ...images[0], annotations: moved }] }, new LossLog()),
    )
    expect(JSON.parse(other).items[0].annotations[0]).toMatchObject({
      type: 'points',
      label_id: 1,
      points: [9, 9, 9, 9, 9, 9],
    })
  })
})

test('runs as compressed text are read as they were written', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 5_000_000 }), { minLength: 1, maxLength: 20 }),
      (runs) => {
        expect(decodeRleString(encodeRleString(runs))).toEqual(runs)
      },
    ),
  )
})

test('the same format keeps everything', () => {
  const number = fc.integer({ min: 0, max: 400 }).map((value) => value / 10)
  const side = fc.integer({ min: 1, max: 100 }).map((value) => value / 10)
  const listed = (type: string, least: number) =>
    fc
      .uniqueArray(fc.tuple(number, number), { minLength: least, maxLength: 6, selector: String })
      .map((points) => ({ type, points: points.flat() }))
  const pose = fc
    .tuple(
      fc.array(number, { minLength: 6, maxLength: 6 }),
      fc.array(fc.constantFrom(0, 1, 2), { minLength: 3, maxLength: 3 }),
    )
    .filter(([, seen]) => seen.some((value) => value > 0))
    .map(([points, visibility]) => ({ type: 'points', points, visibility, label_id: 1 }))
  const mask = fc
    .tuple(fc.integer({ min: 0, max: 99 }), fc.integer({ min: 1, max: 99 }))
    .map(([zeros, ones]) => ({
      type: 'mask',
      rle: { counts: encodeRleString([zeros, ones, 48 * 64 - zeros - ones]), size: [48, 64] },
    }))
  const shape = fc.oneof(
    fc.tuple(number, number, side, side).map((bbox) => ({ type: 'bbox', bbox })),
    listed('polygon', 3),
    listed('polyline', 2),
    mask,
    pose,
  )
  const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,6}$/)
  const attributes = fc.dictionary(
    fc.oneof(word, fc.constant('occluded')),
    fc.oneof(word, fc.boolean(), fc.integer()),
    { maxKeys: 3 },
  )
  const annotation = fc
    .tuple(
      shape,
      fc.record({
        id: fc.integer({ min: 0, max: 9 }),
        attributes,
        group: fc.constantFrom(0, 0, 1, 2),
        label_id: fc.constantFrom(0, 2),
        z_order: fc.constantFrom(0, 3),
      }),
      fc.dictionary(
        word.map((name) => `x_${name}`),
        word,
        { maxKeys: 1 },
      ),
    )
    .map(([own, fields, others]) => ({ ...others, ...fields, ...own }))
  // Two poses of one group are one object, and are not told apart.
  const list = fc
    .array(annotation, { maxLength: 5 })
    .map((all) =>
      all.map((one, index) =>
        one.type === 'points' ? { ...one, group: one.group && index + 10 } : one,
      ),
    )
  fc.assert(
    fc.property(list, (annotations) => {
      expect(again(file(annotations))).toEqual(file(annotations))
    }),
    { numRuns: 200 },
  )
})
