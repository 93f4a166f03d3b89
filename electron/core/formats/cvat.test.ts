import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Annotation, newAnnotation } from '#shared/model/annotation.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import { detectFormat } from './detect.ts'
import { LossLog } from './loss-log.ts'
import { atOnce, openLabels } from './read-labels.ts'
import { FORMAT_BY_ID } from './registry.ts'
import { memoryFile } from './text.ts'
import type { KnownImage, LabelledImage, LabelSet } from './types.ts'
import { wholeFiles, writeLabels } from './write-labels.ts'
import { parseNode, type XmlNode } from './xml-nodes.ts'

const SIZE = { width: 640, height: 480 }
const IMAGES: KnownImage[] = [{ path: 'a.jpg', ...SIZE }]

const SVG =
  '&lt;line x1="20" y1="10" x2="20" y2="60" stroke="black" data-type="edge" data-node-from="1" stroke-width="0.5" data-node-to="2"&gt;&lt;/line&gt;&lt;circle r="1.5" cx="20" cy="10" data-type="element node" data-element-id="1" data-node-id="1" data-label-name="nose"&gt;&lt;/circle&gt;&lt;circle r="1.5" cx="20" cy="60" data-type="element node" data-element-id="2" data-node-id="2" data-label-name="hip"&gt;&lt;/circle&gt;'

const META = `<meta>
    <task>
      <id>7</id>
      <name>streets</name>
      <size>2</size>
      <mode>annotation</mode>
      <overlap>0</overlap>
      <bugtracker></bugtracker>
      <labels>
        <label>
          <name>car</name>
          <color>#33ddff</color>
          <type>any</type>
          <attributes>
            <attribute><name>doors</name><mutable>False</mutable><input_type>number</input_type><default_value>2</default_value><values>2
5
1</values></attribute>
            <attribute><name>parked</name><mutable>True</mutable><input_type>checkbox</input_type><default_value>false</default_value><values>false</values></attribute>
            <attribute><name>paint</name><mutable>False</mutable><input_type>select</input_type><default_value>red</default_value><values>red
blue</values></attribute>
          </attributes>
        </label>
        <label><name>person</name><color>#fa3253</color><type>skeleton</type><attributes></attributes><svg>${SVG}</svg></label>
        <label><name>hip</name><color>#d12345</color><type>points</type><attributes></attributes><parent>person</parent></label>
        <label><name>nose</name><color>#012345</color><type>points</type><attributes></attributes><parent>person</parent></label>
        <label><name>night</name><color>#112233</color><type>tag</type><attributes></attributes></label>
      </labels>
      <owner><username>admin</username><email>a@b.example</email></owner>
    </task>
    <dumped>2024-05-02 10:11:12.000000+00:00</dumped>
  </meta>`

const file = (images: string, meta = META) => `<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  ${meta}
  ${images}
</annotations>
`

const image = (inner: string, attributes = '') =>
  `<image id="4" name="a.jpg" ${attributes} width="640" height="480">${inner}</image>`

function read(text: string, images = IMAGES, losses = new LossLog()) {
  const format = FORMAT_BY_ID.cvat
  const labels = atOnce(openLabels(format, [memoryFile('annotations.xml', text)], images, losses))
  return { ...labels.readAll(), extra: labels.extra, losses }
}

function write(set: LabelSet, losses: LossLog, format = FORMAT_BY_ID.cvat): string {
  const options = { clampToImage: false, vocPixelOrigin: 0 as const }
  const [first] = [...wholeFiles(writeLabels(format, set, options, losses))]
  return String(first.content)
}

function again(text: string): string {
  const { images, classes, failed, extra, losses } = read(text)
  expect(failed).toEqual([])
  const out = write({ name: 'set', classes, extra, images }, losses)
  expect(losses.report()).toEqual([])
  return out
}

const numeric = (text: string) => {
  const parts = text.trim().split(/[\s,;]+/)
  return parts.every((part) => part !== '' && Number.isFinite(Number(part)))
    ? parts.map(Number).join(' ')
    : text.trim()
}

/** An element without what spelling and order are free in. */
function plain({ name, attributes, children, text }: XmlNode): unknown {
  const sorted = Object.entries(attributes).map(([key, value]) => `${key}=${numeric(value)}`)
  const parts = children.map((child) => JSON.stringify(plain(child)))
  return [name, sorted.sort(), parts.sort(), numeric(text)]
}

