import fc from 'fast-check'
import { encode } from 'fast-png'
import { describe, expect, test } from 'vitest'
import { shapeArea } from '#shared/geometry/shape.ts'
import { newAnnotation } from '#shared/model/annotation.ts'
import { FORMATS } from '#shared/model/format.ts'
import { type ReadFiles, readFiles, writeFiles } from '#tests/helpers/labels.ts'
import { detectFormat } from './detect.ts'
import { mayHoldLabels } from './label-file-name.ts'
import { pngSamples } from './png-mask.ts'
import { greyPng, palettePng, rgbPng } from './png-write.ts'
import { memoryFile } from './text.ts'

const numbered = (width: number, rows: number[][]) => ({
  width,
  height: rows.length,
  values: Uint32Array.from(rows.flat()),
})

const areas = (read: ReadFiles) =>
  read.images.flatMap(({ annotations }) =>
    annotations.map(({ className, shape }) => [className, shapeArea(shape)]),
  )

const GREY = encode({
  width: 4,
  height: 2,
  channels: 1,
  depth: 8,
  data: Uint8Array.from([0, 1, 1, 0, 2, 0, 0, 255]),
})

describe('masks that others made', () => {
  test('grey values are numbers of classes; 255 is none', () => {
    const read = readFiles('png_masks', { 'masks/a.png': GREY, 'classes.txt': 'cat\ndog\n' }, [
      { path: 'images/a.jpg', width: 4, height: 2 },
    ])
    expect(read.failed).toEqual([])
    expect(read.images).toMatchObject([{ path: 'images/a.jpg', matched: true }])
    expect(areas(read)).toEqual([
      ['cat', 2],
      ['dog', 1],
    ])
    expect(read.losses).toMatchObject([
      { message: 'pixels of no class (void) are left out', count: 1 },
    ])
  })

  test('black and white alone is one object; a list that begins with the background counts it', () => {
    const white = encode({
      width: 2,
      height: 1,
      channels: 1,
      depth: 8,
      data: Uint8Array.from([0, 255]),
    })
    expect(areas(readFiles('png_masks', { 'mask/a.png': white }))).toEqual([['object', 1]])
    const listed = readFiles('png_masks', {
      'masks/a.png': GREY,
      'class_names.txt': '__ignore__\n_background_\nx\ny\n',
    })
    expect(areas(listed).map(([name]) => name)).toEqual(['x', 'y'])
  })

  test('colours are named by labelmap.txt, as CVAT exports them; palettes too', () => {
    const labelmap =
      '# label:color_rgb:parts:actions\nbackground:0,0,0::\ncar:128,0,0::\nroad:0,128,0::\n'
    const rgb = encode({
      width: 2,
      height: 1,
      channels: 3,
      depth: 8,
      data: Uint8Array.from([128, 0, 0, 0, 128, 0]),
    })
    const files = { 'SegmentationClass/a.png': rgb, 'labelmap.txt': labelmap }
    const read = readFiles('png_masks', files)
    expect(areas(read)).toEqual([
      ['car', 1],
      ['road', 1],
    ])
    expect(read.classes.find(({ name }) => name === 'car')?.color).toBe('#800000')
    const palette = palettePng(numbered(2, [[2, 1]]), [
      [0, 0, 0],
      [128, 0, 0],
      [0, 128, 0],
    ])
    expect(areas(readFiles('png_masks', { ...files, 'SegmentationClass/a.png': palette }))).toEqual(
      [
        ['road', 1],
        ['car', 1],
      ],
    )
  })

  test('objects are told apart by SegmentationObject; parts of one stay one', () => {
    const classes = palettePng(numbered(5, [[1, 1, 0, 1, 2]]), [
      [0, 0, 0],
      [1, 1, 1],
      [2, 2, 2],
    ])
    const objects = palettePng(numbered(5, [[1, 2, 0, 1, 3]]), [
      [0, 0, 0],
      [1, 1, 1],
      [2, 2, 2],
      [3, 3, 3],
    ])
    const read = readFiles('png_masks', {
      'SegmentationClass/a.png': classes,
      'SegmentationObject/a.png': objects,
      'ImageSets/Segmentation/val.txt': 'a\n',
      'classes.txt': 'cat\ndog\n',
    })
    const [image] = read.images
    expect(image.split).toBe('val')
    expect(image.annotations.map(({ className, instanceId }) => [className, instanceId])).toEqual([
      ['cat', 1],
      ['cat', 1],
      ['cat', undefined],
      ['dog', undefined],
    ])
  })

  test('regions that no object covers stay separate things', () => {
    const colors: [number, number, number][] = [
      [0, 0, 0],
      [1, 1, 1],
    ]
    const read = readFiles('png_masks', {
      'SegmentationClass/a.png': palettePng(numbered(5, [[1, 0, 1, 0, 1]]), colors),
      'SegmentationObject/a.png': palettePng(numbered(5, [[1, 0, 0, 0, 0]]), colors),
      'classes.txt': 'car\n',
    })
    expect(read.images[0].annotations.map(({ instanceId }) => instanceId)).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  test('a broken mask and a labelmap that makes no sense are named', () => {
    const read = readFiles('png_masks', {
      'masks/a.png': new Uint8Array([1, 2, 3]),
      'masks/b.png': GREY,
      'labelmap.txt': 'car:red::\n',
    })
    expect(read.failed.map(({ file }) => file)).toEqual(['labelmap.txt', 'masks/a.png'])
    expect(areas(read).length).toBeGreaterThan(0)
  })

  test('masks beside other labels do not outvote them', () => {
    const coco = '{"images":[],"annotations":[{"bbox":[]}],"categories":[]}'
    const masks = [1, 2, 3].map((n) => memoryFile(`masks/${n}.png`, GREY))
    expect(detectFormat([...masks, memoryFile('a.json', coco)])).toBe('coco')
  })

  test('every export is told for what it is, from all of its label files', () => {
    const ring = [0, 5, 5].map((x, n) => ({ x: x + 1, y: n * 3 + 1 }))
    const annotations = [newAnnotation({ kind: 'polygon', rings: [ring] }, 'cat')]
    const images = [
      {
        path: 'a.jpg',
        width: 40,
        height: 30,
        isLabelled: true,
        split: 'val' as const,
        annotations,
      },
      { path: 'b.jpg', width: 40, height: 30, isLabelled: true, annotations: [] },
    ]
    const classes = [{ name: 'cat', color: '#112233' }]
    for (const { id } of FORMATS) {
      const { bytes } = writeFiles(id, { classes, images })
      const files = Object.entries(bytes)
        .filter(([path]) => mayHoldLabels(path))
        .map(([path, content]) => memoryFile(path, content))
      // A triangle is no sign of joints.
      expect([id, detectFormat(files)]).toEqual([
        id,
        id === 'yolo_pose' ? expect.stringMatching(/^yolo/) : id,
      ])
    }
  })

  test('pictures elsewhere are no masks', () => {
    expect(detectFormat([memoryFile('masks/a.png', GREY)])).toBe('png_masks')
    expect(detectFormat([memoryFile('images/a.png', GREY)])).toBe(null)
  })
})

test('PNGs of palettes, of 16 bits and of colours hold what they were given', () => {
  const values = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 6, maxLength: 6 })
  fc.assert(
    fc.property(values, (list) => {
      const image = { width: 3, height: 2, values: Uint32Array.from(list) }
      const palette = Array.from({ length: 256 }, (_, n) => [n, 0, 255 - n])
      expect([...pngSamples(palettePng(image, palette)).values]).toEqual(list)
      const large = { ...image, values: image.values.map((value) => value * 257) }
      expect([...pngSamples(greyPng(large)).values]).toEqual([...large.values])
      const ids = pngSamples(
        rgbPng({ ...image, values: image.values.map((value) => value * 65_000) }),
      )
      const back = list.map(
        (_, at) =>
          ids.values[at * 3] + ids.values[at * 3 + 1] * 256 + ids.values[at * 3 + 2] * 65_536,
      )
      expect(back).toEqual(list.map((value) => value * 65_000))
    }),
  )
})

