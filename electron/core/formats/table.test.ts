import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newAnnotation } from '#shared/model/annotation.ts'
import { convertFiles, readFiles, writeFiles } from '#tests/helpers/labels.ts'
import { csvLine, csvRows } from './csv.ts'
import { detectFormat } from './detect.ts'
import { memoryFile } from './text.ts'

const SIZE = { width: 640, height: 480 }

const shapes = (read: ReturnType<typeof readFiles>) =>
  read.images.map(({ path, annotations }) => [
    path,
    annotations.map(({ className, shape }) => [className, shape]),
  ])

const box = (x: number, y: number, w: number, h: number) => ({ kind: 'bbox', x, y, w, h })

describe('tables of boxes, as other tools write them', () => {
  test('Roboflow: a table in the folder of each split, images beside it', () => {
    const table = (name: string) =>
      `filename,width,height,class,xmin,ymin,xmax,ymax\r\n${name},640,480,"car, red",10,20,110,70\r\n${name},640,480,dog,1,2,3,4\r\n`
    const read = readFiles(
      'tensorflow_csv',
      { 'train/_annotations.csv': table('a.jpg'), 'valid/_annotations.csv': table('a.jpg') },
      [
        { path: 'train/a.jpg', ...SIZE },
        { path: 'valid/a.jpg', ...SIZE },
      ],
    )
    expect(read.failed).toEqual([])
    expect(read.images.map(({ path, split, matched }) => [path, split, matched])).toEqual([
      ['train/a.jpg', 'train', true],
      ['valid/a.jpg', 'val', true],
    ])
    expect(shapes(read)[0]).toEqual([
      'train/a.jpg',
      [
        ['car, red', box(10, 20, 100, 50)],
        ['dog', box(1, 2, 2, 2)],
      ],
    ])
  })

  test('Make Sense: with names of columns and without, boxes, points and lines', () => {
    const named =
      'label_name,bbox_x,bbox_y,bbox_width,bbox_height,image_name,image_width,image_height\nyball,150,200,80,82,a.jpg,640,480'
    expect(shapes(readFiles('makesense_csv', { 'labels.csv': named }))).toEqual([
      ['a.jpg', [['yball', box(150, 200, 80, 82)]]],
    ])
    const bare = 'yball,150,200,80,82,a.jpg,640,480\n'
    expect(shapes(readFiles('makesense_csv', { 'labels.csv': bare }))[0][1]).toEqual([
      ['yball', box(150, 200, 80, 82)],
    ])
    const points = 'nose,150,200,a.jpg,640,480\n'
    expect(shapes(readFiles('makesense_csv', { 'labels.csv': points }))[0][1]).toEqual([
      ['nose', { kind: 'keypoint', x: 150, y: 200 }],
    ])
    const lines = 'lane,150,200,100,90,a.jpg,640,480\nlane,500,400,600,90,a.jpg,640,480\n'
    expect(shapes(readFiles('makesense_csv', { 'labels.csv': lines }))[0][1]).toEqual([
      [
        'lane',
        {
          kind: 'polyline',
          points: [
            { x: 150, y: 200 },
            { x: 100, y: 90 },
          ],
        },
      ],
      [
        'lane',
        {
          kind: 'polyline',
          points: [
            { x: 500, y: 400 },
            { x: 600, y: 90 },
          ],
        },
      ],
    ])
  })

  test("the service's export: all shapes, splits, confidence", () => {
    const table = [
      'image,split,width,height,class,type,x,y,w,h,points,confidence',
      'in/x.png,val,640,480,car,bbox,1,2,10,8,,1',
      'in/x.png,val,640,480,road,polygon,0,0,20,15,0 0;20 0;20 15,0.5',
      'in/x.png,val,640,480,lane,polyline,0,0,5,5,0 0;5 5,',
      'in/x.png,val,640,480,nose,keypoint,10,15,0,0,10 15,1',
    ].join('\r\n')
    const read = readFiles('pictograph_csv', { 'annotations.csv': `${table}\r\n` }, [
      { path: 'images/in/x.png', ...SIZE },
    ])
    expect(read.failed).toEqual([])
    const [image] = read.images
    expect(image).toMatchObject({ path: 'images/in/x.png', split: 'val', matched: true })
    expect(image.annotations.map(({ shape, confidence }) => [shape.kind, confidence])).toEqual([
      ['bbox', 1],
      ['polygon', 0.5],
      ['polyline', 1],
      ['keypoint', 1],
    ])
  })

  test('columns in another order, by other names, with semicolons and others between', () => {
    const table =
      'image_name;label;tool;x_min;y_min;x_max;y_max\nsub\\a.JPG;car;sam;1,5;2;3;4\n'.replace(
        '1,5',
        '1.5',
      )
    const { files, read } = convertFiles('tensorflow_csv', { 'my.csv': table }, [
      { path: 'sub/a.jpg', ...SIZE },
    ])
    expect(shapes(read)).toEqual([['sub/a.jpg', [['car', box(1.5, 2, 1.5, 2)]]]])
    expect(files['_annotations.csv']).toBe(
      'image_name,label,tool,x_min,y_min,x_max,y_max\nsub/a.jpg,car,sam,1.5,2,3,4\n',
    )
    const other = convertFiles('tensorflow_csv', { 'my.csv': table }, [], 'labelme')
    expect(other.losses.map(({ message }) => message)).toContain(
      '“tool” of the CSV has no place in this format',
    )
  })

  test('an image that is named alone is empty', () => {
    const table = 'filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,640,480,,,,,\n'
    const read = readFiles('tensorflow_csv', { 'a.csv': table })
    expect(read.images).toMatchObject([{ path: 'a.jpg', annotations: [], isLabelled: true }])
    expect(read.failed).toEqual([])
    const { losses } = writeFiles('tensorflow_csv', read)
    expect(losses).toMatchObject([
      { message: 'images without objects have no place in this format', count: 1 },
    ])
  })

  test('faults name the line and the column', () => {
    const table = [
      'filename,class,xmin,ymin,xmax,ymax',
      'a.jpg,car,one,2,3,4',
      'a.jpg,car,5,2,3,4',
      'a.jpg,,1,2,3,4',
      ',car,1,2,3,4',
      'a.jpg,car,0.1,0.2,0.3,0.4',
      'a.jpg,car,1,2,3,4',
    ].join('\n')
    const { failed, images } = readFiles('tensorflow_csv', { 'a.csv': table })
    expect(images[0].annotations).toHaveLength(1)
    expect(failed.map(({ field, message }) => `${field} ${message}`)).toEqual([
      'line 5.filename must name the image, not nothing',
      'line 2.xmin must be a number, not "one"',
      'line 3.xmax makes a box without a width or a height',
      'line 4.class must be the name of a class, not ""',
      'line 6.xmax is a fraction of the image; this table holds pixels',
    ])
    expect(
      readFiles('tensorflow_csv', { 'results.csv': 'epoch,loss\n1,2\n' }).failed[0].message,
    ).toContain('must name the columns')
  })

  test('are told from other tables by their columns', () => {
    const kind = (text: string) => detectFormat([memoryFile('x.csv', text)])
    expect(kind('filename,width,height,class,xmin,ymin,xmax,ymax\n')).toBe('tensorflow_csv')
    expect(kind('car,1,2,3,4,a.jpg,640,480\n')).toBe('makesense_csv')
    expect(kind('image,split,width,height,class,type,x,y,w,h,points,confidence\n')).toBe(
      'pictograph_csv',
    )
    expect(kind('epoch,train/box_loss,metrics/mAP50(B)\n1,2,3\n')).toBe(null)
    expect(kind('filename,label\na.jpg,cat\n')).toBe(null)
  })
})