/** The parts of a file: its version, its labels and task, and the images. */
const parts = (text: string) =>
  parseNode(text.replace(/^<\?.*\?>/, '')).children.map((part) => JSON.stringify(plain(part)))

const pose: AnnotationClass = {
  name: 'person',
  color: '#fa3253',
  skeleton: { nodes: [{ name: 'nose' }, { name: 'hip' }], edges: [[0, 1]] },
}

describe('CVAT for images is read', () => {
  const shapes = image(
    `<tag label="night" source="manual"></tag>
     <box label="car" source="manual" occluded="1" xtl="100.50" ytl="50.00" xbr="200.50" ybr="90.00" rotation="350.00" z_order="2" group_id="3">
       <attribute name="doors">4</attribute><attribute name="parked">true</attribute><attribute name="paint">blue</attribute>
     </box>
     <polygon label="car" source="auto" occluded="0" points="1.00,2.00;30.00,2.00;30.00,40.00" z_order="0"></polygon>
     <polyline label="lane" source="manual" occluded="0" points="0.00,0.00;640.00,480.00" z_order="0"/>
     <points label="light" source="manual" occluded="0" points="5.00,6.00;7.00,8.00" z_order="0"></points>
     <ellipse label="wheel" source="manual" occluded="0" cx="50.00" cy="60.00" rx="20.00" ry="10.00" rotation="90.00" z_order="0"></ellipse>
     <mask label="pond" source="semi-auto" occluded="0" rle="0, 2, 1, 1, 1, 1" left="10" top="20" width="3" height="2" z_order="0"></mask>
     <skeleton label="person" source="manual" z_order="0">
       <points label="nose" source="manual" outside="0" occluded="1" points="11.00,12.00"></points>
       <points label="hip" source="manual" outside="1" occluded="0" points="13.00,14.00"></points>
     </skeleton>`,
    'subset="Validation"',
  )

  test('shapes, attributes, tags, subset, rotation and groups', () => {
    const { images, failed, classes } = read(file(shapes))
    expect(failed).toEqual([])
    const [{ annotations, tags, split, matched }] = images
    expect([tags, split, matched]).toEqual([['night'], 'val', true])
    const [car] = annotations
    expect(car.shape).toEqual({
      kind: 'oriented_box',
      cx: 150.5,
      cy: 70,
      w: 100,
      h: 40,
      angleDeg: 350,
    })
    expect(car.attributes).toEqual({ doors: 4, parked: true, paint: 'blue', occluded: 'true' })
    expect(car.instanceId).toBe(3)
    expect(classes[0]).toEqual({
      name: 'car',
      color: '#33ddff',
      attributes: [
        { name: 'doors', type: 'number', default: 2 },
        { name: 'parked', type: 'checkbox', default: false },
        { name: 'paint', type: 'select', values: ['red', 'blue'], default: 'red' },
      ],
    })
    expect(annotations.map(({ shape }) => shape.kind)).toEqual([
      'oriented_box',
      'polygon',
      'polyline',
      'keypoint',
      'keypoint',
      'polygon',
      'polygon',
      'polygon',
      'keypoint',
    ])
  })

  test('a turned ellipse stands upright; a mask of two regions is one object, row by row', () => {
    const { annotations } = read(file(shapes)).images[0]
    const [ellipse, first, second] = annotations
      .filter(({ shape }) => shape.kind === 'polygon')
      .slice(1)
    if (ellipse.shape.kind !== 'polygon') throw new Error('no polygon')
    const ys = ellipse.shape.rings[0].map(({ y }) => y)
    expect(Math.max(...ys) - Math.min(...ys)).toBeCloseTo(40)
    // 1 1 0
    // 1 0 1
    expect(first.instanceId).toBe(second.instanceId)
    expect(first.shape).toMatchObject({ rings: [expect.arrayContaining([{ x: 12, y: 20 }])] })
    expect(second.shape).toMatchObject({ rings: [expect.arrayContaining([{ x: 13, y: 22 }])] })
  })

  test('a skeleton: joints in the order of its picture, those outside left out', () => {
    const { images, classes } = read(file(shapes))
    const person = classes.find(({ name }) => name === 'person')
    expect(person?.skeleton).toEqual({
      nodes: [
        { name: 'nose', x: 0.2, y: 0.1 },
        { name: 'hip', x: 0.2, y: 0.6 },
      ],
      edges: [[0, 1]],
    })
    const joint = images[0].annotations.at(-1)
    expect(joint).toMatchObject({ className: 'nose', attributes: { occluded: 'true' } })
    expect(joint?.instanceId).toBeGreaterThan(0)
  })

  test('a project: images of one name in two subsets are two images', () => {
    const two = `<image id="0" name="a.jpg" subset="Train" task_id="1" width="640" height="480"></image>
      <image id="1" name="a.jpg" subset="Test" task_id="2" width="640" height="480"></image>`
    const known = ['images/Train/a.jpg', 'images/Test/a.jpg'].map((path) => ({ path, ...SIZE }))
    const { images } = read(file(two), known)
    expect(images.map(({ path, split }) => [path, split])).toEqual([
      ['images/Train/a.jpg', 'train'],
      ['images/Test/a.jpg', 'test'],
    ])
  })

  test('what a file like it says goes back as it came', () => {
    const images = (text: string) => parts(text).filter((part) => part.includes('"image"'))
    expect(images(again(file(shapes)))).toEqual(images(file(shapes)))
    const declared = file(image('<tag label="night" source="auto"></tag>'))
    expect(parts(again(declared))).toEqual(parts(declared))
  })
})

