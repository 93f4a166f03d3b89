import { describe, expect, test } from 'vitest'
import type { FormatId, Loss } from '#shared/model/format.ts'
import { convertFiles, readFiles } from '#tests/helpers/labels.ts'
import { detect } from './detect.ts'
import { greyPng, rgbPng } from './png-write.ts'
import { atOnce } from './read-labels.ts'
import { memoryFile } from './text.ts'
import type { KnownImage, LabelledImage } from './types.ts'

// Files as other tools write them, each once through the reader and back.

type Files = Record<string, string | Uint8Array | object>

const texts = (files: Files): Record<string, string | Uint8Array> =>
  Object.fromEntries(
    Object.entries(files).map(([path, content]) => [
      path,
      typeof content === 'string' || content instanceof Uint8Array
        ? content
        : JSON.stringify(content),
    ]),
  )

const inputs = (files: Files) =>
  Object.entries(texts(files)).map(([path, content]) => memoryFile(path, content))

const image = (path: string, width = 100, height = 80): KnownImage => ({ path, width, height })

const messages = (losses: readonly Loss[]) => losses.map(({ message }) => message)

function read(format: FormatId, files: Files, images: KnownImage[] = []) {
  const result = readFiles(format, texts(files), images)
  return { ...result, notes: messages(result.losses) }
}

function again(from: FormatId, to: FormatId, files: Files, images: KnownImage[] = []) {
  const { files: out, losses } = convertFiles(from, texts(files), images, to)
  return { out, losses: messages(losses) }
}

const box = (more: object = {}) => ({
  ...{ id: 1, image_id: 1, category_id: 1, bbox: [10, 10, 20, 20], area: 400 },
  ...more,
})

const coco = (annotations: object[], more: object = {}) => ({
  images: [{ id: 1, file_name: 'a.jpg', width: 100, height: 80 }],
  categories: [{ id: 1, name: 'car' }],
  annotations,
  ...more,
})

describe('which image a label is for', () => {
  test('LVIS names an image by its address alone', () => {
    const address = 'http://images.cocodataset.org/val2017/000000397133.jpg'
    const images = [{ id: 1, coco_url: address, width: 100, height: 80 }]
    const { images: found } = read('coco', { 'lvis.json': coco([box()], { images }) }, [
      image('val2017/000000397133.jpg'),
      image('train2017/000000397133.jpg'),
    ])
    expect(found.map(({ path, matched }) => [path, matched])).toEqual([
      ['val2017/000000397133.jpg', true],
    ])
  })

  test('an image that was converted to another file type is found, if its size is the same', () => {
    const of = (copy: KnownImage) =>
      read('coco', { 'a.json': coco([box()]) }, [copy]).images[0].matched
    expect([of(image('a.png')), of(image('a.png', 50, 50)), of(image('ab.png'))]).toEqual([
      true,
      false,
      false,
    ])
    const both = [image('x/a.png'), image('y/a.webp')]
    expect(read('coco', { 'a.json': coco([box()]) }, both).images[0].matched).toBe(false)
  })

  test('where the format does not look, a converted copy needs a size that is known on both sides', () => {
    const found = (claimed: object, copy: KnownImage) => {
      const images = [{ id: 1, file_name: 'a.jpg', ...claimed }]
      return read('coco', { 'labels/a.json': coco([box()], { images }) }, [copy]).images[0].matched
    }
    const claimed = { width: 100, height: 80 }
    const deep = image('other/deep/a.png')
    expect(found(claimed, deep)).toBe(true)
    expect(found({}, deep)).toBe(false)
    expect(found(claimed, { ...deep, width: null, height: null })).toBe(false)
    expect(found(claimed, image('other/deep/a.png', 50, 80))).toBe(false)
  })

  test('ImageNet names an image without an extension', () => {
    const xml =
      '<annotation><folder>val</folder><filename>ILSVRC_1</filename><object><name>dog</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox></object></annotation>'
    const { images } = read('pascal_voc', { 'Annotations/CLS-LOC/val/ILSVRC_1.xml': xml }, [
      image('Data/CLS-LOC/val/ILSVRC_1.JPEG'),
    ])
    expect(images.map(({ path, matched }) => [path, matched])).toEqual([
      ['Data/CLS-LOC/val/ILSVRC_1.JPEG', true],
    ])
  })

  test('a name keeps its Unicode form where it is written again', () => {
    const decomposed = 'cafe\u0301.jpg'
    const files = { 'a.json': coco([box()], { images: [{ id: 1, file_name: decomposed }] }) }
    const { out } = again('coco', 'coco', files)
    expect(out['annotations/instances_default.json']).toContain(decomposed)
    const composed = [image('caf\u00e9.jpg')]
    expect(read('coco', files, composed).images[0].matched).toBe(true)
  })

  test('several entries of one file for one image are told', () => {
    const images = [1, 2].map((id) => ({ id, file_name: 'a.jpg', width: 100, height: 80 }))
    const annotations = [box(), box({ id: 2, image_id: 2, bbox: [50, 50, 5, 5] })]
    const { images: found, notes } = read('coco', { 'a.json': coco(annotations, { images }) })
    expect(found.map(({ annotations: list }) => list.length)).toEqual([2])
    expect(notes).toEqual([
      'several entries of a label file name this image: their labels are joined',
    ])
  })
})

