import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newAnnotation } from '#shared/model/annotation.ts'
import type { FormatId } from '#shared/model/format.ts'
import { csvLine, csvRows } from './csv.ts'
import { detectFormat } from './detect.ts'
import { LossLog } from './loss-log.ts'
import { atOnce, openLabels } from './read-labels.ts'
import { FORMAT_BY_ID } from './registry.ts'
import { memoryFile } from './text.ts'
import type { KnownImage, LabelSet } from './types.ts'
import { wholeFiles, writeLabels } from './write-labels.ts'

const SIZE = { width: 640, height: 480 }
const IMAGES: KnownImage[] = [{ path: 'a.jpg', ...SIZE }]

function read(id: FormatId, path: string, text: string, images = IMAGES) {
  const losses = new LossLog()
  const labels = atOnce(openLabels(FORMAT_BY_ID[id], [memoryFile(path, text)], images, losses))
  return { ...labels.readAll(), extra: labels.extra, losses }
}

function write(id: FormatId, set: LabelSet, losses: LossLog): Record<string, string> {
  const options = { clampToImage: false, vocPixelOrigin: 0 as const }
  const files = wholeFiles(writeLabels(FORMAT_BY_ID[id], set, options, losses))
  return Object.fromEntries([...files].map(({ path, content }) => [path, String(content)]))
}

function again(id: FormatId, path: string, text: string): string {
  const { images, classes, failed, extra } = read(id, path, text)
  expect(failed).toEqual([])
  const losses = new LossLog()
  const out = write(id, { name: 'set', classes, extra, images }, losses)
  expect(losses.report()).toEqual([])
  return Object.values(out)[0]
}

const rect = { name: 'rect', x: 10, y: 20, width: 30, height: 40 }

/** As VIA 2.0.11 saves a project. */
const project = (regions: unknown[], key = 'kind') => ({
  _via_settings: {
    ui: {
      annotation_editor_height: 25,
      image: { region_label: key, region_color: '__via_default_region_color__' },
    },
    core: { buffer_size: 18, filepath: {}, default_filepath: '' },
    project: { name: 'via_project_3Feb2021_10h22m' },
  },
  _via_img_metadata: {
    'a.jpg61234': {
      filename: 'a.jpg',
      size: 61234,
      regions,
      file_attributes: { caption: 'a street', public_domain: 'no' },
    },
  },
  _via_attributes: {
    region: {
      [key]: {
        type: 'dropdown',
        description: '',
        options: { car: '', bus: '' },
        default_options: {},
      },
      note: { type: 'text', description: '', default_value: '' },
    },
    file: { caption: { type: 'text', description: '', default_value: '' } },
  },
  _via_data_format_version: '2.0.10',
  _via_image_id_list: ['a.jpg61234'],
})

