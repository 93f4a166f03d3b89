import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Annotation, newAnnotation } from '#shared/model/annotation.ts'
import { convertFiles, readFiles, writeFiles } from '#tests/helpers/labels.ts'
import { detectFormat } from './detect.ts'
import { memoryFile } from './text.ts'
import type { JsonObject } from './types.ts'

const SIZE = { width: 640, height: 480 }

// As V7 exports it.
const fileOf = (annotations: JsonObject[], size = SIZE) =>
  JSON.stringify({
    version: '2.0',
    schema_ref: 'https://darwin-public.s3.eu-west-1.amazonaws.com/darwin_json/2.0/schema.json',
    item: {
      name: 'a.jpg',
      path: '/north',
      source_info: { item_id: '018a', dataset: { name: 'Birds', slug: 'birds' } },
      slots: [
        {
          type: 'image',
          slot_name: '0',
          ...size,
          thumbnail_url: 'https://x.example/t.jpg',
          source_files: [{ file_name: 'a.jpg', url: 'https://x.example/a.jpg' }],
        },
      ],
    },
    annotations,
  })

const annotation = (fields: JsonObject, name = 'bird'): JsonObject => ({
  id: `id-${Math.round(Math.random() * 1e9)}`,
  name,
  slot_names: ['0'],
  properties: [],
  annotators: [{ email: 'a@b.example', full_name: 'A B' }],
  ...fields,
})

const square = (x: number, y: number, side: number) => [
  { x, y },
  { x: x + side, y },
  { x: x + side, y: y + side },
  { x, y: y + side },
]

const read = (annotations: JsonObject[]) =>
  readFiles('darwin', { 'releases/latest/annotations/north/a.json': fileOf(annotations) }, [
    { path: 'images/north/a.jpg', ...SIZE },
    { path: 'images/south/a.jpg', ...SIZE },
  ])

