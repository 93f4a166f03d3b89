import { describe, expect, test } from 'vitest'
import type { FormatId } from '#shared/model/format.ts'
import { detect } from './detect.ts'
import { LossLog } from './loss-log.ts'
import { atOnce, openLabels } from './read-labels.ts'
import { FORMAT_BY_ID } from './registry.ts'
import { memoryFile } from './text.ts'
import type { KnownImage, ReadOptions } from './types.ts'
import { wholeFiles, writeLabels } from './write-labels.ts'

type Files = Record<string, string | Uint8Array | object>

const asContent = (value: string | Uint8Array | object) =>
  typeof value === 'string' || value instanceof Uint8Array ? value : JSON.stringify(value)

const inputs = (files: Files) =>
  Object.entries(files).map(([path, content]) => memoryFile(path, asContent(content)))

const image = (path: string, width = 640, height = 480): KnownImage => ({ path, width, height })

function load(from: FormatId, files: Files, images: KnownImage[], options: ReadOptions = {}) {
  const losses = new LossLog()
  const labels = atOnce(openLabels(FORMAT_BY_ID[from], inputs(files), images, losses, options))
  return { ...labels.readAll(), extra: labels.extra, losses }
}

/** Reads and writes again, as `convert` does. */
function convert(from: FormatId, to: FormatId, files: Files, images: KnownImage[]) {
  const { images: read, classes, extra, failed, losses } = load(from, files, images)
  const set = { name: 'set', classes, extra, images: read }
  const options = { clampToImage: false, vocPixelOrigin: 0 as const }
  const out = Object.fromEntries(
    [...wholeFiles(writeLabels(FORMAT_BY_ID[to], set, options, losses))].map(
      ({ path, content }) => [path, String(content)],
    ),
  )
  return { out, failed, read, losses: losses.report().map(({ message }) => message) }
}

const coco = (annotations: object[], more: object = {}) => ({
  images: [{ id: 1, file_name: 'a.jpg', width: 640, height: 480 }],
  categories: [{ id: 3, name: 'car' }],
  annotations: annotations.map((annotation, index) => ({
    id: index + 1,
    image_id: 1,
    category_id: 3,
    ...annotation,
  })),
  ...more,
})

const A = [image('a.jpg')]
const instances = (out: Record<string, string>, split = 'default') =>
  JSON.parse(out[`annotations/instances_${split}.json`])