describe('tables of boxes are written', () => {
  const polygon = newAnnotation(
    { kind: 'polygon', rings: [[1, 2, 9].map((n) => ({ x: n * n, y: n }))] },
    'road',
  )
  const images = [
    {
      path: 'train/a.jpg',
      ...SIZE,
      split: 'train' as const,
      annotations: [newAnnotation({ kind: 'bbox', x: 1, y: 2, w: 3, h: 4 }, 'car')],
    },
    { path: 'b.jpg', ...SIZE, split: 'val' as const, annotations: [polygon] },
  ]

  test('as Roboflow lays them', () => {
    const { files, losses } = writeFiles('tensorflow_csv', { classes: [], images })
    expect(files).toEqual({
      'train/_annotations.csv':
        'filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,640,480,car,1,2,4,6\n',
      'valid/_annotations.csv':
        'filename,width,height,class,xmin,ymin,xmax,ymax\nb.jpg,640,480,road,1,1,81,9\n',
    })
    expect(losses.map(({ message }) => message)).toEqual([
      'polygons and oriented boxes are written as the upright box around them',
    ])
  })

  test('what a kind of table cannot hold is counted', () => {
    const { files, losses } = writeFiles('makesense_csv', { classes: [], images })
    expect(files['labels.csv'].split('\n')[1]).toBe('car,1,2,3,4,train/a.jpg,640,480')
    expect(losses.map(({ message }) => message)).toContain('the split has no place in this format')
    const own = writeFiles('pictograph_csv', { classes: [], images })
    expect(own.losses).toEqual([])
    expect(own.files['annotations.csv'].split('\n')[2]).toBe(
      'b.jpg,val,640,480,road,polygon,1,1,80,8,1 1;4 2;81 9,1',
    )
  })
})

