import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newAnnotation } from '#shared/model/annotation.ts'
import { convertFiles, readFiles, writeFiles } from '#tests/helpers/labels.ts'
import { csvLine, csvRows } from './csv.ts'
import { detectFormat } from './detect.ts'
import { memoryFile } from './text.ts'

const HEAD =
  'ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside'
const SIZE = { width: 1000, height: 500 }

describe('Open Images', () => {
  // As the published files have them.
  const files = {
    'validation-annotations-bbox.csv': `${HEAD},XClick1X
0001eeaf4aed83f9,xclick,/m/0cmf2,1,0.022673031,0.9642005,0.07103825,0.80054647,0,1,0,0,0,0.5
0001eeaf4aed83f9,xclick,/m/01g317,1,0.1,0.2,0.3,0.4,1,-1,1,0,0,
`,
    'class-descriptions-boxable.csv': '/m/0cmf2,Airplane\n/m/01g317,Person\n',
    'validation-annotations-human-imagelabels-boxable.csv':
      'ImageID,Source,LabelName,Confidence\n0001eeaf4aed83f9,verification,/m/0cmf2,1\n',
  }

  test('boxes are fractions, classes have names in a file of their own, flags are attributes', () => {
    const read = readFiles('open_images', files, [
      { path: 'validation/0001eeaf4aed83f9.jpg', ...SIZE },
    ])
    expect(read.failed).toEqual([])
    expect(read.classes.map(({ name }) => name)).toEqual(['Airplane', 'Person'])
    const [image] = read.images
    expect(image).toMatchObject({ path: 'validation/0001eeaf4aed83f9.jpg', split: 'val' })
    expect(image.annotations[0].shape).toMatchObject({ kind: 'bbox', x: 22.673031 })
    expect(image.annotations.map(({ className, attributes }) => [className, attributes])).toEqual([
      ['Airplane', { truncated: 'true' }],
      ['Person', { occluded: 'true', iscrowd: 'true' }],
    ])
  })

  test('is read and written without the images', () => {
    const out = convertFiles('open_images', files)
    const rows = out.files['annotations/validation-annotations-bbox.csv'].trim().split('\n')
    expect(rows[2]).toBe('0001eeaf4aed83f9,xclick,/m/01g317,1,0.1,0.2,0.3,0.4,1,-1,1,0,0')
    expect(out.losses.map(({ message }) => message)).toEqual([
      'column “XClick1X” has no place in this format',
    ])
    expect(out.files['annotations/class-descriptions-boxable.csv']).toBe(
      files['class-descriptions-boxable.csv'],
    )
  })

  test('images without boxes are listed, and read again', () => {
    const images = [
      { path: 'a.jpg', ...SIZE, split: 'test' as const, isLabelled: true, annotations: [] },
      {
        path: 'x/a.jpg',
        ...SIZE,
        annotations: [newAnnotation({ kind: 'bbox', x: 100, y: 50, w: 100, h: 50 }, 'cat')],
      },
    ]
    const out = writeFiles('open_images', { classes: [], images })
    expect(out.losses).toEqual([])
    expect(out.files['annotations/test-images-with-rotation.csv'].split('\n')[1]).toBe(
      'a,test,,,,,,,,,,',
    )
    const back = readFiles('open_images', out.files, [
      { path: 'images/test/a.jpg', ...SIZE },
      { path: 'images/train/a_jpg.jpg', ...SIZE },
    ])
    expect(
      back.images.map(({ path, split, annotations }) => [path, split, annotations.length]),
    ).toEqual([
      ['images/test/a.jpg', 'test', 0],
      ['images/train/a_jpg.jpg', 'train', 1],
    ])
  })

  test('faults name the line and the column', () => {
    const text = `${HEAD}\na,xclick,/m/1,1,0.5,0.4,0.1,0.2,0,0,0,0,0\na,xclick,/m/1,1,x,0.4,0.1,0.2,0,0,0,0,0\na,xclick,/m/1,1,100,200,10,20,0,0,0,0,0\n,xclick,/m/1,1,0,1,0,1,0,0,0,0,0\na,xclick,,1,0,1,0,1,0,0,0,0,0\n`
    const { failed } = readFiles('open_images', { 'x.csv': text })
    expect(failed.map(({ field }) => field)).toEqual([
      'line 5.ImageID',
      'line 2.XMax',
      'line 3.XMin',
      'line 4.XMin',
      'line 6.LabelName',
    ])
  })

  test('is told by its columns; labels of whole images are none', () => {
    const kind = (text: string) => detectFormat([memoryFile('x.csv', text)])
    expect(kind(`${HEAD}\n`)).toBe('open_images')
    expect(kind('ImageID,Source,LabelName,Confidence\n')).toBe(null)
  })

  test('the same boxes come out', () => {
    const fraction = fc.integer({ min: 0, max: 400_000 }).map((value) => value / 1e6)
    const flag = fc.constantFrom('0', '1', '-1')
    const row = fc
      .tuple(
        fc.constantFrom('a1', 'b2'),
        fc.constantFrom('xclick', 'activemil'),
        fc.constantFrom('/m/01', '/m/02', 'Cat'),
        fc.constantFrom('1', '0.5', '0'),
        fc.tuple(fraction, fraction, fraction, fraction),
        fc.tuple(flag, flag, flag, flag, flag),
      )
      .map(([id, source, label, confidence, [x, y, w, h], flags]) =>
        [id, source, label, confidence, x, x + w + 0.01, y, y + h + 0.01, ...flags].map((value) =>
          typeof value === 'number' ? String(Math.round(value * 1e6) / 1e6) : value,
        ),
      )
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), fc.boolean(), (rows, isKnown) => {
        const text = `${HEAD}\n${rows.map(csvLine).join('')}`
        const images = isKnown
          ? [
              { path: 'a1.jpg', ...SIZE },
              { path: 'b2.jpg', width: 333, height: 77 },
            ]
          : []
        const out = convertFiles('open_images', { 'train-annotations-bbox.csv': text }, images)
        expect([out.read.failed, out.losses]).toEqual([[], []])
        const lines = (table: string) =>
          [...csvRows(table)].map(({ fields }) => fields.join('|')).toSorted()
        expect(lines(out.files['annotations/train-annotations-bbox.csv'])).toEqual(lines(text))
      }),
    )
  })
})
