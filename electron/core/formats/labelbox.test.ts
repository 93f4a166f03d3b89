import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newAnnotation } from '#shared/model/annotation.ts'
import { convertFiles, readFiles, writeFiles } from '#tests/helpers/labels.ts'
import { detectFormat } from './detect.ts'
import { memoryFile } from './text.ts'
import type { JsonObject } from './types.ts'

// As Labelbox exports it (v2).
const rowOf = (objects: JsonObject[], more: JsonObject = {}): JsonObject => ({
  data_row: {
    id: 'clpqdyf650xd40712pycshy6a',
    external_id: 'north/a.jpg',
    global_key: 'key-1',
    row_data: 'https://storage.labelbox.com/x%2Fa.jpg?Expires=1',
  },
  media_attributes: { height: 480, width: 640, mime_type: 'image/jpeg', asset_type: 'image' },
  projects: {
    clpqdyg: {
      name: 'streets',
      labels: [
        {
          label_kind: 'Default',
          version: '1.0.0',
          id: 'clq',
          label_details: { created_by: 'a@b.example' },
          annotations: { objects, classifications: [{ name: 'weather' }], relationships: [] },
        },
      ],
      project_details: {},
    },
  },
  ...more,
})

const object = (fields: JsonObject, name = 'Red car'): JsonObject => ({
  feature_id: `f${JSON.stringify(fields).length}-${name}`,
  feature_schema_id: 's1',
  name,
  value: name.toLowerCase().replace(' ', '_'),
  ...fields,
})

const ndjson = (...rows: JsonObject[]) => ({
  'export.ndjson': rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
})
const IMAGES = [{ path: 'images/north/a.jpg', width: 640, height: 480 }]

const BOX = {
  annotation_kind: 'ImageBoundingBox',
  bounding_box: { top: 10, left: 20, height: 30, width: 40 },
}