describe('which image a label is for', () => {
  const box = { bbox: [1, 2, 3, 4] }
  const of = (name: string, images: KnownImage[], path = 'x.json') =>
    load(
      'coco',
      { [path]: coco([box], { images: [{ id: 1, file_name: name, width: 640, height: 480 }] }) },
      images,
    )
      .images.filter(({ matched }) => matched)
      .map((found) => found.path)

  test.each([
    ['beside the file', 'set/a.jpg', 'set/a.jpg', 'set/x.json'],
    ['in an images folder', 'a.jpg', 'set/images/a.jpg', 'set/annotations/x.json'],
    ['in the folder of the split', 'a.jpg', 'val2017/a.jpg', 'annotations/instances_val2017.json'],
    ['backslashes', 'cam1\\a.jpg', 'cam1/a.jpg', 'x.json'],
    ['from another machine', 'C:\\Users\\me\\set\\cam1\\a.jpg', 'cam1/a.jpg', 'x.json'],
    ['a URL with a query', 'https://x.org/up/cam1/a%20b.jpg?token=1', 'cam1/a b.jpg', 'x.json'],
    ['percent signs', 'a%20b.jpg', 'a b.jpg', 'x.json'],
    ['an upper-case ending', 'a.jpg', 'a.JPG', 'x.json'],
    ['another Unicode form', 'u\u0308.jpg', '\u00fc.jpg', 'x.json'],
  ])('%s', (_, name, path, file) => {
    expect(of(name, [image('b.jpg'), image(path)], file)).toEqual([path])
  })

  test('never one of another folder, nor a guess between two', () => {
    expect(of('vid1/0001.jpg', [image('vid2/0001.jpg')])).toEqual([])
    expect(of('a.jpg', [image('p/a.jpg'), image('q/a.jpg')])).toEqual([])
    expect(of('train/a.jpg', [image('val/a.jpg')])).toEqual([])
  })

  test('two entries of one name are two images, where none is at hand', () => {
    const one = coco([box], { images: [{ id: 1, file_name: '0001.jpg', width: 9, height: 9 }] })
    const { images } = load('coco', { 'i_train.json': one, 'i_val.json': one }, [])
    expect(images.map(({ path, annotations }) => [path, annotations.length])).toEqual([
      ['train/0001.jpg', 1],
      ['val/0001.jpg', 1],
    ])
  })

  test('labelme: imagePath from the folder of the file', () => {
    const file = {
      imagePath: '..\\img\\1.jpg',
      version: '5.0.0',
      shapes: [{ label: 'x', points: [[1, 1]], shape_type: 'point' }],
    }
    const { images } = load('labelme', { 'c1/ann/1.json': file, 'c2/ann/1.json': file }, [
      image('c1/img/1.jpg'),
      image('c2/img/1.jpg'),
    ])
    expect(images.map(({ path, matched }) => [path, matched])).toEqual([
      ['c1/img/1.jpg', true],
      ['c2/img/1.jpg', true],
    ])
    const loose = load('labelme', { 'c1/ann/1.json': file, 'c2/ann/1.json': file }, [])
    expect(new Set(loose.images.map(({ path }) => path)).size).toBe(2)
  })

  test('YOLO: the last labels folder is an images folder, for splits, videos and Roboflow', () => {
    const line = '0 0.5 0.5 0.1 0.1\n'
    const matched = (labels: string[], images: string[]) =>
      load(
        'yolo',
        { 'data.yaml': 'names: [a]', ...Object.fromEntries(labels.map((path) => [path, line])) },
        images.map((path) => image(path)),
      ).images.map(({ path, annotations }) => `${path} ${annotations.length}`)
    expect(
      matched(
        ['labels/train/1.txt', 'labels/val/1.txt'],
        ['images/train/1.jpg', 'images/val/1.jpg'],
      ),
    ).toEqual(['images/train/1.jpg 1', 'images/val/1.jpg 1'])
    expect(
      matched(
        ['train/labels/1.txt', 'valid/labels/1.txt'],
        ['train/images/1.jpg', 'valid/images/1.jpg'],
      ),
    ).toEqual(['train/images/1.jpg 1', 'valid/images/1.jpg 1'])
    expect(
      matched(
        ['labels/train/v1/1.txt', 'labels/train/v2/1.txt'],
        ['images/train/v1/1.jpg', 'images/train/v2/1.jpg'],
      ),
    ).toEqual(['images/train/v1/1.jpg 1', 'images/train/v2/1.jpg 1'])
  })

  test('another size is told; scaled or turned where that explains it', () => {
    const at = (size: [number, number], known: KnownImage) => {
      const images = [{ id: 1, file_name: 'a.jpg', width: size[0], height: size[1] }]
      const result = load(
        'coco',
        { 'x.json': coco([{ bbox: [500, 300, 100, 100] }], { images }) },
        [known],
      )
      return [result.images[0].annotations[0].shape, result.losses.report()[0]?.message]
    }
    expect(at([1280, 960], image('a.jpg'))).toEqual([
      { kind: 'bbox', x: 250, y: 150, w: 50, h: 50 },
      'the label file gives another image size: coordinates are scaled to the image',
    ])
    expect(at([640, 480], { ...image('a.jpg', 480, 640), orientation: 6 })).toEqual([
      { kind: 'bbox', x: 80, y: 500, w: 100, h: 100 },
      'coordinates of the stored picture are turned upright, as EXIF says',
    ])
    expect(at([480, 640], image('a.jpg'))[1]).toContain('taken as they are')
  })
})

