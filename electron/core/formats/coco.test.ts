import { describe, expect, test } from 'vitest'
import { convertFiles, readFiles } from '#tests/helpers/labels.ts'
import type { KnownImage } from './types.ts'

// COCO files in shapes that other programs write, beside the one that the format describes.

const IMAGES: KnownImage[] = [{ path: 'a.jpg', width: 640, height: 480 }]

const fileOf = (annotations: object[], more: object = {}) => ({
  'a.json': JSON.stringify({
    images: [{ id: 1, file_name: 'a.jpg', width: 640, height: 480 }],
    categories: [{ id: 1, name: 'car' }],
    annotations: annotations.map((annotation, index) => ({
      ...{ id: index + 1, image_id: 1, category_id: 1 },
      ...annotation,
    })),
    ...more,
  }),
})

function read(annotations: object[], more: object = {}) {
  const { images, failed, losses } = readFiles('coco', fileOf(annotations, more), IMAGES)
  return {
    shapes: images[0].annotations.map(({ shape }) => shape),
    failed: failed.map(({ field, message }) => `${field} ${message}`),
    notes: losses.map(({ message }) => message),
  }
}

const TRIANGLE = [
  { x: 1, y: 1 },
  { x: 5, y: 1 },
  { x: 5, y: 6 },
]
const flat = TRIANGLE.flatMap(({ x, y }) => [x, y])
const pairs = TRIANGLE.map(({ x, y }) => [x, y])

describe('a segmentation', () => {
  test.each([
    ['as the format has it', [flat]],
    ['without the list around it', flat],
    ['of points as pairs', [pairs]],
    ['of points as pairs, without the list around them', pairs],
    ['of points as objects', [TRIANGLE]],
    ['of points as objects, without the list around them', TRIANGLE],
  ])('%s', (_, segmentation) => {
    expect(read([{ segmentation }])).toEqual({
      shapes: [{ kind: 'polygon', rings: [TRIANGLE] }],
      failed: [],
      notes: [],
    })
  })

  test('of two parts in pairs stays of two parts', () => {
    const far = pairs.map(([x, y]) => [x + 100, y])
    expect(read([{ segmentation: [pairs, far] }]).shapes).toHaveLength(2)
  })

  test('as a list of masks', () => {
    const rle = { size: [480, 640], counts: [0, 10, 307_190] }
    const { shapes, failed } = read([{ segmentation: [rle] }])
    expect(failed).toEqual([])
    expect(shapes).toMatchObject([{ rings: [[{ x: 0 }, { x: 1 }, { x: 1, y: 10 }, { x: 0 }]] }])
  })

  const bbox = [1, 1, 4, 5]
  const box = { kind: 'bbox', x: 1, y: 1, w: 4, h: 5 }

  test.each(['', ' ', '[]'])('that is the empty text %j says nothing', (segmentation) => {
    expect(read([{ segmentation, bbox }])).toEqual({ shapes: [box], failed: [], notes: [] })
  })

  test.each([
    ['[[1, 1, 5, 1, 5, 6]]', 'segmentation must be a list or an RLE, not the text'],
    [{ size: [480], counts: [0] }, 'segmentation.size must be height and width'],
    [[[1, 'x', 5, 1, 5, 6]], 'segmentation[0][1] must be a number'],
  ])('that cannot be read is told, and the box is kept: %j', (segmentation, message) => {
    const { shapes, failed } = read([{ segmentation, bbox }])
    expect(shapes).toEqual([box])
    expect(failed).toEqual([expect.stringContaining(message)])
    expect(read([{ segmentation }])).toMatchObject({ shapes: [], failed })
  })
})

test('a box that cannot be read is told, and the outline is kept', () => {
  const { shapes, failed } = read([{ segmentation: [flat], bbox: 'none' }])
  expect(shapes).toEqual([{ kind: 'polygon', rings: [TRIANGLE] }])
  expect(failed).toEqual(['annotations[0].bbox must be a list, not "none"'])
})

describe('keypoints', () => {
  const pose = { bbox: [1, 2, 30, 40], keypoints: [10, 10, 2, 20, 20, 1], num_keypoints: 2 }

  test('whose category does not name them: the box is read, and they go back', () => {
    const { shapes, failed, notes } = read([pose])
    expect(shapes).toEqual([{ kind: 'bbox', x: 1, y: 2, w: 30, h: 40 }])
    expect(failed).toEqual([])
    expect(notes).toEqual(['keypoints whose category does not name them go back to COCO alone'])
    const { files } = convertFiles('coco', fileOf([pose]), IMAGES)
    const { annotations } = JSON.parse(files['annotations/instances_default.json'])
    expect(annotations).toMatchObject([{ keypoints: pose.keypoints, num_keypoints: 2 }])
  })

  test('of another number than the category has: the box is read, and the fault is told', () => {
    const categories = [{ id: 1, name: 'person', keypoints: ['a', 'b', 'c'], skeleton: [] }]
    const { shapes, failed } = read([pose], { categories })
    expect(shapes).toHaveLength(1)
    expect(failed).toEqual([
      'annotations[0].keypoints has 6 numbers; the 3 keypoints of the category “person” need 9',
    ])
  })
})

describe('numbers', () => {
  test('ids of categories beyond 2^53 stay apart, and as they are', () => {
    const ids = ['9007199254740993', '9007199254740992']
    const text = fileOf([{ category_id: 71, bbox: [1, 2, 3, 4] }], {
      categories: [71, 72].map((id) => ({ id, name: `c${id}` })),
    })['a.json']
    const large = text.replaceAll(/\b71\b(?!")/g, ids[0]).replaceAll(/\b72\b(?!")/g, ids[1])
    const { files, read: result } = convertFiles('coco', { 'a.json': large }, IMAGES)
    expect(result.failed).toEqual([])
    expect(result.images[0].annotations.map(({ className }) => className)).toEqual(['c71'])
    const out = files['annotations/instances_default.json']
    expect(out).toContain(`"category_id":${ids[0]}`)
    expect(out).toContain(`"categories":[{"id":${ids[0]},"name":"c71"},{"id":${ids[1]}`)
  })

  test.each([
    { bbox: [1e300, 1, 10, 10] },
    { bbox: [1, 1, 1e308, 1e308] },
    { segmentation: [[1, 1, 5e9, 1, 5, 6]] },
  ])('that overflow are refused: %j', (annotation) => {
    const { shapes, failed } = read([annotation])
    expect(shapes).toEqual([])
    expect(failed.join()).toContain('of more than 1,000,000,000 pixels, which no image has')
  })

  test('a name of a category keeps its spaces where it is written again', () => {
    const categories = [{ id: 1, name: ' car ' }]
    const { files } = convertFiles('coco', fileOf([{ bbox: [1, 2, 3, 4] }], { categories }), IMAGES)
    expect(JSON.parse(files['annotations/instances_default.json']).categories).toEqual(categories)
  })
})
