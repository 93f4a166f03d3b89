import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rasterise } from '#shared/geometry/raster.ts'
import { shapeBounds } from '#shared/geometry/shape.ts'
import { type Annotation, newAnnotation, type Shape } from '#shared/model/annotation.ts'
import { type AnnotationClass, withClassNames } from '#shared/model/annotation-class.ts'
import type { FormatId } from '#shared/model/format.ts'
import {
  annotationOf,
  bboxIn,
  holedPolygonIn,
  orientedBoxIn,
  polygonIn,
  shapeIn,
} from '#tests/helpers/arbitraries.ts'
import { isInside } from './clamp.ts'
import { detectFormat } from './detect.ts'
import { ImageLookup } from './image-lookup.ts'
import { LossLog } from './loss-log.ts'
import { atOnce, openLabels } from './read-labels.ts'
import { FORMAT_BY_ID } from './registry.ts'
import { memoryFile } from './text.ts'
import type { InputFile, LabelledImage, LabelSet } from './types.ts'
import { wholeFiles, writeLabels } from './write-labels.ts'

const WIDTH = 400
const HEIGHT = 300
const CLASSES = withClassNames([], ['car', 'person with space', 'größe "x"'])

const imageWith = (
  annotations: Annotation[],
  fields: Partial<LabelledImage> = {},
): LabelledImage => ({
  path: 'sub/a b.jpg',
  width: WIDTH,
  height: HEIGHT,
  annotations,
  ...fields,
})

const setOf = (images: LabelledImage[], classes: AnnotationClass[] = CLASSES): LabelSet => ({
  name: 'set',
  classes,
  images,
})

const inputFile = memoryFile

function write(id: FormatId, set: LabelSet, clampToImage = false) {
  const losses = new LossLog()
  const options = { clampToImage, vocPixelOrigin: 0 as const }
  const files = [...wholeFiles(writeLabels(FORMAT_BY_ID[id], set, options, losses))]
  return {
    files: files.map(({ path, content }) => inputFile(path, content)),
    losses: losses.report(),
  }
}

function read(
  id: FormatId,
  files: InputFile[],
  images: readonly { path: string; width: number | null; height: number | null }[],
) {
  const losses = new LossLog()
  const result = atOnce(openLabels(FORMAT_BY_ID[id], files, images, losses)).readAll()
  return { ...result, losses: losses.report() }
}

function roundTrip(id: FormatId, annotations: Annotation[], classes = CLASSES) {
  const set = setOf([imageWith(annotations)], classes)
  const written = write(id, set)
  expect(detectFormat(written.files)).not.toBeNull()
  const again = read(id, written.files, set.images)
  expect(again.failed).toEqual([])
  return {
    ...again,
    annotations: again.images.flatMap((image) => image.annotations),
    lost: written.losses,
  }
}

/** Shapes alike to within `digits` decimals of a pixel. */
function expectSameShape(actual: Shape, expected: Shape, digits = 3) {
  expect(actual.kind).toBe(expected.kind)
  const flatten = (value: unknown): number[] =>
    typeof value === 'number'
      ? [value]
      : typeof value === 'object' && value !== null
        ? Object.keys(value)
            .sort()
            .flatMap((key) => flatten(Reflect.get(value, key)))
        : []
  const numbers = flatten(actual)
  expect(numbers.length).toBe(flatten(expected).length)
  flatten(expected).forEach((value, index) => {
    // 0° and 359.999…° are the same direction.
    const off = Math.abs(numbers[index] - value)
    expect(
      expected.kind === 'oriented_box' ? Math.min(off, Math.abs(360 - off)) : off,
    ).toBeLessThan(10 ** -digits)
  })
}

const many = (shape: fc.Arbitrary<Shape>) => fc.array(annotationOf(shape), { maxLength: 6 })
const path = 'sub/a b.jpg'