describe('faults name the place and leave the rest', () => {
  const failures = (text: string) =>
    read(text).failed.map(({ field, message }) => `${field}: ${message}`)

  test('one shape', () => {
    const { images, failed } = read(
      file(
        image(`<box label="car" xtl="1" ytl="2" xbr="many" ybr="4"/>
        <box label="car" xtl="1" ytl="2" xbr="3" ybr="4"/><box xtl="1" ytl="2" xbr="3" ybr="4"/>
        <polygon label="car" points="1,2;3"/><mask label="car" rle="1, 9" left="0" top="0" width="2" height="2"/>`),
      ),
    )
    expect(images[0].annotations).toHaveLength(1)
    expect(failed.map(({ field }) => field)).toEqual([
      'image[0].box[0].xbr',
      'image[0].box[2].label',
      'image[0].polygon[0].points[1]',
      'image[0].mask[0].rle',
    ])
    expect(failed[0].message).toContain('must be a number, not "many"')
  })

  test('a file that is cut off, and XML that is broken', () => {
    const whole = file(image('<box label="car" xtl="1" ytl="2" xbr="3" ybr="4"/>'))
    expect(failures(whole.slice(0, whole.indexOf('<box')))[0]).toMatch(
      /^line \d+: <image> has no end/,
    )
    const open = whole.replace('</annotations>', '')
    expect(failures(open)[0]).toContain('does not end with </annotations>')
    expect(failures(whole.replace('ybr="4"/>', 'ybr="4">'))[0]).toMatch(/line \d+: is not XML/)
  })

  test('elements that nobody knows are told, and go back', () => {
    const odd = file(image('<cloud shape="9"><drop>x</drop></cloud>'))
    expect(parts(again(odd))).toEqual(parts(odd))
  })
})

test('its files are told from other XML by what is in them', () => {
  const format = (text: string) => detectFormat([memoryFile('x.xml', text)])
  expect(format(file(image('')))).toBe('cvat')
  expect(format('<annotations><note>hi</note></annotations>')).toBe(null)
  expect(format('<annotation><filename>a.jpg</filename></annotation>')).toBe('pascal_voc')
})

