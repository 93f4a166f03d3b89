import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FormatId } from '#shared/model/format.ts'
import { LossLog } from './loss-log.ts'
import { atOnce, openLabels } from './read-labels.ts'
import { FORMAT_BY_ID } from './registry.ts'
import { memoryFile } from './text.ts'
import type { JsonObject, KnownImage } from './types.ts'
import { parseXml } from './voc-xml.ts'
import { wholeFiles, writeLabels } from './write-labels.ts'

// Whatever a label file of a format says, reading and writing it in the same format says it again.

const SIZE = { width: 640, height: 480 }
const IMAGES: KnownImage[] = [{ path: 'a.jpg', ...SIZE }]

function again(
  id: FormatId,
  files: Record<string, string>,
  isLossless = true,
): Record<string, string> {
  const losses = new LossLog()
  const inputs = Object.entries(files).map(([path, text]) => memoryFile(path, text))
  const labels = atOnce(openLabels(FORMAT_BY_ID[id], inputs, IMAGES, losses))
  const { images, failed, classes } = labels.readAll()
  expect(failed).toEqual([])
  const set = { name: 'set', classes, extra: labels.extra, images }
  const options = { clampToImage: false, vocPixelOrigin: 0 as const }
  const out = wholeFiles(writeLabels(FORMAT_BY_ID[id], set, options, losses))
  const written = Object.fromEntries([...out].map(({ path, content }) => [path, String(content)]))
  if (isLossless) expect(losses.report()).toEqual([])
  return written
}

// Not inside the first pixel: a file whose coordinates all lie there is asked whether they are fractions.
const x = fc.integer({ min: 11, max: 6_000 }).map((value) => value / 10)
const y = fc.integer({ min: 0, max: 4_500 }).map((value) => value / 10)
const side = fc.integer({ min: 1, max: 300 }).map((value) => value / 10)
const point = fc.tuple(x, y)
const ring = fc.uniqueArray(point, { minLength: 3, maxLength: 8, selector: String })
const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/)
const unknown = fc.dictionary(
  word.map((name) => `x_${name}`),
  fc.oneof(word, fc.integer(), fc.boolean(), fc.array(fc.integer(), { maxLength: 3 })),
  { maxKeys: 3 },
)