describe('masks are written', () => {
  const SIZE = { width: 40, height: 30 }

  test.each(['png_masks', 'coco_panoptic'] as const)(
    '%s: objects come back with their pixels, classes and parts',
    (format) => {
      const side = fc.integer({ min: 1, max: 8 })
      const box = fc.record({
        x: fc.integer({ min: 0, max: 4 }),
        y: fc.integer({ min: 0, max: 20 }),
        w: side,
        h: side,
      })
      fc.assert(
        fc.property(
          fc.array(fc.tuple(box, fc.constantFrom('cat', 'dog')), { maxLength: 4 }),
          fc.boolean(),
          (list, isTwo) => {
            // Each in a stripe of its own, so that none covers another.
            const annotations = list.flatMap(([{ x, y, w, h }, className], index) => {
              const left = index * 10
              const ring = (at: number, width: number) => [
                { x: at, y },
                { x: at + width, y },
                { x: at + width, y: y + h },
                { x: at, y: y + h },
              ]
              const first = newAnnotation(
                { kind: 'polygon', rings: [ring(left + Math.min(x, 1), Math.min(w, 3))] },
                className,
                isTwo ? { instanceId: index + 1 } : {},
              )
              const second = newAnnotation(
                { kind: 'polygon', rings: [ring(left + 6, 3)] },
                className,
                { instanceId: index + 1 },
              )
              return isTwo ? [first, second] : [first]
            })
            const classes = ['cat', 'dog'].map((name, n) => ({ name, color: `#00${n}0ff` }))
            const images = [
              { path: 'x/a.jpg', ...SIZE, isLabelled: true, split: 'val' as const, annotations },
            ]
            const { bytes, losses } = writeFiles(format, { classes, images })
            expect(losses).toEqual([])
            const back = readFiles(format, bytes, [
              { path: format === 'png_masks' ? 'JPEGImages/x/a.jpg' : 'images/x/a.jpg', ...SIZE },
            ])
            expect(back.failed).toEqual([])
            const [image] = back.images
            expect([image.matched, image.split]).toEqual([true, 'val'])
            const told = (some: typeof annotations) =>
              some
                .map(
                  ({ className, shape, instanceId }) =>
                    `${className} ${shapeArea(shape)} ${instanceId !== undefined}`,
                )
                .toSorted()
            expect(told(image.annotations)).toEqual(told(annotations))
            expect(back.classes.map(({ name, color }) => [name, color]).slice(0, 1)).toEqual([
              ['cat', format === 'png_masks' ? '#0000ff' : expect.any(String)],
            ])
          },
        ),
        { numRuns: 30 },
      )
    },
  )

  test('objects have the colours of Pascal VOC, which readers go by', () => {
    const ring = [0, 5, 5].map((x, n) => ({ x, y: n * 3 }))
    const annotations = [newAnnotation({ kind: 'polygon', rings: [ring] }, 'cat')]
    const { bytes } = writeFiles('png_masks', {
      classes: [],
      images: [{ path: 'a.jpg', ...SIZE, annotations }],
    })
    expect(pngSamples(bytes['SegmentationObject/a.png']).palette?.slice(0, 2)).toEqual([
      [0, 0, 0],
      [128, 0, 0],
    ])
  })

  test('what pixels cannot hold is counted', () => {
    const annotations = [
      newAnnotation({ kind: 'bbox', x: 1.5, y: 1, w: 10, h: 10 }, 'cat'),
      newAnnotation({ kind: 'bbox', x: 5, y: 5, w: 10, h: 10 }, 'dog'),
      newAnnotation({ kind: 'keypoint', x: 5, y: 5 }, 'nose'),
      newAnnotation({ kind: 'bbox', x: 100, y: 5, w: 10, h: 10 }, 'dog'),
    ]
    const { losses } = writeFiles('png_masks', {
      classes: [],
      images: [{ path: 'a.jpg', ...SIZE, annotations }],
    })
    expect(losses.map(({ message, count }) => [message, count])).toEqual([
      ['boxes are written as filled areas', 3],
      ['shapes are written to whole pixels', 1],
      ['where objects overlap, the later one covers the other', 1],
      ['keypoints have no place in masks and are left out', 1],
      ['objects that cover no pixel of the image are left out', 1],
    ])
  })
})