describe('Darwin JSON, as V7 exports it', () => {
  test('the image is found by its folder on V7; all shapes are read', () => {
    const { images, failed, classes } = read([
      annotation({ bounding_box: { h: 4, w: 3, x: 1, y: 2 }, instance_id: { value: 7 } }),
      annotation({
        bounding_box: { h: 50, w: 50, x: 10, y: 10 },
        polygon: { paths: [square(10, 10, 20), square(12, 12, 4), square(40, 40, 20)] },
      }),
      annotation(
        {
          line: {
            path: [
              { x: 1, y: 1 },
              { x: 5, y: 9 },
            ],
          },
        },
        'lane',
      ),
      annotation({ keypoint: { x: 3, y: 4 } }, 'tip'),
      annotation({
        ellipse: { angle: Math.PI / 2, center: { x: 50, y: 60 }, radius: { x: 20, y: 10 } },
      }),
      annotation(
        {
          skeleton: {
            nodes: [
              { name: 'beak', occluded: false, x: 1, y: 2 },
              { name: 'tail', occluded: true, x: 3, y: 4 },
            ],
          },
        },
        'pose',
      ),
      annotation({ tag: {} }, 'night'),
    ])
    expect(failed).toEqual([])
    const [image] = images
    expect([image.path, image.matched, image.tags]).toEqual(['images/north/a.jpg', true, ['night']])
    expect(image.annotations.map(({ shape }) => shape.kind)).toEqual([
      'bbox',
      'polygon',
      'polygon',
      'polyline',
      'keypoint',
      'polygon',
      'keypoint',
      'keypoint',
    ])
    const [box, outer, island, , , ellipse, beak, tail] = image.annotations
    expect(box.instanceId).toBe(7)
    expect(outer.shape.kind === 'polygon' && outer.shape.rings.length).toBe(2)
    expect([outer.instanceId === island.instanceId, island.instanceId]).toEqual([
      true,
      expect.any(Number),
    ])
    const xs = ellipse.shape.kind === 'polygon' ? ellipse.shape.rings[0].map(({ x }) => x) : []
    expect(Math.max(...xs)).toBeCloseTo(60)
    expect([beak.instanceId === tail.instanceId, tail.attributes]).toEqual([
      true,
      { occluded: 'true' },
    ])
    expect(classes.find(({ name }) => name === 'pose')?.skeleton?.nodes).toEqual([
      { name: 'beak' },
      { name: 'tail' },
    ])
  })

  test('masks lie in one layer; they go back as they were until one is changed', () => {
    const layer = {
      id: 'layer',
      name: '__raster_layer__',
      slot_names: ['0'],
      raster_layer: {
        dense_rle: [0, 1, 1, 2, 0, 1, 2, 1, 1, 1, 0, 2, 2, 2, 0, 2],
        mask_annotation_ids_mapping: { one: 1, two: 2 },
        total_pixels: 12,
      },
    }
    const masks = [
      { id: 'one', name: 'cat', slot_names: ['0'], mask: {} },
      { id: 'two', name: 'dog', slot_names: ['0'], mask: {} },
    ]
    const text = fileOf([...masks, layer], { width: 4, height: 3 })
    const out = convertFiles('darwin', { 'a.json': text })
    expect(out.read.failed).toEqual([])
    const cat = out.read.images[0].annotations.filter(({ className }) => className === 'cat')
    // Row 0 is .##., row 1 begins 2 1: the layer's value 1 fills three pixels.
    const area = cat.reduce(
      (sum, { shape }) => sum + (shape.kind === 'polygon' ? shape.rings[0].length : 0),
      0,
    )
    expect(area).toBeGreaterThanOrEqual(4)
    expect(JSON.parse(out.files['annotations/north/a.json']).annotations).toEqual([...masks, layer])
    const [image] = out.read.images
    const fewer = {
      ...image,
      annotations: image.annotations.filter(({ className }) => className === 'cat'),
    }
    const changed = writeFiles('darwin', { ...out.read, images: [fewer] })
    const [only, ...none] = JSON.parse(changed.files['annotations/north/a.json']).annotations
    expect(none).toEqual([])
    expect(only.polygon.paths.length).toBeGreaterThan(0)
  })

  test('properties and attributes are attributes, and go back with what was changed', () => {
    const properties = [
      { frame_index: null, name: 'Colour', type: 'single_select', value: 'red' },
      { frame_index: null, name: 'Parts', type: 'multi_select', value: 'a' },
      { frame_index: null, name: 'Parts', type: 'multi_select', value: 'b' },
    ]
    const raw = annotation({
      bounding_box: { h: 4, w: 3, x: 1, y: 2 },
      properties,
      attributes: ['wild'],
    })
    const { images, classes, extra } = read([raw])
    const [one] = images[0].annotations
    expect(one.attributes).toEqual({ Colour: 'red', wild: 'true' })
    const changed = { ...one, attributes: { Colour: 'blue', age: 3 } }
    const { files } = writeFiles('darwin', {
      classes,
      extra,
      images: [{ ...images[0], annotations: [changed] }],
    })
    const [back] = JSON.parse(files['annotations/north/a.json']).annotations
    expect(back.properties).toEqual([
      { ...properties[0], value: 'blue' },
      properties[1],
      properties[2],
      { frame_index: null, name: 'age', value: 3 },
    ])
    expect(back.attributes).toEqual([])
  })

  test('Darwin JSON 1.0 and what the service exports are read', () => {
    const old = JSON.stringify({
      dataset: 'birds',
      image: { ...SIZE, filename: 'a.jpg', original_filename: 'a.jpg', path: '/', url: '' },
      annotations: [
        {
          name: 'bird',
          bounding_box: { h: 20, w: 20, x: 10, y: 10 },
          polygon: { path: square(10, 10, 20) },
        },
        { name: 'bird', complex_polygon: { path: [square(10, 10, 20), square(12, 12, 4)] } },
      ],
    })
    const read1 = readFiles('darwin', { 'a.json': old })
    expect(read1.failed).toEqual([])
    expect(read1.images[0].annotations).toHaveLength(2)
    const service = JSON.stringify({
      version: '2.0',
      item: {
        name: 'x.png',
        path: '/',
        source_info: {},
        slots: [{ type: 'image', slot_name: '0', ...SIZE }],
      },
      annotations: [
        { id: '1', name: 'car', slot_names: ['0'], bounding_box: { x: 1, y: 2, w: 3, h: 4 } },
      ],
    })
    const read2 = readFiles('darwin', { 'annotations/x.json': service }, [
      { path: 'images/x.png', ...SIZE },
    ])
    expect(read2.images).toMatchObject([{ path: 'images/x.png', matched: true }])
  })

  test('faults name the place; what is no picture says so', () => {
    const { failed } = read([
      annotation({ bounding_box: { h: 0, w: 3, x: 1, y: 2 } }),
      annotation({ polygon: { paths: [[{ x: 'a', y: 1 }]] } }),
      annotation({ frames: {} }),
      annotation({ string: {} }),
      annotation({ bounding_box: { h: 1, w: 3, x: 1, y: 2 } }, ''),
      annotation({ mask: {} }),
    ])
    expect(failed.map(({ field }) => field)).toEqual([
      'annotations[0].bounding_box',
      'annotations[1].polygon.paths[0][0].x',
      'annotations[2].frames',
      'annotations[3]',
      'annotations[4].name',
      'annotations[5].mask',
    ])
    const scan = fileOf([]).replace('"type":"image"', '"type":"dicom"')
    expect(readFiles('darwin', { 'a.json': scan }).failed[0].message).toContain('is a dicom')
    expect(detectFormat([memoryFile('x.json', fileOf([]))])).toBe('darwin')
  })

  test('other formats are told what has no place', () => {
    const text = fileOf([
      annotation({
        bounding_box: { h: 4, w: 3, x: 1, y: 2 },
        text: { text: 'hi' },
        inference: { confidence: 0.5 },
      }),
    ])
    const { losses, read: from } = convertFiles('darwin', { 'a.json': text }, [], 'xanylabeling')
    expect(from.images[0].annotations[0].confidence).toBe(0.5)
    expect(losses.map(({ message }) => message)).toEqual([
      '“annotators” of Darwin has no place in this format',
      '“text” of Darwin has no place in this format',
    ])
  })
})