describe('the round trip', () => {
  test('Pictograph JSON keeps everything, to the last bit', () => {
    fc.assert(
      fc.property(many(shapeIn(WIDTH, HEIGHT)), (drawn) => {
        const annotations = drawn.map((annotation, index) =>
          index % 2 ? { ...annotation, instanceId: index } : annotation,
        )
        const set = setOf([imageWith(annotations, { stage: 'review', split: 'val', tags: ['x'] })])
        const { files, losses } = write('pictograph', set)
        const again = read('pictograph', files, set.images)
        expect(losses).toEqual([])
        expect(again.failed).toEqual([])
        expect(again.classes).toEqual(CLASSES)
        expect(again.images).toEqual([
          {
            files: [`${path}.json`],
            path,
            reference: path,
            width: WIDTH,
            height: HEIGHT,
            matched: true,
            isLabelled: true,
            annotations,
            stage: 'review',
            split: 'val',
            tags: ['x'],
          },
        ])
      }),
    )
  })

  test.each(['labelme', 'xanylabeling'] as const)(
    '%s keeps boxes, oriented boxes, polygons, polylines and points',
    (id) => {
      fc.assert(
        fc.property(many(shapeIn(WIDTH, HEIGHT)), (drawn) => {
          const annotations = drawn.filter(
            ({ shape }) => shape.kind !== 'polygon' || shape.rings.length === 1,
          )
          const again = roundTrip(id, annotations)
          expect(
            again.annotations.map(({ className, id: own, confidence }) => ({
              className,
              own,
              confidence,
            })),
          ).toEqual(
            annotations.map(({ className, id: own, confidence }) => ({
              className,
              own,
              confidence,
            })),
          )
          again.annotations.forEach(({ shape }, index) => {
            expectSameShape(shape, annotations[index].shape)
          })
        }),
      )
    },
  )

  test('labelme carries a hole as a mask of the same pixels', () => {
    fc.assert(
      fc.property(annotationOf(holedPolygonIn(WIDTH, HEIGHT)), (annotation) => {
        if (annotation.shape.kind !== 'polygon') return
        const again = roundTrip('labelme', [annotation])
        expect(again.lost.map(({ message }) => message)).toContain(
          'polygons with holes are written as masks, to whole pixels',
        )
        expectSamePixels(again.annotations, annotation.shape.rings)
      }),
      { numRuns: 30 },
    )
  })

  test('COCO keeps boxes and polygons, and holes to the pixel', () => {
    fc.assert(
      fc.property(
        many(fc.oneof(bboxIn(WIDTH, HEIGHT), polygonIn(WIDTH, HEIGHT))),
        (annotations) => {
          const again = roundTrip('coco', annotations)
          expect(
            again.annotations.map(({ className, confidence, attributes }) => ({
              className,
              confidence,
              attributes,
            })),
          ).toEqual(
            annotations.map(({ className, confidence, attributes }) => ({
              className,
              confidence,
              attributes,
            })),
          )
          again.annotations.forEach(({ shape }, index) => {
            expectSameShape(shape, annotations[index].shape)
          })
        },
      ),
    )
    fc.assert(
      fc.property(annotationOf(holedPolygonIn(WIDTH, HEIGHT)), (annotation) => {
        if (annotation.shape.kind === 'polygon')
          expectSamePixels(roundTrip('coco', [annotation]).annotations, annotation.shape.rings)
      }),
      { numRuns: 20 },
    )
  })

  test('YOLO detect and Pascal VOC keep boxes', () => {
    fc.assert(
      fc.property(many(bboxIn(WIDTH, HEIGHT)), (drawn) => {
        const annotations = drawn.filter(({ shape }) => isInside(shape, WIDTH, HEIGHT))
        for (const id of ['yolo', 'pascal_voc'] as const) {
          const again = annotations.length > 0 ? roundTrip(id, annotations) : null
          again?.annotations.forEach(({ shape, className }, index) => {
            expect(className).toBe(annotations[index].className)
            expectSameShape(shape, annotations[index].shape)
          })
          expect(again?.annotations.length ?? 0).toBe(annotations.length)
        }
      }),
    )
  })

  test('YOLO segment keeps polygons, and holes by a cut', () => {
    fc.assert(
      fc.property(
        many(fc.oneof(polygonIn(WIDTH, HEIGHT), holedPolygonIn(WIDTH, HEIGHT))),
        (annotations) => {
          const again = annotations.length > 0 ? roundTrip('yolo_seg', annotations).annotations : []
          expect(again.length).toBe(annotations.length)
          again.forEach(({ shape }, index) => {
            const expected = annotations[index].shape
            if (shape.kind !== 'polygon' || expected.kind !== 'polygon')
              throw new Error('not a polygon')
            expect(shape.rings.length).toBe(expected.rings.length)
            const bounds = [shapeBounds(shape), shapeBounds(expected)]
            expect(bounds[0].w).toBeCloseTo(bounds[1].w, 3)
          })
        },
      ),
    )
  })

  test('YOLO OBB keeps oriented boxes and their heading', () => {
    fc.assert(
      fc.property(many(orientedBoxIn(WIDTH, HEIGHT)), (drawn) => {
        // What is over the border is moved to it, as YOLO has no coordinates outside the image.
        const annotations = drawn.filter(({ shape }) => isInside(shape, WIDTH, HEIGHT))
        const again = annotations.length > 0 ? roundTrip('yolo_obb', annotations).annotations : []
        expect(again.length).toBe(annotations.length)
        again.forEach(({ shape }, index) => {
          expectSameShape(shape, annotations[index].shape, 2)
        })
      }),
    )
  })
})