describe('numbers', () => {
  test.each(['9007199254740993', '18446744073709551615'])(
    'the id %s stays as it is, and tells images apart',
    (large) => {
      const text = JSON.stringify(
        coco([box({ id: 77, image_id: 66 })], {
          images: [
            { id: 66, file_name: 'a.jpg', width: 100, height: 80 },
            { id: 55, file_name: 'b.jpg', width: 100, height: 80 },
          ],
        }),
      )
        .replaceAll(':66', `:${large}`)
        .replaceAll(':55', ':9007199254740992')
        .replaceAll(':77', ':20230101000000001')
      const { images } = read('coco', { 'a.json': text })
      expect(images.map(({ path, annotations }) => [path, annotations.length])).toEqual([
        ['a.jpg', 1],
        ['b.jpg', 0],
      ])
      const out = again('coco', 'coco', { 'a.json': text }).out[
        'annotations/instances_default.json'
      ]
      for (const id of [
        `"id":${large}`,
        '"id":9007199254740992',
        `"image_id":${large}`,
        '"id":20230101000000001',
      ])
        expect(out).toContain(id)
    },
  )

  test('fractions in place of pixels, and corners in place of a size, are told', () => {
    const fractions = coco([box({ bbox: [0.1, 0.2, 0.3, 0.4] })])
    expect(read('coco', { 'a.json': fractions }).notes).toEqual([
      'all coordinates lie between 0 and 1: are they fractions of the image? They are read as pixels',
    ])
    const corners = coco([box({ bbox: [70, 60, 95, 75], area: 375 })])
    expect(read('coco', { 'a.json': corners }).notes).toEqual([
      '“area” is that of a box from corner to corner: is bbox x1, y1, x2, y2? It is read as x, y, width, height',
    ])
    expect(read('coco', { 'a.json': coco([box()]) }).notes).toEqual([])
  })

  test('an RLE of a smaller copy of the image is scaled, one of another shape is told', () => {
    // Ten pixels of the second column, from the sixth row.
    const rle = (height: number, width: number) => ({
      size: [height, width],
      counts: [height + 5, 10, height * width - height - 15],
    })
    const of = (size: [number, number]) =>
      read('coco', { 'a.json': coco([box({ segmentation: rle(...size), bbox: null })]) })
    expect(of([40, 50]).images[0].annotations[0].shape).toMatchObject({
      rings: [
        [
          { x: 2, y: 10 },
          { x: 4, y: 10 },
          { x: 4, y: 30 },
          { x: 2, y: 30 },
        ],
      ],
    })
    expect(of([40, 50]).notes).toEqual([
      'masks have another size than their image, and are scaled to it',
    ])
    expect(of([100, 80]).notes).toEqual([
      'masks have another size than their image; they are taken as they are',
    ])
    expect(of([80, 100]).notes).toEqual([])
  })

  test('a COCO file without categories calls its classes by their numbers', () => {
    const files = { 'a.json': coco([box({ category_id: 7 })], { categories: [] }) }
    const { images, notes, failed } = read('coco', files)
    expect(images[0].annotations.map(({ className }) => className)).toEqual(['class 7'])
    expect(notes).toEqual(['the file lists no categories: classes are called by their numbers'])
    expect(failed).toEqual([])
  })

  test('YOLO: a number that no file names is the same number again', () => {
    const text = '0 0.5 0.5 0.1 0.1 0.93\n16 0.25 0.5 0.1 0.1 0.5\n'
    const { out, losses } = again('yolo', 'yolo', { 'labels/a.txt': text }, [image('images/a.jpg')])
    expect(out['labels/train/a.txt']).toBe(text)
    expect(out['data.yaml']).toContain('\n  16: class 16\n')
    expect(losses.filter((message) => message.includes('confidence'))).toEqual([])
    const listed = { 'labels/a.txt': '5 0.5 0.5 0.1 0.1\n', 'classes.txt': 'cat\ndog\n' }
    const { out: beyond } = again('yolo', 'yolo', listed, [image('images/a.jpg')])
    expect(beyond['labels/train/a.txt']).toBe('5 0.5 0.5 0.1 0.1\n')
    expect(beyond['data.yaml']).toContain('  1: dog\n  2: class 2\n')
  })
})