describe('the same annotations come out', () => {
  const number = fc.integer({ min: 0, max: 40_000 }).map((value) => value / 100)
  const point = fc.record({ x: number, y: number })
  const ring = fc.uniqueArray(point, {
    minLength: 3,
    maxLength: 6,
    selector: (at) => `${at.x} ${at.y}`,
  })
  const side = fc.integer({ min: 1, max: 9_000 }).map((value) => value / 100)
  const box = fc.record({ x: number, y: number, w: side, h: side })
  const shape: fc.Arbitrary<JsonObject> = fc.oneof(
    box.map((bounding_box) => ({ bounding_box })),
    fc
      .tuple(ring, box)
      .map(([path, bounding_box]) => ({ polygon: { paths: [path] }, bounding_box })),
    fc.array(point, { minLength: 2, maxLength: 5 }).map((path) => ({ line: { path } })),
    point.map((keypoint) => ({ keypoint })),
    fc
      .record({
        center: point,
        radius: fc.record({ x: side, y: side }),
        angle: fc.constantFrom(0, 0.5, 3),
      })
      .map((ellipse) => ({ ellipse })),
    fc.tuple(box, box).map(([front, back]) => ({ cuboid: { front, back } })),
    fc.tuple(point, point, fc.boolean()).map(([a, b, occluded]) => ({
      skeleton: {
        nodes: [
          { name: 'beak', occluded, ...a },
          { name: 'tail', occluded: false, ...b },
        ],
      },
    })),
  )
  const word = fc.stringMatching(/^[a-z][a-z_]{0,6}$/)
  const more: fc.Arbitrary<JsonObject> = fc.record(
    {
      properties: fc.uniqueArray(
        fc.record({ frame_index: fc.constant(null), name: word, value: word }),
        { maxLength: 2, selector: ({ name }) => name },
      ),
      attributes: fc.uniqueArray(
        word.map((name) => `f_${name}`),
        { maxLength: 2 },
      ),
      inference: fc.record({
        confidence: fc.constantFrom(0.5, 0.25),
        model: fc.record({ name: word }),
      }),
      annotators: fc.array(fc.record({ email: word }), { maxLength: 1 }),
      text: fc.record({ text: word }),
    },
    { requiredKeys: [] },
  )
  const isPose = (raw: JsonObject) => raw.skeleton !== undefined

  test('Darwin', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(shape, more, fc.option(fc.integer({ min: 50, max: 99 }))), {
          maxLength: 5,
        }),
        (list) => {
          const annotations = list.map(([own, others, instance], index) => {
            // A pose has no place for a score of its own here.
            const { inference, properties, ...rest } = others
            return {
              id: `id${index}`,
              name: isPose(own) ? 'pose' : 'bird',
              slot_names: ['0'],
              ...rest,
              ...(!isPose(own) && inference !== undefined && { inference }),
              ...(!isPose(own) && properties !== undefined && { properties }),
              ...own,
              ...(instance !== null && { instance_id: { value: instance * 10 + index } }),
            }
          })
          const text = fileOf(annotations)
          const out = convertFiles('darwin', { 'a.json': text })
          expect([out.read.failed, out.losses]).toEqual([[], []])
          expect(JSON.parse(out.files['annotations/north/a.json'])).toEqual(JSON.parse(text))
        },
      ),
      { numRuns: 150 },
    )
  })
})

test('an object of several kinds is written as annotations of one instance', () => {
  const members: Annotation[] = [
    newAnnotation({ kind: 'bbox', x: 0, y: 0, w: 50, h: 50 }, 'pose', { instanceId: 3 }),
    newAnnotation({ kind: 'keypoint', x: 5, y: 6 }, 'beak', { instanceId: 3 }),
    newAnnotation({ kind: 'keypoint', x: 7, y: 8 }, 'tail', { instanceId: 3 }),
  ]
  const classes = [
    {
      name: 'pose',
      color: '#112233',
      skeleton: { nodes: [{ name: 'beak' }, { name: 'tail' }], edges: [] },
    },
  ]
  const images = [{ path: 'a.jpg', ...SIZE, annotations: members }]
  const { files, losses } = writeFiles('darwin', { classes, images })
  expect(losses).toEqual([])
  const back = readFiles('darwin', files)
  expect(
    back.images[0].annotations.map(({ className, shape, instanceId }) => [
      className,
      shape.kind,
      instanceId,
    ]),
  ).toEqual([
    ['pose', 'bbox', 3],
    ['beak', 'keypoint', 3],
    ['tail', 'keypoint', 3],
  ])
})
