import { describe, expect, test } from 'vitest'
import type { FormatId } from '#shared/model/format.ts'
import { convertFiles, readFiles } from '#tests/helpers/labels.ts'
import { detectFormat } from './detect.ts'
import { decodeText, memoryFile } from './text.ts'
import type { KnownImage } from './types.ts'

// Files of YOLO and Pascal VOC as trackers and datasets of aerial images write them.

const image = (path: string): KnownImage => ({ path, width: 640, height: 480 })

const shapesOf = (format: FormatId, files: Record<string, string>, path: string) => {
  const { images, failed } = readFiles(format, files, [image(path)])
  return {
    shapes: images[0].annotations.map(({ shape }) => shape),
    failed: failed.map(({ field, message }) => `${field}: ${message}`),
  }
}

describe('YOLO', () => {
  const files = (lines: string) => ({ 'data.yaml': 'names: [a]\n', 'labels/a.txt': lines })
  const images = [image('images/a.jpg')]

  test.each<[kind: FormatId, lines: string]>([
    ['yolo', '0 0.5 0.5 0.1 0.1 1\n0 0.25 0.5 0.1 0.1 12\n'],
    ['yolo', '0 0.5 0.5 0.1 0.1 0.87 1\n0 0.25 0.5 0.1 0.1 0.5 12\n'],
    ['yolo_seg', '0 0.1 0.1 0.2 0.1 0.2 0.2 1\n0 0.5 0.5 0.6 0.5 0.6 0.6 12\n'],
    ['yolo_seg', '0 0.1 0.1 0.2 0.1 0.2 0.2 0.9 1\n0 0.5 0.5 0.6 0.5 0.6 0.6 0.8 12\n'],
  ])('%s: the number of a track at the end of a line is no confidence: %j', (kind, lines) => {
    const { files: out, read } = convertFiles(kind, files(lines), images)
    expect(read.failed).toEqual([])
    const [first, second] = read.images[0].annotations
    expect([first.extra?.yolo, second.extra?.yolo]).toMatchObject([
      { track_id: 1 },
      { track_id: 12 },
    ])
    if (kind === 'yolo_seg') expect(first.shape).toMatchObject({ rings: [{ length: 3 }] })
    expect(out['labels/train/a.txt']).toBe(lines)
  })

  describe('a frame whose only object has track 1, beside frames with others', () => {
    const frames = [image('images/a.jpg'), image('images/b.jpg')]
    const outline = '0.1 0.1 0.5 0.1 0.5 0.4'
    const quad = '0.1 0.1 0.5 0.1 0.5 0.4 0.1 0.4'
    const joints = '0.5 0.5 0.2 0.2 0.45 0.5 2 0.55 0.5 2'

    test.each<[FormatId, string, string]>([
      ['yolo', '0.5 0.5 0.2 0.2', 'names: [a]\n'],
      ['yolo_seg', outline, 'names: [a]\n'],
      ['yolo_obb', quad, 'names: [a]\n'],
      ['yolo_pose', joints, 'names: [a]\nkpt_shape: [2, 3]\n'],
    ])('%s', (kind, values, yaml) => {
      const labels = {
        'labels/a.txt': `0 ${values} 0.95 1\n`,
        'labels/b.txt': `0 ${values} 0.9 1\n0 ${values} 0.8 7\n`,
      }
      const all = { 'data.yaml': yaml, ...labels }
      const inputs = Object.entries(all).map(([path, text]) => memoryFile(path, text))
      expect(detectFormat(inputs)).toBe(kind)
      const { files: out, read } = convertFiles(kind, all, frames)
      expect(read.failed).toEqual([])
      const [lead] = read.images[0].annotations
      expect(lead).toMatchObject({ confidence: 0.95, extra: { yolo: { track_id: 1 } } })
      if (kind === 'yolo_seg') expect(lead.shape).toMatchObject({ rings: [{ length: 3 }] })
      if (kind === 'yolo_obb') expect(lead.shape.kind).toBe('oriented_box')
      expect(out['labels/train/a.txt']).toBe(labels['labels/a.txt'])
    })
  })

  describe('tracks beside frames in which the tracker followed nothing, and beside lines drawn by hand', () => {
    const outline = '0.1 0.1 0.5 0.1 0.5 0.4 0.3 0.6 0.1 0.4'
    const quad = '0.1 0.1 0.5 0.1 0.5 0.4 0.1 0.4'
    const triangle = '0.1 0.1 0.5 0.1 0.5 0.4'
    const box = '0.5 0.5 0.2 0.2'
    const joints = '0.5 0.5 0.2 0.2 0.45 0.5 2 0.55 0.5 2'

    /** Track and confidence of each line, by the number of the file. */
    function tracksIn(kind: FormatId, texts: readonly string[], yaml = 'names: [a]\n') {
      const labels = texts.map((text, index): [string, string] => [`labels/${index}.txt`, text])
      const all = { 'data.yaml': yaml, ...Object.fromEntries(labels) }
      const inputs = Object.entries(all).map(([path, text]) => memoryFile(path, text))
      expect(detectFormat(inputs)).toBe(kind)
      const { files: out, read } = convertFiles(
        kind,
        all,
        labels.map((_, index) => image(`images/${index}.jpg`)),
      )
      expect(read.failed).toEqual([])
      for (const [index, text] of texts.entries())
        expect(out[`labels/train/${index}.txt`]).toBe(text)
      return read.images.map(({ annotations }) =>
        annotations
          .filter(({ shape }) => shape.kind !== 'keypoint')
          .map(({ confidence, extra, shape }) => [
            shape.kind,
            confidence,
            (extra?.yolo as { track_id?: number } | undefined)?.track_id ?? null,
          ]),
      )
    }

    test.each<[FormatId, string, string, string | undefined]>([
      ['yolo', 'bbox', box, undefined],
      ['yolo_seg', 'polygon', outline, undefined],
      ['yolo_seg', 'polygon', triangle, undefined],
      ['yolo_obb', 'oriented_box', quad, undefined],
      ['yolo_pose', 'bbox', joints, 'names: [a]\nkpt_shape: [2, 3]\n'],
    ])('%s, %s: %s', (kind, shape, values, yaml) => {
      const line = (...ends: number[]) => `0 ${[values, ...ends].join(' ')}\n`
      expect(tracksIn(kind, [line(), line(1), line(7) + line(1), line() + line(9)], yaml)).toEqual([
        [[shape, 1, null]],
        [[shape, 1, 1]],
        [
          [shape, 1, 7],
          [shape, 1, 1],
        ],
        [
          [shape, 1, null],
          [shape, 1, 9],
        ],
      ])
      const all = [line(0.87), line(0.95, 1), line(0.9, 7) + line(0.8, 1), line(0.7) + line(0.6, 9)]
      expect(tracksIn(kind, all, yaml)).toEqual([
        [[shape, 0.87, null]],
        [[shape, 0.95, 1]],
        [
          [shape, 0.9, 7],
          [shape, 0.8, 1],
        ],
        [
          [shape, 0.7, null],
          [shape, 0.6, 9],
        ],
      ])
    })

    test('an outline drawn by hand that ends at the border, beside tracks without confidences', () => {
      const border = `0 ${outline} 0.5 1\n`
      const files = [`0 ${outline} 7\n`, border, `0 ${outline} 3\n${border}`]
      expect(tracksIn('yolo_seg', files)).toEqual([
        [['polygon', 1, 7]],
        [['polygon', 1, null]],
        [
          ['polygon', 1, 3],
          ['polygon', 1, null],
        ],
      ])
    })

    test('boxes with tracks beside outlines without', () => {
      const files = [`0 ${box} 7\n`, `0 ${outline}\n`, `0 ${box} 0.5\n`]
      expect(tracksIn('yolo_seg', files)).toEqual([
        [['bbox', 1, 7]],
        [['polygon', 1, null]],
        [['bbox', 0.5, null]],
      ])
    })

    test('joints that are hidden in one pose and not in the other are no tracks', () => {
      const hidden = joints.replaceAll(' 2', ' 1')
      const text = `0 ${joints}\n0 ${hidden}\n`
      const read = tracksIn('yolo_pose', [text], 'names: [a]\nkpt_shape: [2, 3]\n')
      expect(read[0].map(([, , track]) => track)).toEqual([null, null])
    })
  })

  describe('images that differ by case alone', () => {
    const line = (x: number) => `0 ${x} 0.5 0.1 0.1\n`
    const upper = { 'data.yaml': 'names: [a]\n', 'labels/A.txt': line(0.25) }
    const both = { ...upper, 'labels/a.txt': line(0.75) }
    const middles = (files: Record<string, string>, paths: string[]) => {
      const { images: found } = readFiles('yolo', files, paths.map(image))
      return Object.fromEntries(
        found.map(({ path, annotations }) => [
          path,
          annotations.map(({ shape }) => (shape.kind === 'bbox' ? shape.x + shape.w / 2 : null)),
        ]),
      )
    }

    test('each has its own labels', () => {
      expect(middles(both, ['images/A.jpg', 'images/a.jpg'])).toEqual({
        'images/A.jpg': [160],
        'images/a.jpg': [480],
      })
      expect(middles(both, ['images/A.jpg', 'images/a.jpg', 'images/a.png'])).toEqual({
        'images/A.jpg': [160],
        'images/a.jpg': [480],
        'images/a.png': [480],
      })
    })

    test('the one without a file has no labels', () => {
      expect(middles(upper, ['images/A.jpg', 'images/a.jpg'])).toEqual({
        'images/A.jpg': [160],
        'images/a.jpg': [],
      })
    })

    test('a file of another case belongs to the only image of its stem, and to neither of two', () => {
      expect(middles(upper, ['images/a.jpg'])).toEqual({ 'images/a.jpg': [160] })
      expect(middles(upper, ['images/a.jpg', 'images/a.png'])).toEqual({
        'images/a.jpg': [160],
        'images/a.png': [160],
      })
      const word = { 'data.yaml': 'names: [a]\n', 'labels/IMG.txt': line(0.25) }
      const found = middles(word, ['images/img.jpg', 'images/Img.jpg'])
      expect([found['images/img.jpg'], found['images/Img.jpg']]).toEqual([undefined, undefined])
    })
  })

  test('images that differ by extension alone share their label file', () => {
    const twins = ['images/a.jpg', 'images/a.png', 'images/b.jpg'].map(image)
    const { images: found } = readFiles('yolo', files('0 0.5 0.5 0.1 0.1\n'), twins)
    expect(found.map(({ path, annotations }) => [path, annotations.length])).toEqual([
      ['images/a.jpg', 1],
      ['images/a.png', 1],
      ['images/b.jpg', 0],
    ])
  })

  test('outlines that end at the border have no tracks', () => {
    const lines = '0 0.1 0.1 0.9 0.1 0.9 0.9 0.95 1\n'
    const { images: found } = readFiles('yolo_seg', files(lines), images)
    expect(found[0].annotations).toMatchObject([{ shape: { rings: [{ length: 4 }] } }])
  })

  test('a box whose confidence is 1 has no track', () => {
    const { images: found } = readFiles('yolo', files('0 0.5 0.5 0.1 0.1 1\n'), images)
    expect(found[0].annotations).toMatchObject([{ confidence: 1 }])
  })

  test('poses without kpt_shape say what is missing', () => {
    const joints = Array.from({ length: 17 }, (_, n) => `0.${n + 10} 0.5 2`).join(' ')
    const text = { 'labels/a.txt': `0 0.5 0.5 0.2 0.2 ${joints}\n` }
    const kind = detectFormat([memoryFile('labels/a.txt', text['labels/a.txt'])]) as FormatId
    expect(shapesOf(kind, text, 'images/a.jpg').failed).toEqual([
      'line 1: looks like a pose of 17 joints: add a data.yaml with “kpt_shape: [17, 3]” to say so',
    ])
  })

  test.each([
    'names: &names [cat, dog]\n',
    'names: !!seq [cat, dog]\n',
    'names: &names\n  0: cat\n  1: dog\n',
  ])('an anchor or a tag before the names: %j', (yaml) => {
    const { classes } = readFiles(
      'yolo',
      { ...files('0 .5 .5 .1 .1\n'), 'data.yaml': yaml },
      images,
    )
    expect(classes.map(({ name }) => name)).toEqual(['cat', 'dog'])
  })
})