describe('VIA is read', () => {
  test('a project: its own attribute names the class, whatever it is called', () => {
    const regions = [
      { shape_attributes: rect, region_attributes: { kind: 'bus', note: 'red' } },
      {
        shape_attributes: { name: 'ellipse', cx: 100, cy: 100, rx: 40, ry: 20, theta: Math.PI / 2 },
        region_attributes: { kind: 'car', note: '' },
      },
      {
        shape_attributes: { name: 'polyline', all_points_x: [1, 2, 3], all_points_y: [4, 5, 9] },
        region_attributes: { kind: 'car' },
      },
      { shape_attributes: { name: 'point', cx: 7, cy: 8 }, region_attributes: { kind: 'car' } },
    ]
    const { images, classes, failed } = read('via', 'p.json', JSON.stringify(project(regions)))
    expect(failed).toEqual([])
    expect(classes.map(({ name }) => name)).toEqual(['car', 'bus'])
    const [bus, ellipse, ...others] = images[0].annotations
    expect(bus).toMatchObject({
      className: 'bus',
      attributes: { note: 'red' },
      shape: { kind: 'bbox', x: 10, y: 20, w: 30, h: 40 },
    })
    if (ellipse.shape.kind !== 'polygon') throw new Error('no polygon')
    // A quarter turn: it stands upright.
    const ys = ellipse.shape.rings[0].map(({ y }) => y)
    expect(Math.max(...ys)).toBeCloseTo(140)
    expect(others.map(({ shape }) => shape.kind)).toEqual(['polyline', 'keypoint'])
  })

  test('VIA 1: regions by number, polygons closed by repetition, no class at all', () => {
    const file = {
      'a.jpg1': {
        fileref: '',
        size: 1,
        filename: 'a.jpg',
        base64_img_data: '',
        file_attributes: {},
        regions: {
          0: {
            shape_attributes: {
              name: 'polygon',
              all_points_x: [0, 10, 10, 0],
              all_points_y: [0, 0, 10, 0],
            },
            region_attributes: {},
          },
        },
      },
    }
    const { images, losses } = read('via', 'train/via_region_data.json', JSON.stringify(file), [
      { path: 'train/a.jpg', ...SIZE },
    ])
    expect(images[0]).toMatchObject({ matched: true, split: 'train' })
    expect(images[0].annotations[0]).toMatchObject({ className: 'region' })
    expect(images[0].annotations[0].shape).toMatchObject({ rings: [{ length: 3 }] })
    expect(losses.report()[0].message).toBe('regions that name no class are read as “region”')
    expect(JSON.parse(again('via', 'via_region_data.json', JSON.stringify(file)))).toEqual(file)
  })

  test('a box that is ticked names the class, and is ticked again', () => {
    const regions = [{ shape_attributes: rect, region_attributes: { kind: { bus: true } } }]
    const text = JSON.stringify(project(regions))
    expect(read('via', 'p.json', text).images[0].annotations[0].className).toBe('bus')
    expect(JSON.parse(again('via', 'p.json', text))).toEqual(project(regions))
  })

  test('CSV of VIA 1 and 2, with images that have no regions', () => {
    const text = `#filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes
a.jpg,129855,"{}",2,0,"{""name"":""rect"",""x"":50,""y"":50,""width"":100,""height"":100}","{""label"":""car, old""}"
a.jpg,129855,"{}",2,1,"{""name"":""circle"",""cx"":300,""cy"":300,""r"":50}","{""label"":""car""}"
b.jpg,62201,"{""caption"":""x""}",0,0,"{}","{}"
`
    const { images } = read('via_csv', 'a.csv', text, [...IMAGES, { path: 'b.jpg', ...SIZE }])
    expect(images.map(({ annotations }) => annotations.length)).toEqual([2, 0])
    expect(images[0].annotations[0].className).toBe('car, old')
    expect(again('via_csv', 'a.csv', text)).toBe(text.slice(1).replaceAll('"{}"', '{}'))
  })
})

test('faults name the place, and the rest is read', () => {
  const good = { shape_attributes: rect, region_attributes: { kind: 'car' } }
  const bad = [
    { shape_attributes: { ...rect, width: 'wide' }, region_attributes: { kind: 'car' } },
    { shape_attributes: { name: 'star' }, region_attributes: {} },
    { region_attributes: {} },
    { shape_attributes: { name: 'polygon', all_points_x: [1, 2, 3], all_points_y: [1, 2] } },
  ]
  const { images, failed } = read('via', 'p.json', JSON.stringify(project([good, ...bad])))
  expect(images[0].annotations).toHaveLength(1)
  expect(failed.map(({ field, message }) => `${field} ${message}`)).toEqual([
    'a.jpg61234.regions[1].width must be a number, not "wide"',
    'a.jpg61234.regions[2].name "star" is no shape that is known',
    'a.jpg61234.regions[3].shape_attributes must be an object, not nothing',
    'a.jpg61234.regions[4].all_points_y must be a list of 3, as all_points_x is',
  ])
  const header =
    'filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes\n'
  const csv = read('via_csv', 'a.csv', `${header}a.jpg,1,"{}",1,0,"{""name"":",{}\na.jpg,1\n`)
  expect(csv.failed.map(({ field }) => field)).toEqual([
    expect.stringContaining('line 2, region_shape_attributes'),
    'line 3',
  ])
})