describe('COCO panoptic, as published', () => {
  const json = {
    images: [{ id: 7, file_name: 'a.jpg', width: 4, height: 1, license: 3 }],
    categories: [
      { id: 1, name: 'person', supercategory: 'person', isthing: 1, color: [220, 20, 60] },
      { id: 184, name: 'tree-merged', supercategory: 'plant', isthing: 0, color: [1, 2, 3] },
    ],
    annotations: [
      {
        image_id: 7,
        file_name: 'a.png',
        segments_info: [
          { id: 70_000, category_id: 1, iscrowd: 0, bbox: [0, 0, 1, 1], area: 1 },
          { id: 9, category_id: 184, iscrowd: 1, bbox: [2, 0, 2, 1], area: 2 },
        ],
      },
    ],
  }
  const png = rgbPng(numbered(4, [[70_000, 0, 9, 9]]))

  test('segments are objects; ids and categories go back', () => {
    const files = {
      'annotations/panoptic_val2017.json': JSON.stringify(json),
      'annotations/panoptic_val2017/a.png': png,
    }
    const read = readFiles('coco_panoptic', files, [{ path: 'val2017/a.jpg', width: 4, height: 1 }])
    expect(read.failed).toEqual([])
    expect(read.images).toMatchObject([{ path: 'val2017/a.jpg', matched: true, split: 'val' }])
    expect(areas(read)).toEqual([
      ['person', 1],
      ['tree-merged', 2],
    ])
    expect(read.images[0].annotations[1].attributes).toEqual({ iscrowd: 'true' })
    const out = writeFiles('coco_panoptic', {
      ...read,
      images: read.images.map((image) => ({ ...image, path: 'a.jpg' })),
    })
    expect(out.losses).toEqual([])
    expect(JSON.parse(out.files['annotations/panoptic_val.json'])).toEqual(json)
    expect(pngSamples(out.bytes['annotations/panoptic_val/a.png']).values).toEqual(
      pngSamples(png).values,
    )
  })

  test('a mask that is not there, a segment without a pixel, a category that is none', () => {
    const text = JSON.stringify(json)
    const alone = readFiles('coco_panoptic', { 'panoptic.json': text })
    expect(alone.failed[0]).toMatchObject({
      field: 'a.png',
      message: expect.stringContaining('called like the JSON'),
    })
    const wrong = text
      .replace('"id":9,"category_id":184', '"id":8,"category_id":184')
      .replace('"category_id":1,"iscrowd"', '"category_id":2,"iscrowd"')
    const { failed } = readFiles('coco_panoptic', { 'panoptic.json': wrong, 'panoptic/a.png': png })
    expect(failed.map(({ field }) => field.replace(/\.$/, ''))).toEqual([
      'segments_info[0]',
      'segments_info[1]',
    ])
  })
})