function expectSamePixels(actual: Annotation[], rings: { x: number; y: number }[][]) {
  const sum = new Uint8Array(WIDTH * HEIGHT)
  for (const { shape } of actual) {
    if (shape.kind !== 'polygon') throw new Error('not a polygon')
    rasterise(shape.rings, WIDTH, HEIGHT).data.forEach((value, index) => {
      sum[index] |= value
    })
  }
  expect(Buffer.from(sum).equals(Buffer.from(rasterise(rings, WIDTH, HEIGHT).data))).toBe(true)
}

describe('poses', () => {
  const classes: AnnotationClass[] = withClassNames(
    [
      {
        name: 'person',
        color: '#e69f00',
        skeleton: {
          nodes: [{ name: 'left_eye' }, { name: 'right_eye' }, { name: 'nose' }],
          edges: [
            [0, 2],
            [1, 2],
          ],
        },
      },
    ],
    ['left_eye', 'right_eye', 'nose'],
  )
  const joint = (name: string, x: number, instanceId: number, occluded = false) =>
    newAnnotation({ kind: 'keypoint', x, y: 50 + x / 2 }, name, {
      instanceId,
      attributes: occluded ? { occluded: 'true' } : {},
    })
  const annotations = [
    newAnnotation({ kind: 'bbox', x: 10, y: 20, w: 100, h: 200 }, 'person', { instanceId: 1 }),
    joint('left_eye', 40, 1),
    joint('nose', 60, 1, true),
    joint('left_eye', 200, 2),
    joint('right_eye', 210, 2),
  ]

  test.each(['coco', 'yolo_pose'] as const)(
    '%s keeps joints, visibility, skeleton and box',
    (id) => {
      const again = roundTrip(id, annotations, classes)
      expect(again.classes.find(({ name }) => name === 'person')?.skeleton).toMatchObject(
        classes[0].skeleton ?? {},
      )
      const seen = again.annotations.map(({ className, shape, attributes }) => ({
        className,
        x: 'x' in shape ? Math.round(shape.x) : 0,
        attributes,
      }))
      expect(seen).toHaveLength(5)
      expect(seen).toEqual(
        expect.arrayContaining(
          annotations.map(({ className, shape, attributes }) => ({
            className,
            x: 'x' in shape ? shape.x : 0,
            attributes,
          })),
        ),
      )
      const instances = Map.groupBy(again.annotations, ({ instanceId }) => instanceId)
      expect([...instances.values()].map((group) => group.length).sort()).toEqual([2, 3])
    },
  )

  test('YOLO pose says in data.yaml how joints swap when an image is mirrored', () => {
    const { files } = write('yolo_pose', setOf([imageWith(annotations)], classes))
    const yaml = new TextDecoder().decode(
      files.find(({ path: name }) => name === 'data.yaml')?.bytes(),
    )
    expect(yaml).toContain('flip_idx: [ 1, 0, 2 ]')
  })
})