test('its files are told by what is in them', () => {
  const file = (path: string, content: unknown) =>
    detectFormat([
      memoryFile(path, typeof content === 'string' ? content : JSON.stringify(content)),
    ])
  expect(file('x.json', project([]))).toBe('via')
  expect(
    file('x.json', { 'b.png7': { filename: 'b.png', size: 7, regions: [], file_attributes: {} } }),
  ).toBe('via')
  expect(file('x.csv', '"filename","file_size","file_attributes","region_count","x"\n')).toBe(
    'via_csv',
  )
  expect(file('x.csv', 'filename,width,height\n')).toBe(null)
})

describe('VIA is written', () => {
  const set = (): LabelSet => ({
    name: 'streets',
    classes: [{ name: 'car', color: '#e69f00' }],
    images: [
      {
        path: 'images/a.jpg',
        ...SIZE,
        split: 'val',
        annotations: [
          newAnnotation({ kind: 'bbox', x: 1, y: 2, w: 3, h: 4 }, 'car', { instanceId: 2 }),
          newAnnotation(
            { kind: 'oriented_box', cx: 50, cy: 50, w: 20, h: 10, angleDeg: 45 },
            'new one',
            { confidence: 0.5, attributes: { colour: 'red' } },
          ),
        ],
      },
    ],
  })

  for (const id of ['via', 'via_csv'] as const)
    test(`${id}: what comes out is read again`, () => {
      const losses = new LossLog()
      const [[path, text]] = Object.entries(write(id, set(), losses))
      expect(losses.report().map(({ message }) => message)).toEqual([
        'the confidence has no place in this format',
        'oriented boxes are written as four-cornered polygons',
      ])
      expect(path).toMatch(/^via_project_val\./)
      expect(detectFormat([memoryFile(path, text)])).toBe(id)
      const { images } = read(id, path, text, [{ path: 'images/a.jpg', ...SIZE }])
      expect(images[0]).toMatchObject({ matched: true, split: 'val' })
      expect(images[0].annotations).toMatchObject([
        { className: 'car', instanceId: 2, shape: { kind: 'bbox', x: 1, y: 2, w: 3, h: 4 } },
        { className: 'new one', attributes: { colour: 'red' }, shape: { kind: 'polygon' } },
      ])
    })

  test('pixels stay pixels where the image is not at hand, and nobody knows its size', () => {
    const regions = [{ shape_attributes: rect, region_attributes: { kind: 'car' } }]
    const { images, classes, extra } = read('via', 'p.json', JSON.stringify(project(regions)), [])
    const losses = new LossLog()
    const [text] = Object.values(write('cvat', { name: 'set', classes, extra, images }, losses))
    expect(losses.leftOut).toBe(0)
    expect(text).toContain('xtl="10" ytl="20" xbr="40" ybr="60"')
  })

  test('a project lists all classes, also those that only annotations name', () => {
    const [text] = Object.values(write('via', set(), new LossLog()))
    const { _via_attributes: attributes, _via_image_id_list: ids } = JSON.parse(text)
    expect(Object.keys(attributes.region.class.options)).toEqual(['car', 'new one'])
    expect(ids).toEqual(['a.jpg-1'])
  })

  test('a circle that was changed is written as it is now; elsewhere it is told', () => {
    const circle = { name: 'circle', cx: 10, cy: 20, r: 5 }
    const text = JSON.stringify(
      project([{ shape_attributes: circle, region_attributes: { kind: 'car' } }]),
    )
    const { images, classes, extra } = read('via', 'p.json', text)
    const losses = new LossLog()
    write('coco', { name: 'set', classes, extra, images }, losses)
    expect(losses.report().map(({ message }) => message)).toEqual([
      '“file_attributes” of VIA has no place in this format',
      'circles are written as polygons',
    ])
    const shape = { kind: 'bbox' as const, x: 1, y: 2, w: 3, h: 4 }
    const changed = [{ ...images[0], annotations: [{ ...images[0].annotations[0], shape }] }]
    const [out] = Object.values(
      write('via', { name: 'set', classes, extra, images: changed }, new LossLog()),
    )
    expect(out).not.toContain('circle')
  })
})