describe('CVAT for images is written', () => {
  const setOf = (annotations: Annotation[], more: Partial<LabelledImage> = {}): LabelSet => ({
    name: 'set',
    classes: [{ name: 'car', color: '#e69f00' }, pose, { name: 'nose', color: '#56b4e9' }],
    images: [{ path: 'images/a.jpg', ...SIZE, annotations, ...more }],
  })

  test('labels first, with those that only annotations and tags name', () => {
    const box = { kind: 'bbox' as const, x: 1, y: 2, w: 3, h: 4 }
    const losses = new LossLog()
    const set = setOf([newAnnotation(box, 'bus & tram')], { tags: ['wet'], split: 'train' })
    const text = write(set, losses)
    expect(losses.report()).toEqual([])
    expect(text.indexOf('<meta>')).toBeLessThan(text.indexOf('<image '))
    const { classes, images } = read(text)
    expect(classes.map(({ name }) => name)).toEqual([
      'car',
      'person',
      'bus & tram',
      'wet',
      'nose',
      'hip',
    ])
    expect(images[0]).toMatchObject({ split: 'train', tags: ['wet'] })
    expect(text).toContain('name="a.jpg" subset="Train"')
  })

  test('a pose is a skeleton, its missing joints outside; its own box shares the group', () => {
    const at = (x: number, y: number) => ({ kind: 'keypoint' as const, x, y })
    const box = { kind: 'bbox' as const, x: 0, y: 0, w: 30, h: 40 }
    const set = setOf([
      newAnnotation(box, 'person', { instanceId: 5, attributes: { age: 7 } }),
      newAnnotation(at(3, 4), 'nose', { instanceId: 5 }),
    ])
    const text = write(set, new LossLog())
    expect(text).toMatch(/<skeleton label="person"[^>]* group_id="5">/)
    expect(text).toMatch(/<points label="hip"[^>]* outside="1"/)
    const [{ annotations }] = read(text).images
    expect(annotations.map(({ className, instanceId }) => [className, instanceId])).toEqual([
      ['person', 5],
      ['nose', 5],
    ])
    expect(annotations[0].attributes).toEqual({ age: '7' })
  })

  test('holes are masks, and told; stage and confidence are told', () => {
    const square = (from: number, to: number) => [
      { x: from, y: from },
      { x: to, y: from },
      { x: to, y: to },
      { x: from, y: to },
    ]
    const losses = new LossLog()
    const ring = { kind: 'polygon' as const, rings: [square(10, 20), square(13, 16)] }
    const set = setOf([newAnnotation(ring, 'car', { confidence: 0.5 })], { stage: 'complete' })
    const [{ annotations }] = read(write(set, losses)).images
    expect(losses.report().map(({ message }) => message)).toEqual([
      'the stage has no place in this format',
      'the confidence has no place in this format',
      'polygons with holes are written as masks, to whole pixels',
    ])
    if (annotations[0].shape.kind !== 'polygon') throw new Error('no polygon')
    expect(annotations[0].shape.rings).toHaveLength(2)
  })

  test('a shape that was changed is written as it is now', () => {
    const text = file(
      image(
        '<ellipse label="wheel" source="manual" occluded="0" cx="50" cy="60" rx="20" ry="10" z_order="1"></ellipse>',
      ),
    )
    const { images, classes, extra } = read(text)
    const [annotation] = images[0].annotations
    const box = { kind: 'bbox' as const, x: 1, y: 2, w: 3, h: 4 }
    const changed = { ...images[0], annotations: [{ ...annotation, shape: box }] }
    const out = write({ name: 'set', classes, extra, images: [changed] }, new LossLog())
    expect(out).toContain('xtl="1" ytl="2" xbr="4" ybr="6" z_order="1"')
    expect(out).not.toContain('<ellipse')
  })

  test('in other formats, what only CVAT has is told', () => {
    const text = file(
      image(
        '<ellipse label="wheel" source="auto" occluded="0" cx="50" cy="60" rx="20" ry="10" z_order="1"></ellipse>',
        'task_id="3"',
      ),
    )
    const { images, classes, extra } = read(text)
    const losses = new LossLog()
    write({ name: 'set', classes, extra, images }, losses, FORMAT_BY_ID.labelme)
    expect(losses.report().map(({ message }) => message)).toEqual([
      '“source” of CVAT has no place in this format',
      '“z_order” of CVAT has no place in this format',
      'ellipses are written as polygons',
    ])
  })
})