describe('what one object is', () => {
  const twoParts = {
    segmentation: [
      [10, 10, 60, 10, 60, 60],
      [150, 20, 200, 20, 200, 70],
    ],
    bbox: [5, 5, 200, 70],
    area: 2500,
  }

  test('COCO: two parts and a box of its own stay one annotation', () => {
    const { out, losses } = convert('coco', 'coco', { 'x.json': coco([twoParts]) }, A)
    expect(instances(out).annotations).toEqual([
      { id: 1, image_id: 1, category_id: 3, iscrowd: 0, ...twoParts },
    ])
    expect(losses).toEqual([])
    const yolo = convert('coco', 'yolo', { 'x.json': coco([twoParts]) }, A).out
    expect(yolo['labels/train/a.txt']).toBe('0 0.1640625 0.083333333333 0.3125 0.145833333333\n')
    const voc = convert('coco', 'pascal_voc', { 'x.json': coco([twoParts]) }, A).out
    expect(voc['Annotations/a.xml'].match(/<object>/g)).toHaveLength(1)
    expect(voc['Annotations/a.xml']).toContain('<xmax>205</xmax>')
  })

  test('parts are joined in YOLO segment, and taken apart again', () => {
    const { out } = convert('coco', 'yolo_seg', { 'x.json': coco([twoParts]) }, A)
    expect(out['labels/train/a.txt'].trim().split('\n')).toHaveLength(1)
    const back = convert('yolo_seg', 'coco', out, A)
    expect(instances(back.out, 'train').annotations).toHaveLength(1)
    expect(instances(back.out, 'train').annotations[0].segmentation).toHaveLength(2)
  })

  test('parts that Ultralytics joined, closed by the end of the line, are told apart', () => {
    // merge_multi_segment: both parts closed, the way back is the closing edge.
    const points = [0.1, 0.1, 0.2, 0.1, 0.2, 0.2, 0.1, 0.1, 0.5, 0.5, 0.6, 0.5, 0.6, 0.6, 0.5, 0.5]
    const text = `0 ${points.join(' ')}\n`
    const { images } = load('yolo_seg', { 'data.yaml': 'names: [a]', 'a.txt': text }, A)
    expect(images[0].annotations).toHaveLength(2)
    const again = convert('yolo_seg', 'yolo_seg', { 'data.yaml': 'names: [a]', 'a.txt': text }, A)
    expect(again.out['labels/train/a.txt']).toBe(text)
  })

  test('labelme: shapes of a group are one object, and the group keeps its number', () => {
    const square = (x: number) => [
      [x, 1],
      [x + 5, 1],
      [x + 5, 6],
    ]
    const shapes = [0, 20].map((x) => ({
      label: 'car',
      points: square(x),
      group_id: 0,
      shape_type: 'polygon',
    }))
    const file = { version: '5.0.0', imagePath: 'a.jpg', imageWidth: 640, imageHeight: 480, shapes }
    const { out, losses } = convert('labelme', 'coco', { 'a.json': file }, A)
    expect(instances(out).annotations).toHaveLength(1)
    expect(losses).toEqual([])
    const same = convert('labelme', 'labelme', { 'a.json': file }, A)
    expect(
      JSON.parse(same.out['a.json']).shapes.map((shape: { group_id: number }) => shape.group_id),
    ).toEqual([0, 0])
  })

  const person = { id: 3, name: 'person', keypoints: ['nose', 'hip'], skeleton: [[1, 2]] }
  const pose = {
    segmentation: [[100, 100, 200, 100, 200, 300]],
    bbox: [100, 100, 100, 200],
    area: 1,
    keypoints: [150, 120, 2, 150, 200, 1],
    num_keypoints: 2,
  }

  test('COCO: outline, box and keypoints stay together', () => {
    const file = { 'x.json': coco([pose], { categories: [person] }) }
    const { out } = convert('coco', 'coco', file, A)
    expect(instances(out)).toMatchObject({
      annotations: [{ id: 1, category_id: 3, ...pose }],
      categories: [person],
    })
    const yolo = convert('coco', 'yolo_pose', file, A).out['labels/train/a.txt']
    expect(yolo).toMatch(/^0 0\.234375 0\.41666666666\d 0\.15625 0\.41666666666\d /)
  })

  test('a pose keeps its class, where another has joints of the same names', () => {
    const cat = { id: 1, name: 'cat', keypoints: ['nose', 'tail'], skeleton: [] }
    const dog = { id: 2, name: 'dog', keypoints: ['nose', 'tail'], skeleton: [] }
    const tight = { category_id: 2, keypoints: [10, 10, 2, 20, 20, 2], bbox: [10, 10, 10, 10] }
    const { out } = convert(
      'coco',
      'coco',
      { 'x.json': coco([tight], { categories: [cat, dog] }) },
      A,
    )
    expect(instances(out).annotations).toMatchObject([
      { category_id: 2, keypoints: tight.keypoints },
    ])
  })

  test('the same annotation in two files of COCO is one object, the fuller one', () => {
    const { images, losses } = load(
      'coco',
      {
        'instances_val2017.json': coco([{ ...pose, keypoints: undefined }]),
        'person_keypoints_val2017.json': coco([pose], { categories: [person] }),
      },
      A,
    )
    expect(images).toHaveLength(1)
    expect(images[0].annotations.length).toBeGreaterThan(1)
    expect(losses.report()).toEqual([])
  })

  test('crowds stay crowds, and are no objects elsewhere', () => {
    const crowd = {
      iscrowd: 1,
      segmentation: { size: [480, 640], counts: [5, 20, 307175] },
      bbox: [0, 5, 1, 20],
    }
    const same = convert('coco', 'coco', { 'x.json': coco([crowd]) }, A)
    expect(instances(same.out).annotations[0]).toMatchObject(crowd)
    const yolo = convert('coco', 'yolo', { 'x.json': coco([crowd]) }, A)
    expect(yolo.out['labels/train/a.txt']).toBe('')
    expect(yolo.losses).toContain('crowd regions (iscrowd) are left out: they are not one object')
  })
})