describe('Pascal VOC', () => {
  const xml = (body: string) => ({
    'Annotations/1.xml': `<annotation><size><width>640</width><height>480</height></size>${body}</annotation>`,
  })
  const turned = { kind: 'oriented_box', cx: 20, cy: 15, w: 20, h: 10, angleDeg: 0 }
  const fair1m = (points: string[]) =>
    xml(
      `<source><filename>1.tif</filename></source><objects><object><type>rectangle</type><possibleresult><name>Boeing737</name></possibleresult><points>${points
        .map((point) => `<point>${point}</point>`)
        .join('')}</points></object></objects>`,
    )

  test('FAIR1M: objects in a list of their own, with corners', () => {
    const files = fair1m(['10.0,10.0', '30.0,10.0', '30.0,20.0', '10.0,20.0', '10.0,10.0'])
    const { images, failed, classes } = readFiles('pascal_voc', files, [image('images/1.tif')])
    expect(failed).toEqual([])
    expect(classes.map(({ name }) => name)).toEqual(['Boeing737'])
    expect(images[0]).toMatchObject({ matched: true, annotations: [{ shape: turned }] })
    const out = convertFiles('pascal_voc', files, [image('images/1.tif')]).files
    expect(out['Annotations/1.xml'].match(/<point>30\.0,20\.0<\/point>/g)).toHaveLength(1)
  })

  test('corners that make no rectangle are a polygon', () => {
    const files = fair1m(['10,10', '30,10', '40,40', '10,20', '10,10'])
    expect(shapesOf('pascal_voc', files, 'images/1.tif').shapes).toMatchObject([
      { kind: 'polygon', rings: [{ length: 4 }] },
    ])
  })

  test('a corner that is no pair is a fault', () => {
    const { failed } = shapesOf('pascal_voc', fair1m(['10,10', '30', '40,40']), 'images/1.tif')
    expect(failed).toEqual(['object[0].points.point[1]: must be x,y and not "30"'])
  })

  describe('beside a box', () => {
    const bndbox = '<bndbox><xmin>10</xmin><ymin>10</ymin><xmax>30</xmax><ymax>20</ymax></bndbox>'
    const box = { kind: 'bbox', x: 10, y: 10, w: 20, h: 10 }
    const filesOf = (parts: string) => xml(`<object><name>face</name>${parts}${bndbox}</object>`)

    test.each([
      ['numbered landmarks', '<points><x1>12</x1><y1>12</y1></points>'],
      ['landmarks as elements', '<points><point><x>12</x><y>12</y></point></points>'],
      ['two landmarks', '<points><point>12,12</point><point>18,12</point></points>'],
      ['no text', '<points></points>'],
    ])('<points> of another kind leave the box, and go back: %s', (_, points) => {
      const { images, failed } = readFiles('pascal_voc', filesOf(points), [image('images/1.jpg')])
      expect(failed).toEqual([])
      expect(images[0].annotations.map(({ shape }) => shape)).toEqual([box])
      const out = convertFiles('pascal_voc', filesOf(points), [image('images/1.jpg')]).files
      const written = out['Annotations/1.xml'].replaceAll(/\s+/g, '')
      expect(written).toContain(bndbox)
      if (points.includes('12')) expect(written).toContain(points)
    })

    test('corners go back with the box around them', () => {
      const corners = ['10,10', '30,10', '30,20', '10,20'].map((xy) => `<point>${xy}</point>`)
      const points = `<points>${corners.join('')}</points>`
      const out = convertFiles('pascal_voc', filesOf(points), [image('images/1.jpg')]).files
      const written = out['Annotations/1.xml'].replaceAll(/\s+/g, '')
      expect(written).toContain(bndbox)
      expect(written).toContain(points)
    })

    test('an outline that cannot be read is told, and the box is kept', () => {
      const { shapes, failed } = shapesOf(
        'pascal_voc',
        filesOf('<polygon><x1>1</x1><y1>1</y1></polygon>'),
        'images/1.jpg',
      )
      expect(shapes).toEqual([box])
      expect(failed).toEqual(['object[0].polygon: has 1 points; it needs at least 3'])
    })
  })

  test('DIOR-R names the corners of its boxes', () => {
    const corners = [
      ['left_top', 10, 10],
      ['right_top', 30, 10],
      ['right_bottom', 30, 20],
      ['left_bottom', 10, 20],
    ].map(([name, x, y]) => `<x_${name}>${x}</x_${name}><y_${name}>${y}</y_${name}>`)
    const files = xml(`<object><name>ship</name><robndbox>${corners.join('')}</robndbox></object>`)
    expect(shapesOf('pascal_voc', files, 'images/1.jpg')).toEqual({ shapes: [turned], failed: [] })
    const out = convertFiles('pascal_voc', files, [image('images/1.jpg')]).files
    expect(out['Annotations/1.xml']).toContain('<x_right_bottom>30</x_right_bottom>')
  })
})

test.each([
  ['a character that is cut off by the next', [0x63, 0xe9, 0x20, 0x78], '0xe9'],
  ['a byte that begins no character', [0x0a, 0x63, 0xff, 0x78], '0xff'],
  ['an end within a character', [0x63, 0xe2, 0x82], '0xe2'],
])('text that is not UTF-8 names the byte that is wrong: %s', (_, bytes, name) => {
  expect(() => decodeText(Uint8Array.from(bytes))).toThrow(`(byte ${name} in line`)
})