test('the same format keeps everything', () => {
  const coordinate = fc.integer({ min: 0, max: 40_000 }).map((value) => (value / 100).toFixed(2))
  const side = fc.integer({ min: 1, max: 20_000 }).map((value) => value / 100)
  const point = fc.tuple(coordinate, coordinate)
  const points = (least: number, most: number) =>
    fc
      .uniqueArray(point, { minLength: least, maxLength: most, selector: String })
      .map((list) => ({ points: list.map((pair) => pair.join(',')).join(';') }))
  const rle = fc
    .array(fc.boolean(), { minLength: 12, maxLength: 12 })
    .filter((bits) => bits.includes(true))
    .map((bits) => {
      const runs = [0]
      bits.forEach((bit, index) => {
        if (bit !== (index > 0 && bits[index - 1])) runs.push(0)
        runs[runs.length - 1]++
      })
      return { rle: runs.join(', '), left: '7', top: '9', width: '4', height: '3' }
    })
  const box = fc.tuple(coordinate, coordinate, side, side).map(([x, y, w, h]) => ({
    xtl: x,
    ytl: y,
    xbr: (Number(x) + w).toFixed(2),
    ybr: (Number(y) + h).toFixed(2),
  }))
  const turned = fc
    .tuple(
      box,
      fc.integer({ min: 1, max: 35_999 }).map((value) => (value / 100).toFixed(2)),
    )
    .map(([corners, rotation]) => ({ ...corners, rotation }))
  const ellipse = fc.record({
    ...{ cx: coordinate, cy: coordinate },
    rx: side.map(String),
    ry: side.map(String),
  })
  const shape = fc.oneof(
    box.map((own) => ['box', own] as const),
    turned.map((own) => ['box', own] as const),
    points(3, 6).map((own) => ['polygon', own] as const),
    points(2, 6).map((own) => ['polyline', own] as const),
    points(1, 4).map((own) => ['points', own] as const),
    ellipse.map((own) => ['ellipse', own] as const),
    rle.map((own) => ['mask', own] as const),
  )
  const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,6}$/)
  const value = fc.oneof(word, fc.constantFrom('a & b', '<x>', 'true', '4', '"q"', 'ü', ''))
  const attributes = fc.dictionary(fc.oneof(word, fc.constant('occluded')), value, { maxKeys: 3 })
  const escaped = (text: string) =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
  const stated = (fields: object) =>
    Object.entries(fields)
      .map(([name, text]) => ` ${name}="${escaped(String(text))}"`)
      .join('')
  const inner = (fields: object) =>
    Object.entries(fields)
      .map(([name, text]) => `<attribute name="${name}">${escaped(String(text))}</attribute>`)
      .join('')
  const common = fc.record({
    label: fc.constantFrom('car', 'lane', 'new thing'),
    source: fc.constantFrom('manual', 'auto'),
    occluded: fc.constantFrom('0', '1'),
    z_order: fc.constantFrom('0', '5'),
  })
  const group = fc.option(fc.integer({ min: 1, max: 3 }))
  const element = fc
    .tuple(
      shape,
      common,
      attributes,
      group,
      fc.dictionary(
        word.map((name) => `x_${name}`),
        word,
        { maxKeys: 1 },
      ),
    )
    .map(([[name, own], fields, values, number, unknown]) => {
      const grouped = number === null ? {} : { group_id: number }
      return `<${name}${stated({ ...unknown, ...fields, ...own, ...grouped })}>${inner(values)}</${name}>`
    })
  const joint = (label: string) =>
    fc
      .tuple(coordinate, coordinate, fc.constantFrom('0', '1'), attributes)
      .map(
        ([x, y, occluded, values]) =>
          `<points${stated({ label, source: 'manual', outside: '0', occluded, points: `${x},${y}` })}>${inner(values)}</points>`,
      )
  const skeleton = fc
    .tuple(
      joint('nose'),
      fc.option(joint('hip')),
      attributes,
      fc.constantFrom('0', '2'),
      fc.option(fc.integer({ min: 4, max: 5 })),
    )
    .map(([nose, hip, values, z_order, number]) => {
      const gone =
        '<points label="hip" source="manual" outside="1" occluded="0" points="1.00,2.00"></points>'
      const grouped = number === null ? {} : { group_id: number }
      return `<skeleton${stated({ label: 'person', source: 'manual', z_order, ...grouped })}>${nose}${hip ?? gone}${inner(values)}</skeleton>`
    })
  const tag = fc
    .tuple(word, attributes, fc.constantFrom('manual', 'auto'))
    .map(
      ([label, values, source]) =>
        `<tag label="t_${label}" source="${source}">${inner(values)}</tag>`,
    )
  fc.assert(
    fc.property(
      fc.array(element, { maxLength: 5 }),
      fc.array(skeleton, { maxLength: 1 }),
      fc.array(tag, { maxLength: 2 }),
      fc.constantFrom('', 'subset="Train" task_id="3"', 'subset="Mine"'),
      (elements, skeletons, tags, more) => {
        const text = file(image([...tags, ...elements, ...skeletons].join(''), more))
        const images = (whole: string) => {
          const root = parseNode(whole.replace(/^<\?.*\?>/, ''))
          return root.children.filter(({ name }) => name === 'image').map(plain)
        }
        expect(images(again(text))).toEqual(images(text))
      },
    ),
    { numRuns: 150 },
  )
})