describe('what a file says goes back', () => {
  test('through Pictograph JSON: the order of images, and which nobody has looked at', () => {
    const files = {
      'labels/b.txt': '0 0.5 0.5 0.1 0.1\n',
      'labels/a.txt': '',
      'classes.txt': 'x\n',
    }
    const images = ['b', 'a', 'c'].map((name) => image(`images/${name}.jpg`))
    const { out } = again('yolo', 'pictograph', files, images)
    const back = read('pictograph', out)
    const looked = back.images.map(({ path, isLabelled }: LabelledImage) => [path, isLabelled])
    expect(looked).toEqual([
      ['images/b.jpg', true],
      ['images/a.jpg', true],
      ['images/c.jpg', false],
    ])
    const written = again('pictograph', 'yolo', out).out
    expect(Object.keys(written).toSorted()).toEqual([
      'data.yaml',
      'labels/train/a.txt',
      'labels/train/b.txt',
    ])
  })

  test('MOT17: numbers of classes and the frame rate; detections do not mix with the truth', () => {
    const gt = '1,1,912,484,97,109,0,7,1\n2,1,912,484,97,109,1,1,0.86\n'
    const files = {
      'train/MOT17-02/gt/gt.txt': gt,
      'train/MOT17-02/det/det.txt': '1,-1,10,10,20,20,0.9\n',
      'train/MOT17-02/seqinfo.ini': '[Sequence]\nname=MOT17-02\nframeRate=30\n',
    }
    const { images, notes } = read('mot', files)
    expect(images.map(({ annotations }) => annotations.length)).toEqual([1, 1])
    expect(notes).toEqual(['detections of a sequence that has a ground truth are left out'])
    const { out } = again('mot', 'mot', files)
    expect(out['train/MOT17-02/gt/gt.txt']).toBe(gt)
    expect(out['train/MOT17-02/seqinfo.ini']).toContain('frameRate=30\n')
    expect(out['train/MOT17-02/gt/labels.txt']).toBeUndefined()
  })

  test('MOT: detections by themselves', () => {
    const det = '1,-1,10,10,20,20,0.9\n1,-1,30,10,20,20,0.25,-1,-1,-1\n'
    const { out, losses } = again('mot', 'mot', { 'MOT17-02/det/det.txt': det })
    expect(out['MOT17-02/gt/gt.txt']).toBe(det)
    expect(losses).toEqual([])
  })

  test('Label Studio JSON-MIN: the task, its address and its annotation', () => {
    const region = {
      ...{ x: 10, y: 25, width: 20, height: 25, rotation: 0, rectanglelabels: ['Car'] },
      ...{ original_width: 100, original_height: 80 },
    }
    const row = {
      ...{ image: 'https://host/x/a.jpg?token=1', id: 5, label: [region], annotator: 1 },
      ...{ annotation_id: 11, created_at: '2024', updated_at: '2025', lead_time: 3.5 },
    }
    const { out } = again('label_studio', 'label_studio', { 'min.json': [row] }, [image('a.jpg')])
    expect(JSON.parse(out['label-studio.json'])).toMatchObject([
      {
        id: 5,
        data: { image: 'https://host/x/a.jpg?token=1' },
        annotations: [{ id: 11, completed_by: 1, created_at: '2024', lead_time: 3.5 }],
      },
    ])
  })

  test('X-AnyLabeling: attributes that are empty', () => {
    const shape = {
      ...{ label: 'car', shape_type: 'rectangle', flags: {}, group_id: null, description: '' },
      ...{ score: null, difficult: true, attributes: {}, kie_linking: [] },
      points: [
        [1, 1],
        [9, 1],
        [9, 9],
        [1, 9],
      ],
    }
    const top = { imagePath: 'a.jpg', imageWidth: 100, imageHeight: 80, checked: false }
    const files = { 'a.json': { version: '2.4.4', flags: {}, shapes: [shape], ...top } }
    const { out } = again('xanylabeling', 'xanylabeling', files)
    expect(JSON.parse(out['a.json']).shapes).toMatchObject([shape])
  })
})