describe('what trainers accept', () => {
  test('data.yaml: numbers for keys, words of YAML 1.1 quoted', () => {
    const names = ['no', 'c1', '1_0', 'a: b', ...Array.from({ length: 8 }, (_, n) => `x${n}`)]
    const categories = names.map((name, index) => ({ id: index, name }))
    const { out } = convert('coco', 'yolo', { 'x.json': coco([], { categories }) }, A)
    expect(out['data.yaml']).toMatch(/^ {2}0: "no"$/m)
    expect(out['data.yaml']).toMatch(/^ {2}2: "1_0"$/m)
    expect(out['data.yaml']).toMatch(/^ {2}11: x7$/m)
    expect(out['data.yaml']).not.toContain('omap')
  })

  test('one images folder in the way to a picture, whatever the dataset called its own', () => {
    const place = FORMAT_BY_ID.yolo.placer()
    expect(place({ path: 'images/a.jpg', split: null })).toEqual({
      image: 'images/train/a.jpg',
      label: 'labels/train/a',
    })
    expect(place({ path: 'train/images/b.jpg', split: 'train' }).image).toBe('images/train/b.jpg')
  })

  test('coordinates stay inside 0 to 1, to the last digit', () => {
    const over = [{ bbox: [600, 10, 80, 50] }, { segmentation: [[-5, -5, 700, 10, 60, 500]] }]
    for (const to of ['yolo', 'yolo_seg', 'yolo_obb'] as const) {
      const { out, losses } = convert('coco', to, { 'x.json': coco(over) }, A)
      const values = out['labels/train/a.txt'].split(/\s+/).filter(Boolean).map(Number)
      expect(Math.max(...values)).toBeLessThanOrEqual(1)
      expect(Math.min(...values)).toBeGreaterThanOrEqual(0)
      expect(losses.join()).toContain('over the border')
    }
  })

  test.each([
    [
      'folders',
      { 'data.yaml': 'names: [a]', 'labels/train2017/a.txt': '', 'labels/val2017/b.txt': '' },
      ['images/train2017/a.jpg', 'images/val2017/b.jpg'],
    ],
    [
      'lists',
      {
        'data.yaml': 'train: train.txt\nval: val.txt\nnames: [a]',
        'train.txt': './images/a.jpg\n',
        'val.txt': './images/b.jpg\n',
        'labels/a.txt': '',
        'labels/b.txt': '',
      },
      ['images/a.jpg', 'images/b.jpg'],
    ],
    [
      'darknet',
      {
        'obj.data': 'train = data/train.txt\nvalid = data/valid.txt\nnames = data/obj.names',
        'obj.names': 'a\n',
        'train.txt': 'data/set/a.jpg\n',
        'valid.txt': 'data/set/b.jpg\n',
        'set/a.txt': '',
        'set/b.txt': '',
      },
      ['set/a.jpg', 'set/b.jpg'],
    ],
    [
      'data.yaml with folders',
      {
        'data.yaml': 'path: .\ntrain: one\nval: two\nnames: [a]',
        'one/a.txt': '',
        'two/b.txt': '',
      },
      ['one/a.jpg', 'two/b.jpg'],
    ],
  ] as [string, Files, string[]][])('splits by %s: val stays val', (_, files, paths) => {
    const { images } = load(
      'yolo',
      files,
      paths.map((path) => image(path)),
    )
    expect(images.map(({ split }) => split)).toEqual(['train', 'val'])
  })

  test('COCO: splits by folder, as Roboflow lays them out', () => {
    const one = coco([{ bbox: [1, 1, 2, 2] }])
    const { images } = load(
      'coco',
      { 'train/_annotations.coco.json': one, 'valid/_annotations.coco.json': one },
      [image('train/a.jpg'), image('valid/a.jpg')],
    )
    expect(images.map(({ path, split }) => [path, split])).toEqual([
      ['train/a.jpg', 'train'],
      ['valid/a.jpg', 'val'],
    ])
  })

  test('flip_idx goes along', () => {
    const files = {
      'data.yaml': 'kpt_shape: [4, 3]\nflip_idx: [0, 2, 1, 3]\nnames: [person]\n',
      'a.txt': '0 0.5 0.5 0.4 0.4 0.5 0.4 2 0.45 0.45 2 0.55 0.45 2 0.5 0.6 2\n',
    }
    const { out } = convert('yolo_pose', 'yolo_pose', files, A)
    expect(out['data.yaml']).toContain('flip_idx: [ 0, 2, 1, 3 ]')
    expect(out['labels/train/a.txt']).toBe(files['a.txt'])
  })

  test('images without labels are kept: an empty file where somebody looked', () => {
    const { out } = convert('coco', 'yolo', { 'x.json': coco([]) }, A)
    expect(out['labels/train/a.txt']).toBe('')
    const kept = load('yolo', { 'data.yaml': 'names: [a]' }, [image('images/a.jpg')])
    expect(kept.images.map(({ path }) => path)).toEqual(['images/a.jpg'])
  })
})

