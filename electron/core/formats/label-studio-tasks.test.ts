import { describe, expect, test } from 'vitest'
import { convertFiles, readFiles } from '#tests/helpers/labels.ts'
import { detectFormat } from './detect.ts'
import { memoryFile } from './text.ts'
import type { JsonObject, KnownImage } from './types.ts'

// Tasks in the shapes that Label Studio's storages, API and setups give them.

const image = (path: string): KnownImage => ({ path, width: 640, height: 480 })

const region = (label: string, more: JsonObject = {}): JsonObject => ({
  original_width: 640,
  original_height: 480,
  image_rotation: 0,
  value: { x: 10, y: 20, width: 30, height: 10, rotation: 0, rectanglelabels: [label] },
  id: `${label}-1`,
  from_name: 'label',
  to_name: 'image',
  type: 'rectanglelabels',
  ...more,
})

const taskOf = (data: JsonObject, result: JsonObject[]): JsonObject => ({
  id: 1,
  data,
  annotations: [{ id: 3, result, was_cancelled: false }],
})

const files = (value: unknown, path = 'p.json') => ({ [path]: JSON.stringify(value) })

function read(value: unknown, images: KnownImage[]) {
  const { failed, losses, ...result } = readFiles('label_studio', files(value), images)
  return {
    found: result.images.map(({ path, matched, annotations }) => [
      path,
      matched,
      annotations.map(({ className }) => className).join(),
    ]),
    shapes: result.images.flatMap(({ annotations }) => annotations.map(({ shape }) => shape)),
    failed: failed.map(({ field, message }) => `${field} ${message}`),
    notes: losses.map(({ message }) => message),
  }
}

describe('a file holds', () => {
  const task = taskOf({ image: 'a.jpg' }, [region('Car')])

  test.each([
    ['a list of tasks', [task]],
    ['one task, as the API answers', task],
    [
      'one annotation with its task, as target storage has it',
      { id: 3, result: [region('Car')], task: { id: 1, data: { image: 'a.jpg' } } },
    ],
  ])('%s', (_, value) => {
    const file = memoryFile('p.json', JSON.stringify(value))
    expect(detectFormat([file])).toBe('label_studio')
    expect(read(value, [image('a.jpg')])).toMatchObject({
      found: [['a.jpg', true, 'Car']],
      failed: [],
      notes: [],
    })
  })

  test('a table whose columns are parted by tabs', () => {
    const cell = JSON.stringify([
      { ...(region('Car').value as JsonObject), original_width: 640, original_height: 480 },
    ]).replaceAll('"', '""')
    const text = `annotation_id\tid\timage\tlabel\n1\t1\ta.jpg\t"${cell}"\n`
    expect(detectFormat([memoryFile('p.tsv', text)])).toBe('label_studio')
    const { images } = readFiles('label_studio', { 'p.tsv': text }, [image('a.jpg')])
    expect(images.map(({ annotations }) => annotations.length)).toEqual([1])
  })
})