describe('the traps', () => {
  const known = [{ path, width: WIDTH, height: HEIGHT }]
  const one = (id: FormatId, file: string, content: unknown) =>
    read(
      id,
      [inputFile(file, typeof content === 'string' ? content : JSON.stringify(content))],
      known,
    )
  const shape = (fields: object) => ({
    imagePath: 'a b.jpg',
    imageData: null,
    shapes: [
      {
        label: 'car',
        points: [
          [1, 2],
          [30, 40],
        ],
        shape_type: 'rectangle',
        ...fields,
      },
    ],
  })

  test('labelme: corners in any order, files without a type are polygons, imagePath with backslashes', () => {
    const [backwards] = one(
      'labelme',
      'sub/a b.json',
      shape({
        points: [
          [30, 40],
          [1, 2],
        ],
      }),
    ).images
    expect(backwards.annotations[0].shape).toEqual({ kind: 'bbox', x: 1, y: 2, w: 29, h: 38 })
    const old = one('labelme', 'x.json', {
      imagePath: '..\\sub\\a b.jpg',
      imageData: null,
      shapes: [
        {
          label: 'car',
          points: [
            [0, 0],
            [9, 0],
            [9, 9],
          ],
        },
      ],
    })
    expect(old.images[0]).toMatchObject({
      path,
      matched: true,
      annotations: [{ shape: { kind: 'polygon' } }],
    })
  })

  test('labelme: one bad shape does not take the others with it, and is named', () => {
    const { images, failed } = one('labelme', 'a b.json', {
      imageData: null,
      imagePath: 'a b.jpg',
      shapes: [
        { label: 'car', points: [[1, 1]], shape_type: 'cuboid' },
        { label: 'car', points: [[1, 1]], shape_type: 'point' },
      ],
    })
    expect(images[0].annotations).toHaveLength(1)
    expect(failed).toEqual([
      { file: 'a b.json', field: 'shapes[0].shape_type', message: '"cuboid" is not known' },
    ])
  })

  test('labelme: circles, line, points and unknown keys', () => {
    const circle = one(
      'labelme',
      'a b.json',
      shape({ shape_type: 'circle', flags: { hard: true }, description: 'd' }),
    )
    expect(circle.images[0].annotations[0].extra).toMatchObject({
      labelme: { flags: { hard: true }, description: 'd' },
    })
    // Only where it stays no circle.
    expect(circle.losses).toEqual([])
    const elsewhere = write('coco', setOf([imageWith(circle.images[0].annotations)]))
    expect(elsewhere.losses.map(({ message }) => message)).toContain(
      'circles are written as polygons',
    )
    const { files } = write('labelme', setOf([imageWith(circle.images[0].annotations)]))
    expect(JSON.parse(new TextDecoder().decode(files[0].bytes())).shapes[0]).toMatchObject({
      shape_type: 'circle',
      points: [
        [1, 2],
        [30, 40],
      ],
      flags: { hard: true },
      description: 'd',
    })
    const points = one('labelme', 'a b.json', shape({ shape_type: 'points' }))
    expect(points.images[0].annotations.map((item) => item.shape.kind)).toEqual([
      'keypoint',
      'keypoint',
    ])
    expect(points.images[0].annotations[0].instanceId).toBe(
      points.images[0].annotations[1].instanceId,
    )
  })

  test('X-AnyLabeling: four-point rectangles, rotation, difficult, checked', () => {
    const json = {
      checked: true,
      imageData: null,
      imagePath: 'a b.jpg',
      shapes: [
        {
          label: 'car',
          shape_type: 'rectangle',
          points: [
            [1, 2],
            [30, 2],
            [30, 40],
            [1, 40],
          ],
          difficult: true,
        },
        {
          label: 'car',
          shape_type: 'rotation',
          points: [
            [10, 10],
            [20, 10],
            [20, 15],
            [10, 15],
          ],
          direction: 0,
        },
      ],
    }
    const { images } = one('xanylabeling', 'sub/a b.json', json)
    expect(images[0].stage).toBe('complete')
    expect(images[0].annotations[0]).toMatchObject({
      shape: { kind: 'bbox', w: 29 },
      attributes: { difficult: 'true' },
    })
    expect(images[0].annotations[1].shape).toMatchObject({ kind: 'oriented_box', w: 10, h: 5 })
  })

  test('X-AnyLabeling and labelme are written in the dialect that each reads', () => {
    const box = newAnnotation({ kind: 'bbox', x: 1, y: 2, w: 3, h: 4 }, 'car')
    const points = (id: FormatId) =>
      JSON.parse(new TextDecoder().decode(write(id, setOf([imageWith([box])])).files[0].bytes()))
        .shapes[0].points
    expect(points('labelme')).toHaveLength(2)
    expect(points('xanylabeling')).toHaveLength(4)
  })

  const coco = (annotation: object, image: object = {}) => ({
    images: [{ id: 7, file_name: 'data/a b.jpg', ...image }],
    categories: [{ id: 90, name: 'car' }],
    annotations: [{ id: 1, image_id: 7, category_id: 90, ...annotation }],
  })

  test('COCO: folders in file_name, sparse ids, several parts, crowd RLE', () => {
    const parts = one(
      'coco',
      'x.json',
      coco({
        segmentation: [
          [0, 0, 9, 0, 9, 9],
          [20, 20, 29, 20, 29, 29],
        ],
      }),
    )
    expect(parts.images[0]).toMatchObject({ path, matched: true })
    expect(parts.images[0].annotations).toHaveLength(2)
    expect(new Set(parts.images[0].annotations.map(({ instanceId }) => instanceId)).size).toBe(1)
    const crowd = one(
      'coco',
      'x.json',
      coco({ iscrowd: 1, segmentation: { size: [4, 4], counts: [5, 2, 2, 2, 5] } }),
    )
    expect(crowd.images[0].annotations[0].shape).toEqual({
      kind: 'polygon',
      rings: [
        [
          { x: 1, y: 1 },
          { x: 3, y: 1 },
          { x: 3, y: 3 },
          { x: 1, y: 3 },
        ],
      ],
    })
    expect(crowd.images[0].annotations[0].attributes).toEqual({ iscrowd: 'true' })
  })

  test('COCO: a compressed count string is read as pycocotools writes it', () => {
    // pycocotools.mask.encode of the same 4 × 4 mask.
    const { images } = one(
      'coco',
      'x.json',
      coco({ segmentation: { size: [4, 4], counts: '52203' } }),
    )
    expect(images[0].annotations[0].shape).toMatchObject({
      kind: 'polygon',
      rings: [{ length: 4 }],
    })
  })

  test('COCO: broken files and entries are named, the rest is read', () => {
    expect(one('coco', 'x.json', '{"images": [').failed[0]).toMatchObject({
      file: 'x.json',
      field: '(whole file)',
    })
    expect(one('coco', 'x.json', { images: [], annotations: [] }).failed[0].field).toBe(
      'categories',
    )
    expect(one('coco', 'x.json', coco({ bbox: [1, 2, 0, 5] })).failed[0]).toMatchObject({
      field: 'annotations[0].bbox',
    })
    expect(
      one('coco', 'x.json', coco({ category_id: 3, bbox: [1, 2, 3, 5] })).failed[0].message,
    ).toBe('no category has the id 3')
    expect(
      one('coco', 'x.json', coco({ segmentation: { size: [4, 4], counts: [1, 2] } })).failed[0]
        .field,
    ).toBe('annotations[0].segmentation.counts')
  })

  test('YOLO: an empty file means "nothing here", none means "not looked at"', () => {
    const set = setOf([
      imageWith([], { path: 'a.jpg', stage: 'complete' }),
      imageWith([], { path: 'b.jpg' }),
    ])
    const { files } = write('yolo', set)
    expect(files.map((file) => file.path)).toEqual(['labels/train/a.txt', 'data.yaml'])
  })

  test('YOLO: splits are folders, and images that share a stem get labels of their own', () => {
    const box = newAnnotation({ kind: 'bbox', x: 1, y: 2, w: 3, h: 4 }, 'car')
    const set = setOf([
      imageWith([box], { path: 'a.jpg', split: 'val' }),
      imageWith([box], { path: 'A.png', split: 'val' }),
    ])
    const { files } = write('yolo', set)
    expect(files.map((file) => file.path)).toEqual([
      'labels/val/a.txt',
      'labels/val/A_png.txt',
      'data.yaml',
    ])
    const placeFor = FORMAT_BY_ID.yolo.placer()
    expect(set.images.map((image) => placeFor(image).image)).toEqual([
      'images/val/a.jpg',
      'images/val/A_png.png',
    ])
  })

  test('YOLO: boxes and polygons in one file, a confidence, bad lines', () => {
    const text = '0 0.5 0.5 0.1 0.1\n1 0 0 0.5 0 0.5 0.5\nx y\n0 0.5 0.5 0 0.1\n'
    const { images, failed, classes } = one('yolo_seg', 'labels/sub/a b.txt', text)
    expect(images[0].annotations.map((item) => item.shape.kind)).toEqual(['bbox', 'polygon'])
    expect(classes.map(({ name }) => name)).toEqual(['class 0', 'class 1'])
    expect(failed.map(({ field }) => field)).toEqual(['line 3', 'line 4'])
    expect(
      one('yolo', 'a b.txt', '0 0.5 0.5 0.1 0.1 0.75').images[0].annotations[0].confidence,
    ).toBe(0.75)
  })

  test('Pascal VOC: 1-based pixels by choice, difficult, broken XML', () => {
    const box = newAnnotation({ kind: 'bbox', x: 0, y: 0, w: WIDTH, h: HEIGHT }, 'car', {
      attributes: { difficult: 'true' },
    })
    const files = [
      ...writeLabels(
        FORMAT_BY_ID.pascal_voc,
        setOf([imageWith([box])]),
        { clampToImage: false, vocPixelOrigin: 1 },
        new LossLog(),
      ),
    ]
    expect(files[0].content).toContain('<xmin>1</xmin>')
    expect(files[0].content).toContain('<xmax>400</xmax>')
    expect(files[0].content).toContain('<difficult>1</difficult>')
    expect(
      one('pascal_voc', 'Annotations/a.xml', '<annotation><object>').failed[0].message,
    ).toContain('not XML')
  })

  test('Pictograph: the shorthand, a closed ring, metadata and an empty attribute list', () => {
    const { images, failed } = one('pictograph', `${path}.json`, {
      image: 'a b.jpg',
      annotations: [
        { id: '1', name: 'car', type: 'bbox', bbox: [1, 2, 3, 4], metadata: { colour: 'red' } },
        {
          id: '2',
          name: 'car',
          type: 'polygon',
          polygon: [
            [0, 0],
            [4, 0],
            [4, 4],
            [0, 0],
          ],
          attributes: [],
        },
        { id: '3', name: 'car', type: 'keypoint', keypoint: [5, 6] },
        { id: '4', name: ' ', type: 'bbox', bbox: [1, 2, 3, 4] },
        { id: '5', name: 'car', type: 'bbox', bbox: [1, 2, 0, 4] },
      ],
    })
    expect(images[0].annotations[0]).toMatchObject({
      shape: { kind: 'bbox', x: 1, y: 2, w: 3, h: 4 },
      attributes: { colour: 'red' },
    })
    expect(images[0].annotations[1].shape).toMatchObject({ rings: [{ length: 3 }] })
    expect(images[0].annotations).toHaveLength(3)
    expect(failed.map(({ field }) => field)).toEqual([
      'annotations[3].name',
      'annotations[4].shape.w',
    ])
  })

  test('a name that two images share is left unmatched rather than guessed', () => {
    const lookup = new ImageLookup([
      { path: 'a/x.jpg', width: 1, height: 1 },
      { path: 'b/x.jpg', width: 1, height: 1 },
    ])
    const find = (name: string) => lookup.find({ name, places: [] })?.image.path
    expect(find('x.jpg')).toBeUndefined()
    expect(find('C:\\data\\b\\x.jpg')).toBe('b/x.jpg')
  })
})