describe('bytes and text', () => {
  const labelme = (label: string) =>
    JSON.stringify({
      version: '5',
      imagePath: 'a.jpg',
      shapes: [{ label, points: [[1, 1]], shape_type: 'point' }],
    })
  const xml = (name: string, encoding: string) =>
    `<?xml version="1.0" encoding="${encoding}"?><annotation><filename>a.jpg</filename><object><name>${name}</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>5</xmax><ymax>5</ymax></bndbox></object></annotation>`
  const bigEndian = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16()

  test.each([
    ['UTF-8 with a mark', 'labelme', Buffer.from(`\ufeff${labelme('人')}`)],
    ['UTF-16 with a mark', 'labelme', Buffer.from(`\ufeff${labelme('人')}`, 'utf16le')],
    ['UTF-16, big end first', 'labelme', bigEndian(labelme('人'))],
    ['UTF-16 without a mark', 'labelme', Buffer.from(labelme('人'), 'utf16le')],
    [
      'declared GB18030',
      'pascal_voc',
      Buffer.concat([
        Buffer.from(xml('', 'GB18030').split('<name>')[0]),
        Buffer.from('<name>'),
        Buffer.from([0xc8, 0xcb]),
        Buffer.from(xml('', 'GB18030').split('<name>')[1]),
      ]),
    ],
    ['characters by number', 'pascal_voc', Buffer.from(xml('&#x4EBA;', 'utf-8'))],
    ['UTF-16 XML', 'pascal_voc', Buffer.from(`\ufeff${xml('人', 'utf-16')}`, 'utf16le')],
  ] as [string, FormatId, Uint8Array][])('%s', (_, format, bytes) => {
    const file = format === 'labelme' ? 'a.json' : 'a.xml'
    const { images, failed } = load(format, { [file]: bytes }, A)
    expect(failed).toEqual([])
    expect(images[0].annotations.map(({ className }) => className)).toEqual(['人'])
  })

  test('another encoding is refused by name, never replaced', () => {
    const gbk = Buffer.concat([
      Buffer.from('{"version":"5","shapes":[],"imagePath":"'),
      Buffer.from([0xc8, 0xcb]),
      Buffer.from('.jpg"}'),
    ])
    expect(load('labelme', { 'a.json': gbk }, A).failed).toEqual([
      {
        file: 'a.json',
        field: '(whole file)',
        message: 'is not UTF-8 (byte 0xc8 in line 1), and does not say what else. Save it as UTF-8',
      },
    ])
    const unnamed = load(
      'yolo',
      { 'classes.txt': Buffer.from([0xc8, 0xcb, 10]), 'a.txt': '0 .5 .5 .1 .1\n' },
      A,
    )
    expect(unnamed.failed.map(({ file }) => file)).toEqual(['classes.txt', 'a.txt'])
    expect(unnamed.images[0].annotations).toEqual([])
  })

  test('faults of JSON are told with file, place and way out', () => {
    const nan = JSON.stringify(
      coco([{ bbox: [1, 1, 5, 5], score: 'NAN' }, { bbox: [1, 1, 2, 2] }]),
    ).replace('"NAN"', 'NaN')
    const { failed, images } = load('coco', { 'x.json': nan }, A)
    expect(failed[0]).toMatchObject({ file: 'x.json', field: 'annotations[0].score' })
    expect(failed[0].message).toContain('NaN, which JSON does not know')
    expect(images[0].annotations).toHaveLength(1)
    const cut = load('labelme', { 'a.json': '{"version":"5",\n"shapes":[{"label":"c' }, A).failed[0]
    expect(cut).toMatchObject({ file: 'a.json', field: 'shapes[0].label' })
    expect(cut.message).toContain('line 2')
    expect(cut.message).toContain('cut off')
  })
})