describe('the image is', () => {
  test.each([
    ['behind local storage', '/data/local-files/?d=C%3A%5Csets%5Ccam%201%5Ca.jpg', 'cam 1/a.jpg'],
    [
      'behind an address that the server signs',
      `/tasks/1/presign/?fileuri=${Buffer.from('s3://bucket/cam 1/a.jpg').toString('base64')}`,
      'cam 1/a.jpg',
    ],
    [
      'behind an address that the server resolves',
      '/tasks/1/resolve/?fileuri=gs%3A%2F%2Fbucket%2Fcam1%2Fa.jpg',
      'cam1/a.jpg',
    ],
  ])('%s', (_, address, path) => {
    const task = taskOf({ image: address }, [region('Car')])
    expect(read([task], [image(path), image('b.jpg')]).found).toEqual([[path, true, 'Car']])
    // Its exports to COCO name images in the same way.
    const coco = {
      images: [{ id: 1, file_name: address, width: 640, height: 480 }],
      categories: [{ id: 1, name: 'Car' }],
      annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [1, 2, 3, 4] }],
    }
    const { images } = readFiles('coco', files(coco), [image(path), image('b.jpg')])
    expect(images.map((one) => [one.path, one.matched])).toEqual([[path, true]])
  })

  test.each([
    '/files?d=cam1/a.jpg',
    '/files?v=2&d=cam1%2Fa.jpg',
    'http://localhost:8081/serve?d=%5Csets%5Ccam1%5Ca.jpg&token=x.y#top',
    'https://host/get/?path=/sets/cam1/a.jpg',
  ])('behind a route of its own server: %s', (address) => {
    const images = [image('cam1/a.jpg'), image('cam2/a.jpg'), image('b.jpg')]
    const { found } = read([taskOf({ image: address }, [region('Car')])], images)
    expect(found).toEqual([['cam1/a.jpg', true, 'Car']])
  })

  test('where its address says, whatever its query says', () => {
    const task = taskOf({ image: 'https://host/cam1/a.jpg?d=cam2/a.jpg' }, [region('Car')])
    const { found } = read([task], [image('cam1/a.jpg'), image('cam2/a.jpg')])
    expect(found).toEqual([['cam1/a.jpg', true, 'Car']])
  })

  test.each(['labels', 'hypertextlabels', 'paragraphlabels'])(
    'one of several, where %s mark parts of a text',
    (type) => {
      const value = { start: 0, end: 3, text: 'car', [type]: ['Word'] }
      const task = taskOf({ left: 'a.jpg', right: 'b.jpg', caption: 'car' }, [
        region('Car', { to_name: 'left' }),
        { id: 'word', from_name: 'ner', to_name: 'caption', type, value },
      ])
      const { found, failed } = read([task], [image('a.jpg'), image('b.jpg')])
      expect(failed).toEqual([])
      expect(found).toContainEqual(['a.jpg', true, 'Car'])
    },
  )

  test('one of several side by side: each result goes to the one that it is drawn on', () => {
    const color = { from_name: 'color', type: 'choices', value: { choices: ['red'] } }
    const task = taskOf({ left: 'a.jpg', right: 'b.jpg' }, [
      region('Car', { to_name: 'left' }),
      { ...color, id: 'Car-1', to_name: 'left' },
      region('Dog', { to_name: 'right' }),
    ])
    const images = [image('a.jpg'), image('b.jpg')]
    const { found, failed, notes } = read([task], images)
    const { images: whole } = readFiles('label_studio', files([task]), images)
    expect(whole.map(({ annotations, tags }) => [annotations[0].attributes, tags])).toEqual([
      [{ color: 'red' }, undefined],
      [{}, undefined],
    ])
    expect([found, failed]).toEqual([
      [
        ['a.jpg', true, 'Car'],
        ['b.jpg', true, 'Dog'],
      ],
      [],
    ])
    expect(notes).toEqual([
      'a task of several images is read as one for each of them, without its other annotations and predictions',
    ])
    const out = convertFiles('label_studio', files([task]), images).files['label-studio.json']
    expect(JSON.parse(out).map(({ data }: { data: JsonObject }) => data)).toEqual([
      { left: 'a.jpg' },
      { right: 'b.jpg' },
    ])
  })

  test('the one that is drawn on, where others are only shown', () => {
    const choice = {
      value: { choices: ['ok'] },
      from_name: 'q',
      to_name: 'caption',
      type: 'choices',
    }
    const task = taskOf({ thumb: 'b.jpg', photo: 'a.jpg', caption: 'x' }, [
      region('Car', { to_name: 'photo' }),
      { ...choice, id: 'c1' },
    ])
    const images = [image('a.jpg'), image('b.jpg')]
    const { found, failed, notes } = read([task], images)
    expect([found, failed, notes]).toEqual([[['a.jpg', true, 'Car']], [], []])
  })

  test('one of several, called otherwise in the setup: it is not guessed', () => {
    const task = taskOf({ a: 'a.jpg', b: 'b.jpg' }, [
      region('Car', { to_name: 'left' }),
      region('Dog', { to_name: 'right' }),
    ])
    const { found, failed } = read([task], [image('a.jpg'), image('b.jpg')])
    expect(found).toEqual([])
    expect(failed).toHaveLength(1)
    expect(failed[0]).toContain('only the labeling setup tells')
  })

  test('a page of a document', () => {
    const task = taskOf({ pages: ['a.jpg', 'b.jpg'] }, [
      region('Car'),
      region('Dog', { item_index: 1 }),
    ])
    expect(read([task], [image('a.jpg'), image('b.jpg')]).found).toEqual([
      ['a.jpg', true, 'Car'],
      ['b.jpg', true, 'Dog'],
    ])
  })
})