describe('the same table comes out', () => {
  const number = fc.integer({ min: 101, max: 30_000 }).map((value) => value / 100)
  const text = fc.oneof(
    fc.stringMatching(/^[a-z][a-z0-9_ ]{0,6}[a-z]$/),
    fc.constantFrom('a "quoted" word', 'with, comma', 'zwei\nZeilen', 'ü'),
  )
  const rowsOf = (table: string) => [...csvRows(table)].map(({ fields }) => fields)
  const names = fc.constantFrom('a.jpg', 'sub/b.png', 'c d.jpg')

  const sorted = (rows: string[][]) => rows.map((row) => row.join('|')).toSorted()

  test('Roboflow / TensorFlow, with columns of its own', () => {
    const row = fc
      .tuple(names, text, number, number, number, number, fc.oneof(text, fc.constant('')))
      .map(([name, label, x, y, w, h, more]) =>
        [
          name,
          '640',
          '480',
          label,
          x,
          y,
          Math.round((x + w) * 100) / 100,
          Math.round((y + h) * 100) / 100,
          more,
        ].map(String),
      )
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 6 }), (rows) => {
        const head = [
          'filename',
          'width',
          'height',
          'class',
          'xmin',
          'ymin',
          'xmax',
          'ymax',
          'Note',
        ]
        const table = [head, ...rows].map(csvLine).join('')
        const { files, losses, read } = convertFiles('tensorflow_csv', {
          '_annotations.csv': table,
        })
        expect([read.failed, losses]).toEqual([[], []])
        expect(sorted(rowsOf(files['_annotations.csv']))).toEqual(sorted(rowsOf(table)))
      }),
    )
  })

  test("the service's", () => {
    const pairs = fc.uniqueArray(fc.tuple(number, number), {
      minLength: 3,
      maxLength: 5,
      selector: String,
    })
    const shape = fc.oneof(
      fc.tuple(number, number, number, number).map((values) => ['bbox', ...values, ''] as const),
      fc.tuple(fc.constantFrom('polygon', 'polyline'), pairs).map(([type, points]) => {
        const [x, y] = [0, 1].map((axis) => Math.min(...points.map((point) => point[axis])))
        const [right, bottom] = [0, 1].map((axis) =>
          Math.max(...points.map((point) => point[axis])),
        )
        const size = [right - x, bottom - y].map((value) => Math.round(value * 100) / 100)
        return [type, x, y, ...size, points.map((point) => point.join(' ')).join(';')] as const
      }),
    )
    const row = fc
      .tuple(names, text, shape, fc.constantFrom('', '1', '0.25'))
      .map(([name, label, values, confidence]) =>
        [name, 'train', '640', '480', label, ...values, confidence].map(String),
      )
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 6 }), (rows) => {
        const head = 'image,split,width,height,class,type,x,y,w,h,points,confidence'.split(',')
        const table = [head, ...rows].map(csvLine).join('')
        const { files, losses, read } = convertFiles('pictograph_csv', { 'annotations.csv': table })
        expect([read.failed, losses]).toEqual([[], []])
        expect(sorted(rowsOf(files['annotations.csv']))).toEqual(sorted(rowsOf(table)))
      }),
    )
  })

  test('Make Sense', () => {
    const row = fc
      .tuple(text, number, number, number, number, names)
      .map(([label, x, y, w, h, name]) => [label, x, y, w, h, name, '640', '480'].map(String))
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 6 }), (rows) => {
        const head =
          'label_name,bbox_x,bbox_y,bbox_width,bbox_height,image_name,image_width,image_height'
        const table = [head.split(','), ...rows].map(csvLine).join('')
        const { files, losses, read } = convertFiles('makesense_csv', { 'labels.csv': table })
        expect([read.failed, losses]).toEqual([[], []])
        expect(sorted(rowsOf(files['labels.csv']))).toEqual(sorted(rowsOf(table)))
      }),
    )
  })
})