test('CSV: any fields come back', () => {
  const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'ü', ';') })
  fc.assert(
    fc.property(
      fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 4 }),
      (rows) => {
        const text = rows.map(csvLine).join('')
        expect([...csvRows(text)].map(({ fields }) => fields)).toEqual(rows)
        expect([...csvRows(text.replaceAll(/\n$/g, ''))].map(({ fields }) => fields)).toEqual(rows)
      },
    ),
  )
})

describe('the same format keeps everything', () => {
  const number = fc.integer({ min: 0, max: 4_000 }).map((value) => value / 10)
  const side = fc.integer({ min: 1, max: 2_000 }).map((value) => value / 10)
  const listed = (name: string, least: number) =>
    fc
      .uniqueArray(fc.tuple(number, number), { minLength: least, maxLength: 7, selector: String })
      .map((points) => ({
        name,
        all_points_x: points.map(([x]) => x),
        all_points_y: points.map(([, y]) => y),
      }))
  const shape = fc.oneof(
    fc.record({ name: fc.constant('rect'), x: number, y: number, width: side, height: side }),
    fc.record({ name: fc.constant('circle'), cx: number, cy: number, r: side }),
    fc.record({
      name: fc.constant('ellipse'),
      cx: number,
      cy: number,
      rx: side,
      ry: side,
      theta: fc.constantFrom(0, 1.2),
    }),
    fc.record({ name: fc.constant('point'), cx: number, cy: number }),
    listed('polygon', 3),
    listed('polyline', 2),
  )
  const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,6}$/)
  const value = fc.oneof(
    word,
    fc.constantFrom('a, "b"', '', '7'),
    fc.dictionary(word, fc.boolean(), { maxKeys: 2 }),
  )
  const region = fc
    .tuple(
      shape,
      fc.option(fc.oneof(word, fc.constantFrom(' padded ', '12'))),
      fc.dictionary(
        word.map((name) => `x_${name}`),
        value,
        { maxKeys: 3 },
      ),
      fc.option(fc.integer({ min: 1, max: 9 })),
    )
    .map(([shape_attributes, kind, others, instance]) => ({
      shape_attributes,
      region_attributes: {
        ...others,
        ...(kind !== null && { kind }),
        ...(instance !== null && { instance_id: String(instance) }),
      },
    }))
  const regions = fc.array(region, { maxLength: 5 })

  test('a project', () => {
    fc.assert(
      fc.property(regions, (list) => {
        const before = project(list)
        const after = JSON.parse(again('via', 'p.json', JSON.stringify(before)))
        // Classes that a region names and the project did not list are listed now.
        after._via_attributes.region = before._via_attributes.region
        expect(after).toEqual(before)
      }),
      { numRuns: 150 },
    )
  })

  test('CSV', () => {
    fc.assert(
      fc.property(regions, word, (list, caption) => {
        const rows = list.map(({ shape_attributes, region_attributes }, index) => [
          'a.jpg',
          12,
          JSON.stringify({ caption }),
          list.length,
          index,
          JSON.stringify(shape_attributes),
          JSON.stringify(region_attributes),
        ])
        const none = ['a.jpg', 12, JSON.stringify({ caption }), 0, 0, '{}', '{}']
        const header =
          'filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes\n'
        const text = header + (list.length > 0 ? rows : [none]).map(csvLine).join('')
        const parsed = (whole: string) =>
          [...csvRows(whole)].slice(1).map(({ fields }) =>
            fields.map((field) => {
              try {
                return JSON.parse(field)
              } catch {
                return field
              }
            }),
          )
        expect(parsed(again('via_csv', 'a.csv', text))).toEqual(parsed(text))
      }),
      { numRuns: 150 },
    )
  })
})