describe('the same format keeps everything', () => {
  test('COCO', () => {
    const annotation = fc
      .record({
        category_id: fc.constantFrom(1, 5, 9),
        iscrowd: fc.constantFrom(0, 1),
        bbox: fc.tuple(x, y, side, side),
        area: fc.integer({ min: 1, max: 1e6 }),
        segmentation: fc.oneof(
          fc.constant([]),
          fc.array(
            ring.map((points) => points.flat()),
            { minLength: 1, maxLength: 3 },
          ),
          fc
            .tuple(fc.integer({ min: 0, max: 99 }), fc.integer({ min: 1, max: 99 }))
            .map(([zeros, ones]) => ({
              size: [SIZE.height, SIZE.width],
              counts: [zeros, ones, SIZE.width * SIZE.height - zeros - ones],
            })),
        ),
        attributes: fc.dictionary(word, fc.oneof(word, fc.boolean()), { minKeys: 1, maxKeys: 2 }),
        unknown,
        pose: fc.option(fc.tuple(point, point, fc.constantFrom(1, 2))),
      })
      .map(({ unknown: more, pose, ...fields }) => ({
        ...more,
        ...fields,
        ...(pose &&
          fields.category_id === 9 && {
            keypoints: [...pose[0], 2, ...pose[1], pose[2], 0, 0, 0],
            num_keypoints: 2,
          }),
      }))
    fc.assert(
      fc.property(
        fc.array(annotation, { maxLength: 5 }),
        unknown,
        unknown,
        (annotations, top, own) => {
          const file = {
            ...top,
            info: { year: 2020 },
            images: [{ ...own, id: 77, file_name: 'a.jpg', ...SIZE }],
            annotations: annotations.map((fields, index) => ({
              id: index * 3 + 2,
              image_id: 77,
              ...fields,
            })),
            categories: [
              { id: 1, name: 'cat', supercategory: 'animal' },
              { id: 5, name: 'cat', supercategory: 'toy', ...own },
              { id: 9, name: 'person', keypoints: ['nose', 'hip', 'knee'], skeleton: [[1, 2]] },
            ],
          }
          // Two categories of one name are told, which is no loss of theirs.
          const out = again('coco', { 'x.json': JSON.stringify(file) }, false)
          expect(JSON.parse(out['annotations/instances_default.json'])).toEqual(file)
        },
      ),
      { numRuns: 150 },
    )
  })

  test('labelme', () => {
    const shape = fc
      .record({
        label: word,
        kind: fc.oneof(
          fc.record({ shape_type: fc.constant('polygon'), points: ring }),
          fc.record({
            shape_type: fc.constantFrom('rectangle', 'circle', 'line'),
            points: fc.tuple(point, point),
          }),
          fc.record({ shape_type: fc.constant('linestrip'), points: ring }),
          fc.record({ shape_type: fc.constant('point'), points: fc.tuple(point) }),
          fc.record({ shape_type: fc.constant('points'), points: ring }),
        ),
        group_id: fc.option(fc.integer({ min: 0, max: 4 })),
        description: word,
        flags: fc.dictionary(word, fc.boolean(), { maxKeys: 2 }),
        unknown,
      })
      .filter(({ kind }) => kind.points.length < 2 || new Set(kind.points.map(([a]) => a)).size > 1)
      .filter(
        ({ kind }) => kind.points.length < 2 || new Set(kind.points.map(([, b]) => b)).size > 1,
      )
      .map(({ kind, unknown: more, ...fields }) => ({ ...more, ...fields, ...kind }))
    fc.assert(
      fc.property(fc.array(shape, { maxLength: 5 }), unknown, (shapes, top) => {
        const file = {
          version: '5.4.1',
          flags: { night: true },
          ...top,
          shapes,
          imagePath: 'a.jpg',
          imageData: 'aGk=',
          imageHeight: SIZE.height,
          imageWidth: SIZE.width,
        }
        const out = JSON.parse(again('labelme', { 'a.json': JSON.stringify(file) })['a.json'])
        for (const written of out.shapes) delete written.id
        expect(out).toEqual(file)
      }),
      { numRuns: 200 },
    )
  })

  test('Pascal VOC', () => {
    const object = fc.record({
      name: word,
      pose: fc.constantFrom('Unspecified', 'Left'),
      truncated: fc.constantFrom('0', '1'),
      difficult: fc.constantFrom('0', '1', '2'),
      occluded: fc.constantFrom('0', '1'),
      bndbox: fc.tuple(x, y, side, side).map(([left, top, w, h]) => ({
        xmin: String(left),
        ymin: String(top),
        xmax: (left + w).toFixed(1),
        ymax: (top + h).toFixed(1),
      })),
      part: fc.constantFrom(undefined, '<part><name>head</name></part>'),
      x_note: word,
    })
    const xml = (fields: object): string =>
      Object.entries(fields)
        .map(([key, value]) => {
          if (value === undefined) return ''
          if (key === 'part') return String(value)
          return `<${key}>${typeof value === 'object' ? xml(value as object) : value}</${key}>`
        })
        .join('')
    fc.assert(
      fc.property(fc.array(object, { maxLength: 4 }), fc.constantFrom(0, 1), (objects, origin) => {
        const source = origin === 1 ? 'The VOC2012 Database' : 'mine'
        const text = `<annotation verified="yes"><folder>f</folder><filename>a.jpg</filename><source><database>${source}</database></source><size><width>640</width><height>480</height><depth>1</depth></size><segmented>1</segmented><owner>me</owner>${objects.map((item) => `<object>${xml(item)}</object>`).join('')}</annotation>`
        const out = parseXml(again('pascal_voc', { 'a.xml': text })['Annotations/a.xml'])
        const root = out.annotation as JsonObject
        delete root.pixel_origin
        expect(numbers(root)).toEqual(numbers(parseXml(text).annotation))
      }),
      { numRuns: 150 },
    )
  })

  test('YOLO: every kind of line, and what data.yaml says besides', () => {
    const fraction = fc.integer({ min: 0, max: 1_000_000 }).map((value) => value / 1_000_000)
    const half = fc.integer({ min: 250_000, max: 750_000 }).map((value) => value / 1_000_000)
    const small = fc.integer({ min: 1, max: 250_000 }).map((value) => value / 1_000_000)
    const box = fc.tuple(half, half, small, small)
    const outline = fc
      .uniqueArray(fc.tuple(fraction, fraction), { minLength: 3, maxLength: 7, selector: String })
      .map((points) => points.flat())
    const kinds: [FormatId, fc.Arbitrary<number[]>][] = [
      ['yolo', box],
      ['yolo', fc.tuple(half, half, small, small, fraction)],
      ['yolo_seg', outline],
      ['yolo_obb', fc.tuple(...Array.from({ length: 8 }, () => fraction)).filter(hasExtent)],
      [
        'yolo_pose',
        fc
          .tuple(box, half, half, fc.constantFrom(1, 2))
          .map(([values, px, py, seen]) => [...values, px, py, seen, 0, 0, 0]),
      ],
    ]
    for (const [id, values] of kinds) {
      const yaml = `nc: 3\nnames:\n  0: cat\n  1: dog\n  2: "no"\nroboflow:\n  project: x\n${id === 'yolo_pose' ? 'kpt_shape: [2, 3]\nflip_idx: [1, 0]\n' : ''}`
      fc.assert(
        fc.property(
          fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), values), {
            minLength: 1,
            maxLength: 4,
          }),
          (lines) => {
            const text = lines.map(([number, list]) => `${[number, ...list].join(' ')}\n`).join('')
            const out = again(id, { 'data.yaml': yaml, 'labels/a.txt': text }, false)
            const parsed = (lineText: string) =>
              lineText
                .trim()
                .split('\n')
                .map((line) => line.split(' ').map(Number))
            expect(parsed(out['labels/train/a.txt'])).toEqual(parsed(text))
            expect(out['data.yaml']).toContain('project: x')
            expect(out['data.yaml']).toContain('2: "no"')
          },
        ),
        { numRuns: 80 },
      )
    }
  })
})

/** Four corners that do not lie on a line. */
function hasExtent([ax, ay, bx, by, cx, cy]: readonly number[]): boolean {
  return Math.abs((bx - ax) * (cy - ay) - (by - ay) * (cx - ax)) > 0.01
}

/** Texts that are numbers as numbers: their spelling may differ. */
function numbers(value: unknown): unknown {
  if (typeof value === 'string')
    return value !== '' && Number.isFinite(Number(value)) ? Number(value) : value
  if (Array.isArray(value)) return value.map(numbers)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, numbers(item)]))
}