describe('numbers', () => {
  const voc = (object: string, more = '') =>
    `<annotation><filename>a.jpg</filename><size><width>640</width><height>480</height></size>${more}<object><name>cat</name>${object}</object></annotation>`
  const bounds = '<bndbox><xmin>10</xmin><ymin>20</ymin><xmax>60</xmax><ymax>70</ymax></bndbox>'
  const shapeOf = (xml: string, options: ReadOptions = {}) =>
    load('pascal_voc', { 'a.xml': xml }, A, options).images[0].annotations[0]?.shape

  test('VOC: the first pixel is number 0 or 1, as the file or the person says', () => {
    expect(shapeOf(voc(bounds))).toMatchObject({ x: 10, y: 20, w: 50, h: 50 })
    const one = { kind: 'bbox', x: 9, y: 19, w: 51, h: 51 }
    expect(shapeOf(voc(bounds), { vocPixelOrigin: 1 })).toEqual(one)
    expect(
      shapeOf(voc(bounds, '<source><database>The VOC2007 Database</database></source>')),
    ).toEqual(one)
    const losses = new LossLog()
    const annotation = {
      id: 'a',
      className: 'cat',
      confidence: 1,
      attributes: {},
      shape: { kind: 'bbox' as const, x: 10, y: 20, w: 30, h: 40 },
    }
    const set = {
      name: '',
      classes: [],
      images: [{ ...image('a.jpg'), annotations: [annotation] }],
    }
    const [file] = writeLabels(
      FORMAT_BY_ID.pascal_voc,
      set,
      { clampToImage: false, vocPixelOrigin: 1 },
      losses,
    )
    expect(String(file.content)).toContain('<xmin>11</xmin>')
    expect(shapeOf(String(file.content))).toEqual(annotation.shape)
  })

  test('VOC: polygons, turned boxes, attributes and flags in words', () => {
    const ring = '<polygon><x1>1</x1><y1>1</y1><x2>9</x2><y2>1</y2><x3>9</x3><y3>9</y3></polygon>'
    expect(shapeOf(voc(ring))).toMatchObject({ kind: 'polygon', rings: [{ length: 3 }] })
    const points =
      '<polygon><pt><x>1</x><y>1</y></pt><pt><x>9</x><y>1</y></pt><pt><x>9</x><y>9</y></pt></polygon>'
    expect(shapeOf(voc(points))).toEqual(shapeOf(voc(ring)))
    const turned =
      '<robndbox><cx>100</cx><cy>100</cy><w>80</w><h>20</h><angle>0.5</angle></robndbox>'
    expect(shapeOf(voc(turned))).toMatchObject({ kind: 'oriented_box', cx: 100, w: 80, h: 20 })
    const rotation =
      '<attributes><attribute><name>rotation</name><value>30.0</value></attribute></attributes>'
    expect(shapeOf(voc(bounds + rotation))).toMatchObject({
      kind: 'oriented_box',
      cx: 35,
      angleDeg: 30,
    })
    const words = '<difficult>2</difficult><truncated>0.5</truncated><occluded>True</occluded>'
    const { out } = convert('pascal_voc', 'pascal_voc', { 'a.xml': voc(words + bounds) }, A)
    expect(out['Annotations/a.xml']).toContain('<difficult>2</difficult>')
    expect(out['Annotations/a.xml']).toContain('<truncated>0.5</truncated>')
    expect(out['Annotations/a.xml']).toContain('<occluded>1</occluded>')
    for (const shape of [ring, points, turned, bounds + rotation]) {
      const again = convert('pascal_voc', 'pascal_voc', { 'a.xml': voc(shape) }, A)
      expect(again.losses).toEqual([])
      const plain = (text: string) => text.replace(/\s+/g, '').replace(/30\.0/, '30')
      expect(plain(again.out['Annotations/a.xml'])).toContain(plain(shape))
    }
  })

  test('COCO of CVAT: a turned box', () => {
    const file = { 'x.json': coco([{ bbox: [10, 10, 50, 30], attributes: { rotation: 30 } }]) }
    expect(load('coco', file, A).images[0].annotations[0]).toMatchObject({
      shape: { kind: 'oriented_box', cx: 35, cy: 25, w: 50, h: 30, angleDeg: 30 },
      attributes: {},
    })
    expect(instances(convert('coco', 'coco', file, A).out).annotations[0]).toMatchObject({
      bbox: [10, 10, 50, 30],
      attributes: { rotation: 30 },
    })
  })

  test('COCO: null, nothing, texts and sizes that are none are read for what they mean', () => {
    const triangle = { segmentation: [[10, 10, 60, 10, 60, 60]] }
    for (const odd of [
      { ...triangle, bbox: null },
      { ...triangle, bbox: [] },
      { bbox: [1, 1, 5, 5], keypoints: null },
      { bbox: [1, 1, 5, 5], attributes: [] },
      { bbox: ['1', '1', '5', '5'], category_id: '3' },
      { bbox: [10, 10, 5, 5], segmentation: { size: [480, 640], counts: [307200] } },
    ]) {
      const { images, failed } = load('coco', { 'x.json': coco([odd]) }, A)
      expect(failed).toEqual([])
      expect(images[0].annotations).toHaveLength(1)
    }
    for (const size of [
      { width: null, height: null },
      { width: 0, height: 0 },
      { width: '640', height: 480 },
    ]) {
      const images = [{ id: '1', file_name: 'a.jpg', ...size }]
      const result = load('coco', { 'x.json': coco([triangle], { images }) }, A)
      expect(result.failed).toEqual([])
      expect(result.images[0]).toMatchObject({ width: 640, annotations: [{}] })
    }
    expect(load('coco', { 'x.json': coco([{}]) }, A).failed[0]).toMatchObject({
      field: 'annotations[0]',
      message: 'has neither bbox nor segmentation nor keypoints: nothing can be drawn',
    })
  })

  test('COCO: one id for two categories is an error, one name for two keeps them apart', () => {
    const box = { bbox: [1, 1, 5, 5] }
    const ids = load(
      'coco',
      {
        'x.json': coco([box], {
          categories: [
            { id: 3, name: 'a' },
            { id: 3, name: 'b' },
          ],
        }),
      },
      A,
    )
    expect(ids.failed.map(({ field }) => field)).toEqual([
      'categories[1].id',
      'annotations[0].category_id',
    ])
    const categories = [
      { id: 3, name: 'other', supercategory: 'vehicle' },
      { id: 4, name: 'other', supercategory: 'animal' },
    ]
    const file = { 'x.json': coco([box, { ...box, category_id: 4 }], { categories }) }
    const { out, losses } = convert('coco', 'coco', file, A)
    expect(instances(out).categories).toEqual(categories)
    expect(losses.join()).toContain('several categories are named “other”')
  })

  test('YOLO: pixels, numbers beyond the list, a confidence, quadrilaterals', () => {
    const of = (line: string, kind: FormatId = 'yolo') =>
      load(kind, { 'data.yaml': 'names: [a, b]', 'a.txt': `${line}\n` }, A)
    expect(of('0 100 200 50 60').failed[0].message).toContain('are these pixels or percent?')
    expect(of('0 50 50 10 10').images[0].annotations).toEqual([])
    expect(of('7 0.5 0.5 0.1 0.1').losses.report()[0].message).toContain(
      'the number 7 is beyond the list of 2 classes',
    )
    const line = '0 0.015625 0.02 0.09375 0.02 0.125 0.08 0.09375 0.125 0.015625 0.125'
    expect(of(`${line} 0.91`, 'yolo_seg').images[0].annotations[0]).toMatchObject({
      confidence: 0.91,
      shape: { rings: [{ length: 5 }] },
    })
    const quad = '0 0.15625 0.2083 0.46875 0.25 0.4375 0.5417 0.140625 0.4167'
    expect(of(quad, 'yolo_obb').losses.report()[0].message).toContain('no rectangles')
    const again = convert(
      'yolo_obb',
      'yolo_obb',
      { 'data.yaml': 'names: [a]', 'a.txt': `${quad}\n` },
      A,
    )
    expect(again.out['labels/train/a.txt']).toBe(`${quad}\n`)
  })

  test('YOLO: names that YAML takes for something else, equal names, lists per folder', () => {
    const names = (yaml: string) =>
      load('yolo', { 'data.yaml': yaml, 'a.txt': '0 .5 .5 .1 .1\n1 .5 .5 .1 .1\n' }, A)
    expect(
      names('names:\n - a:b\n - c : d\n').images[0].annotations.map(({ className }) => className),
    ).toEqual(['a:b', 'c : d'])
    expect(
      names('names: [cat, cat]').images[0].annotations.map(({ className }) => className),
    ).toEqual(['cat', 'cat (2)'])
    expect(names('names: [cat, cat]').losses.report()).toHaveLength(1)
    expect(names('names: [null, dog]').failed[0].field).toBe('names[0]')
    expect(
      names('names: [no, 1.0]').images[0].annotations.map(({ className }) => className),
    ).toEqual(['no', '1.0'])
    const perFolder = load(
      'yolo',
      {
        'p/classes.txt': 'cat\n',
        'p/a.txt': '0 .5 .5 .1 .1\n',
        'q/my.names': 'dog\n',
        'q/b.txt': '0 .5 .5 .1 .1\n',
        'q/args.yaml': 'task: detect\nmodel: x.pt\n',
      },
      [image('p/a.jpg'), image('q/b.jpg')],
    )
    expect(perFolder.images.map(({ annotations }) => annotations[0].className)).toEqual([
      'cat',
      'dog',
    ])
  })
})