describe('Labelbox, as it exports', () => {
  test('boxes, polygons, lines, points, with what was answered', () => {
    const classifications: JsonObject[] = [
      {
        name: 'occlusion',
        value: 'occlusion',
        radio_answer: { name: 'partial', value: 'partial', classifications: [] },
      },
      { name: 'note', value: 'note', text_answer: { content: 'bent' } },
      { name: 'damage', value: 'damage', checklist_answers: [{ name: 'dented', value: 'dented' }] },
    ]
    const rows = ndjson(
      rowOf([
        object({ ...BOX, classifications }),
        object({
          annotation_kind: 'ImagePolygon',
          classifications: [],
          polygon: [
            { x: 1, y: 1 },
            { x: 9, y: 1 },
            { x: 9, y: 8 },
            { x: 1, y: 1 },
          ],
        }),
        object({
          annotation_kind: 'ImagePolyline',
          classifications: [],
          line: [
            { x: 1, y: 1 },
            { x: 9, y: 1 },
          ],
        }),
        object({ annotation_kind: 'ImagePoint', classifications: [], point: { x: 3, y: 4 } }),
      ]),
    )
    const out = convertFiles('labelbox', rows, IMAGES)
    expect(out.read.failed).toEqual([])
    const [image] = out.read.images
    expect([image.path, image.matched]).toEqual(['images/north/a.jpg', true])
    expect(image.annotations.map(({ shape }) => shape.kind)).toEqual([
      'bbox',
      'polygon',
      'polyline',
      'keypoint',
    ])
    expect(image.annotations[0]).toMatchObject({
      className: 'Red car',
      shape: { x: 20, y: 10, w: 40, h: 30 },
      attributes: { occlusion: 'partial', note: 'bent', damage: ['dented'] },
    })
    expect(out.losses).toEqual([])
    expect(JSON.parse(out.files['labelbox.ndjson'])).toEqual(JSON.parse(rows['export.ndjson']))
  })

  test('answers that change are written anew, the others stay', () => {
    const classifications = [{ name: 'note', text_answer: { content: 'bent' } }]
    const read = readFiles('labelbox', ndjson(rowOf([object({ ...BOX, classifications })])), IMAGES)
    const [image] = read.images
    const [one] = image.annotations
    const changed = { ...one, attributes: { note: 'flat', doors: 4 } }
    const { files } = writeFiles('labelbox', {
      ...read,
      images: [{ ...image, annotations: [changed] }],
    })
    const [{ annotations }] = JSON.parse(files['labelbox.ndjson']).projects.clpqdyg.labels
    expect(annotations.objects[0].classifications).toEqual([
      { name: 'note', value: 'note', text_answer: { content: 'flat' } },
      { name: 'doors', value: 'doors', text_answer: { content: '4' } },
    ])
    expect(annotations.classifications).toEqual([{ name: 'weather' }])
  })

  test('masks, which lie on the server, and other faults name the line and the object', () => {
    const rows = ndjson(
      rowOf([
        object({ mask: { url: 'https://api.labelbox.com/masks/1' } }),
        object({ bounding_box: { top: 1, left: 1, height: 0, width: 1 } }),
        object({ polygon: [{ x: 1, y: 'a' }] }),
        object({ ...BOX }, ' '),
      ]),
      { ...rowOf([]), data_row: {} },
    )
    const { failed } = readFiles(
      'labelbox',
      { 'x.ndjson': `${rows['export.ndjson']}{"data_row":\n` },
      IMAGES,
    )
    expect(failed.map(({ field }) => field)).toEqual([
      'line 2.data_row.external_id',
      'line 3',
      'line 1.objects[0].mask',
      'line 1.objects[1].bounding_box',
      'line 1.objects[2].polygon[0].y',
    ])
    expect(failed[2].message).toContain('on the server of Labelbox')
  })

  test('several labels of one row: the first is read, the others go back', () => {
    const row = rowOf([object(BOX)])
    const two = JSON.parse(JSON.stringify(row))
    two.projects.clpqdyg.labels.push(two.projects.clpqdyg.labels[0])
    const out = convertFiles('labelbox', ndjson(two), IMAGES)
    expect(out.read.losses.map(({ message }) => message)).toEqual([
      'an image with several labels: the first is read',
    ])
    expect(JSON.parse(out.files['labelbox.ndjson']).projects.clpqdyg.labels).toHaveLength(2)
  })

  test('is told by its rows', () => {
    expect(detectFormat([memoryFile('x.ndjson', ndjson(rowOf([]))['export.ndjson'])])).toBe(
      'labelbox',
    )
    expect(detectFormat([memoryFile('x.json', JSON.stringify([rowOf([])]))])).toBe('labelbox')
  })

  test('the same objects come out', () => {
    const number = fc.integer({ min: 0, max: 40_000 }).map((value) => value / 100)
    const side = fc.integer({ min: 1, max: 9_000 }).map((value) => value / 100)
    const point = fc.record({ x: number, y: number })
    const ring = fc.uniqueArray(point, {
      minLength: 3,
      maxLength: 6,
      selector: ({ x, y }) => `${x} ${y}`,
    })
    const shape: fc.Arbitrary<JsonObject> = fc.oneof(
      fc
        .record({ left: number, top: number, width: side, height: side })
        .map((bounding_box) => ({ annotation_kind: 'ImageBoundingBox', bounding_box })),
      ring.map((points) => ({ annotation_kind: 'ImagePolygon', polygon: [...points, points[0]] })),
      ring.map((polygon) => ({ annotation_kind: 'ImagePolygon', polygon })),
      ring.map((line) => ({ annotation_kind: 'ImagePolyline', line })),
      point.map((at) => ({ annotation_kind: 'ImagePoint', point: at })),
    )
    const word = fc.stringMatching(/^[a-z]{1,6}$/)
    const answer: fc.Arbitrary<JsonObject> = fc.oneof(
      fc.tuple(word, word).map(([name, content]) => ({ name, text_answer: { content } })),
      fc
        .tuple(word, word)
        .map(([name, own]) => ({ name, radio_answer: { name: own, classifications: [] } })),
    )
    const one = fc.tuple(
      shape,
      fc.uniqueArray(answer, { maxLength: 2, selector: ({ name }) => name }),
      word,
    )
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 5 }), (list) => {
        const objects = list.map(([own, classifications, name], index) => ({
          feature_id: `f${index}`,
          feature_schema_id: 's',
          name,
          value: name,
          classifications,
          ...own,
        }))
        const out = convertFiles('labelbox', ndjson(rowOf(objects)), IMAGES)
        expect([out.read.failed, out.losses]).toEqual([[], []])
        expect(JSON.parse(out.files['labelbox.ndjson'])).toEqual(rowOf(objects))
      }),
    )
  })

  test('what was drawn here comes back', () => {
    const annotations = [
      newAnnotation({ kind: 'oriented_box', cx: 50, cy: 50, w: 20, h: 10, angleDeg: 30 }, 'a', {
        attributes: { ok: true },
      }),
      newAnnotation({ kind: 'keypoint', x: 5, y: 6 }, 'b'),
    ]
    const out = writeFiles('labelbox', {
      classes: [],
      images: [{ path: 'x/a.jpg', width: 640, height: 480, annotations }],
    })
    expect(out.losses.map(({ message }) => message)).toEqual([
      'oriented boxes are written as four-cornered polygons',
    ])
    const back = readFiles('labelbox', out.files, [
      { path: 'images/x/a.jpg', width: 640, height: 480 },
    ])
    expect(back.images[0]).toMatchObject({
      matched: true,
      annotations: [{ id: annotations[0].id, attributes: { ok: 'true' } }, { className: 'b' }],
    })
  })
})