describe('masks', () => {
  const grey = (value: number) => greyPng({ width: 2, height: 1, values: Uint32Array.of(0, value) })

  test("Roboflow's lie beside their images, with a table of their values", () => {
    const files = {
      'train/a.rf.1_mask.png': grey(2),
      'train/_classes.csv': 'Pixel Value, Class\n0, background\n1, cat\n2, dog\n',
    }
    const { images } = read('png_masks', files, [image('train/a.rf.1.jpg', 2, 1)])
    expect(images).toMatchObject([
      { path: 'train/a.rf.1.jpg', matched: true, annotations: [{ className: 'dog' }] },
    ])
    expect(atOnce(detect(inputs(files))).format).toBe('png_masks')
  })

  test('of ADE20K and CamVid, in folders that may hold pictures too', () => {
    const files = {
      'annotations/training/ADE_1.png': grey(1),
      'trainannot/x.png': grey(1),
    }
    const { images } = read('png_masks', files, [
      image('images/training/ADE_1.jpg', 2, 1),
      image('train/x.png', 2, 1),
    ])
    expect(images.map(({ path, split }) => [path, split])).toEqual([
      ['images/training/ADE_1.jpg', 'train'],
      ['train/x.png', 'train'],
    ])
    const colours = new Uint8Array(33)
    colours[25] = 2
    const recognised = (png: Uint8Array) =>
      atOnce(detect([memoryFile('annotations/a.png', png)])).format
    expect([recognised(grey(1)), recognised(colours)]).toEqual(['png_masks', null])
  })

  test('coloured pictures among them are not taken along', () => {
    const photo = rgbPng({ width: 2, height: 1, values: Uint32Array.of(1, 2) })
    const files = {
      ...{ 'annotations/a.png': grey(1), 'annotations/b.png': photo, 'a_mask.png': photo },
      'annotations/classes.txt': 'cat\n',
    }
    const own = atOnce(detect(inputs(files))).filesOf('png_masks')
    expect(own.map(({ path }) => path)).toEqual(['annotations/a.png', 'annotations/classes.txt'])
  })
})