describe('what a format has and the model has not', () => {
  test('COCO to COCO keeps it; elsewhere each kind is counted once', () => {
    const file = coco(
      [{ bbox: [1, 1, 5, 5], area: 25, segmentation: [], iscrowd: 0, track_id: 7, caption: 'x' }],
      {
        info: { year: 2020 },
        licenses: [{ id: 2, name: 'CC' }],
        images: [{ id: 9, file_name: 'a.jpg', width: 640, height: 480, license: 2 }],
        categories: [{ id: 3, name: 'car', supercategory: 'vehicle', color: [1, 2, 3] }],
      },
    )
    file.annotations[0].image_id = 9
    expect(instances(convert('coco', 'coco', { 'x.json': file }, A).out)).toEqual(file)
    const { losses } = convert('coco', 'yolo', { 'x.json': file }, A)
    for (const field of [
      'track_id',
      'caption',
      'supercategory',
      'color',
      'info',
      'licenses',
      'license',
    ])
      expect(losses).toContain(`“${field}” of COCO has no place in this format`)
  })

  test('labelme to labelme keeps flags, descriptions and shapes; elsewhere they are counted', () => {
    const file = {
      version: '5.4.1',
      flags: { night: true },
      shapes: [
        {
          label: 'cat',
          points: [
            [30, 40],
            [1, 2],
          ],
          group_id: null,
          description: 'left',
          shape_type: 'rectangle',
          flags: { hard: true },
        },
        {
          label: 'cat',
          points: [
            [30, 40],
            [35, 40],
          ],
          group_id: null,
          description: '',
          shape_type: 'circle',
          flags: {},
        },
      ],
      imagePath: 'a.jpg',
      imageData: null,
      imageHeight: 480,
      imageWidth: 640,
    }
    const { out, losses } = convert('labelme', 'labelme', { 'a.json': file }, A)
    const again = JSON.parse(out['a.json'])
    for (const shape of again.shapes) delete shape.id
    expect(again).toEqual(file)
    expect(losses).toEqual([])
    const elsewhere = convert('labelme', 'yolo', { 'a.json': file }, A).losses
    expect(elsewhere).toContain('“flags” of labelme has no place in this format')
    expect(elsewhere).toContain('“description” of labelme has no place in this format')
  })

  test('Pictograph JSON keeps what other formats said', () => {
    const file = { 'x.json': coco([{ bbox: [1, 1, 5, 5], track_id: 7 }]) }
    const there = convert('coco', 'pictograph', file, A)
    expect(there.losses).toEqual([])
    const back = convert('pictograph', 'coco', there.out, A)
    expect(instances(back.out).annotations[0].track_id).toBe(7)
  })
})