describe('regions', () => {
  const one = (value: JsonObject, type: string) =>
    read([taskOf({ image: 'a.jpg' }, [region('x', { value, type })])], [image('a.jpg')])

  test('vectors are lines, or polygons where they are closed', () => {
    const vertices = [
      [10, 10],
      [20, 10],
      [20, 20],
    ].map(([x, y], index) => ({ id: `v${index}`, x, y, prevPointId: null, isBezier: false }))
    const points = [
      { x: 64, y: 48 },
      { x: 128, y: 48 },
      { x: 128, y: 96 },
    ]
    const value = (closed: boolean) => ({ vertices, closed, vectorlabels: ['Lane'] })
    expect(one(value(false), 'vectorlabels').shapes).toEqual([{ kind: 'polyline', points }])
    expect(one(value(true), 'vectorlabels').shapes).toEqual([{ kind: 'polygon', rings: [points] }])
  })

  test('bitmasks are what is not seen through', () => {
    // 4 × 2 pixels, black; the second and third of the first row are opaque.
    const png =
      'iVBORw0KGgoAAAANSUhEUgAAAAQAAAACCAYAAAB/qH1jAAAAD0lEQVR4nGNggID/UIwJAC/yAf88WG//AAAAAElFTkSuQmCC'
    const value = { imageDataURL: `data:image/png;base64,${png}`, bitmasklabels: ['Cat'] }
    const result = region('x', { value, type: 'bitmasklabels' })
    const sized = { ...result, original_width: 4, original_height: 2 }
    const { shapes } = read(
      [taskOf({ image: 'a.jpg' }, [sized])],
      [{ path: 'a.jpg', width: 4, height: 2 }],
    )
    expect(shapes).toEqual([
      {
        kind: 'polygon',
        rings: [
          [
            { x: 1, y: 0 },
            { x: 3, y: 0 },
            { x: 3, y: 1 },
            { x: 1, y: 1 },
          ],
        ],
      },
    ])
  })

  test('of a video are told', () => {
    const { notes } = one({ sequence: [], labels: ['Car'] }, 'videorectangle')
    expect(notes).toEqual(['regions of type “videorectangle” go back to Label Studio alone'])
  })

  test('a rotation of null is none', () => {
    const value = { x: 10, y: 10, width: 10, height: 10, rotation: null, rectanglelabels: ['Car'] }
    expect(one(value, 'rectanglelabels').shapes).toEqual([
      { kind: 'bbox', x: 64, y: 48, w: 64, h: 48 },
    ])
  })
})

test('a task that nobody has begun stays so', () => {
  const tasks = [{ id: 1, data: { image: 'a.jpg' }, annotations: [] }]
  const { images } = readFiles('label_studio', files(tasks), [image('a.jpg')])
  expect(images).toMatchObject([{ isLabelled: false }])
  const out = convertFiles('label_studio', files(tasks), [image('a.jpg')]).files
  expect(JSON.parse(out['label-studio.json'])).toEqual(tasks)
})