describe('files that are not read are named', () => {
  const said = (path: string, content: string | object) => {
    const { format, skipped, unknown } = atOnce(detect(inputs({ [path]: content })))
    return format ?? (skipped.map(({ message }) => message).join() || unknown)
  }

  test.each([
    ['a.json', { project: {}, config: {}, attribute: {}, file: {}, metadata: {} }, 'VIA 3'],
    ['a.jpg.json', { size: {}, objects: [{ classTitle: 'car', points: {} }] }, 'Supervisely'],
    ['a.json', { imgHeight: 1, imgWidth: 1, objects: [] }, 'Cityscapes'],
    ['a.json', [{ name: 'a.jpg', labels: [{ category: 'car' }] }], 'BDD100K'],
    ['a.json', [{ image: 'a.jpg', annotations: [{ label: 'x', coordinates: {} }] }], 'Create ML'],
    ['a.json', { videos: [], annotations: [{ bboxes: [] }], categories: [] }, 'YouTube-VIS'],
    ['a.json', { image: {}, annotations: [{ predicted_iou: 1, bbox: [] }] }, 'Segment Anything'],
    ['a.json', { openlabel: { objects: {} } }, 'is OpenLABEL'],
    ['a.json', { name: 'x', videoSettings: {}, tags: [], assets: {} }, 'is of VoTT'],
    ['a-asset.json', { asset: {}, regions: [], version: '2.2.0' }, 'is of VoTT'],
    ['samples.json', { samples: [{ _id: {}, filepath: 'a.jpg' }] }, 'is of FiftyOne'],
    ['labels.json', { classes: ['car'], labels: { a: [] } }, 'is of FiftyOne'],
    ['a.json', [{ file_name: 'a.jpg', image_id: 0, annotations: [] }], 'is of detectron2'],
    ['a.jsonl', '{"source-ref": "s3://b/a.jpg", "boxes": {}}\n', 'of SageMaker Ground Truth'],
    ['a.xml', '', 'a.xml is empty'],
    ['a.json', [{ ID: 'x', 'Labeled Data': 'a.jpg', Label: {} }], 'of Labelbox, in its first form'],
    ['a.json', { compilerOptions: {} }, 'its keys: compilerOptions'],
    ['a.json', '', 'a.json is empty'],
    ['a.csv', 'image_id,bbox\n1,2\n', 'columns are not known (image_id,bbox)'],
    ['a.txt', `Car 0.00 0 -0.20 ${'1.5 '.repeat(11).trim()}\n`, 'KITTI'],
    ['a.txt', 'x/a.jpg\n1\n449 330 122 149 0 0 0 0 0 0\n', 'WIDER FACE'],
    ['a.txt', 'x/a.jpg 1,2,3,4,0 5,6,7,8,1\n', 'keras-yolo3'],
  ])('%s: %j', (path, content, words) => {
    expect(said(path, content)).toContain(words)
  })

  test('of many of one kind a few are listed, and the rest counted', () => {
    const files = Object.fromEntries(
      Array.from({ length: 40 }, (_, n) => [`${n}.json`, { imgHeight: 1, objects: [] }]),
    )
    const { skipped } = atOnce(detect(inputs(files)))
    expect(skipped).toHaveLength(6)
    expect(skipped[5].message).toContain('(and 34 more files of this kind)')
  })

  test('settings beside COCO are not read as COCO', () => {
    const files = { 'a.json': coco([box()]), 'tsconfig.json': { compilerOptions: {} } }
    const detection = atOnce(detect(inputs(files)))
    expect(detection.filesOf('coco').map(({ path }) => path)).toEqual(['a.json'])
    expect(detection.skipped.map(({ file }) => file)).toEqual(['tsconfig.json'])
  })
})