describe('mistaken kinds', () => {
  const found = (files: Files) => atOnce(detect(inputs(files)))

  test('all lines of all files are looked at', () => {
    const quad = '0 0.1 0.2 0.4 0.2 0.4 0.5 0.1 0.4\n'
    const polygon = '0 0.1 0.2 0.4 0.2 0.4 0.5\n'
    expect(found({ 'a.txt': quad }).format).toBe('yolo_obb')
    expect(found({ 'a.txt': quad, 'b.txt': `${quad}${polygon}` }).format).toBe('yolo_seg')
    expect(found({ 'a.txt': '0 .5 .5 .1 .1\n' }).format).toBe('yolo')
  })

  test('captions are named as what they are', () => {
    const captions = {
      images: [{ id: 1, file_name: 'a.jpg' }],
      annotations: [{ id: 1, image_id: 1, caption: 'x' }],
    }
    const { format, skipped } = found({
      'captions.json': captions,
      'instances.json': coco([{ bbox: [1, 1, 2, 2] }]),
    })
    expect(format).toBe('coco')
    expect(skipped).toEqual([
      {
        file: 'captions.json',
        field: '(whole file)',
        message: 'is COCO captions, which place nothing, and is not read',
      },
    ])
  })

  test('files that are cut off are told for what they began as', () => {
    expect(found({ 'a.json': '{"version":"5.0","shapes":[{"label":"c' }).format).toBe('labelme')
    expect(found({ 'x.json': '{"images":[{"id":1,"file_name":"a.jpg"},' }).format).toBe('coco')
  })
})

describe('labels without their images', () => {
  test('are converted where the target does not ask for more than the file says', () => {
    const polygon = '0 0.1 0.1 0.2 0.1 0.2 0.2 0.1001 0.1003\n'
    const files = { 'data.yaml': 'names: [a]', 'labels/val/x.txt': polygon }
    const { out, losses } = convert('yolo_seg', 'yolo_seg', files, [])
    expect(out['labels/val/x.txt']).toBe(polygon)
    expect(losses).toEqual([])
    const coco = convert('yolo_seg', 'coco', files, [])
    expect(coco.losses).toContain(
      'images whose size nobody knows are left out: the image is not at hand',
    )
  })

  test('COCO goes through Pictograph JSON and back', () => {
    const file = { 'x.json': coco([{ bbox: [1, 1, 5, 5] }]) }
    const there = convert('coco', 'pictograph', file, [])
    const back = convert('pictograph', 'coco', there.out, [])
    expect(instances(back.out)).toMatchObject({
      images: [{ file_name: 'a.jpg', width: 640, height: 480 }],
      annotations: [{ bbox: [1, 1, 5, 5] }],
    })
  })
})
