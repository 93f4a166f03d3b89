import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newAnnotation } from '#shared/model/annotation.ts'
import { convertFiles, readFiles, writeFiles } from '#tests/helpers/labels.ts'
import { detectFormat } from './detect.ts'
import { memoryFile } from './text.ts'
import type { JsonObject } from './types.ts'

const SIZE = { width: 640, height: 480 }
const lines = (rows: JsonObject[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

describe("Hugging Face's image folders", () => {
  // The example of https://huggingface.co/docs/datasets/image_dataset#object-detection.
  const rows: JsonObject[] = [
    { file_name: '0001.png', objects: { bbox: [[302, 109, 73, 52]], categories: [0] } },
    {
      file_name: '0002.png',
      caption: 'two',
      objects: { bbox: [[810, 100, 57, 28]], categories: [1] },
    },
    {
      file_name: '0003.png',
      objects: {
        bbox: [
          [160, 31, 248, 616],
          [741, 68, 202, 401],
        ],
        categories: [2, 2],
      },
    },
    { file_name: '0004.png' },
  ]

  test('rows of boxes, images beside them, splits as folders', () => {
    const read = readFiles(
      'hugging_face',
      { 'train/metadata.jsonl': lines(rows), 'validation/metadata.jsonl': lines(rows.slice(0, 1)) },
      [
        { path: 'train/0001.png', ...SIZE },
        { path: 'validation/0001.png', ...SIZE },
      ],
    )
    expect(read.failed).toEqual([])
    expect(
      read.images.map(({ path, split, annotations }) => [path, split, annotations.length]),
    ).toEqual([
      ['train/0001.png', 'train', 1],
      ['0002.png', 'train', 1],
      ['0003.png', 'train', 2],
      ['0004.png', 'train', 0],
      ['validation/0001.png', 'val', 1],
    ])
    expect(read.images[2].annotations[1]).toMatchObject({
      className: 'class 2',
      shape: { kind: 'bbox', x: 741, y: 68, w: 202, h: 401 },
    })
  })

  test('objects one after the other, instead of lists', () => {
    const text = lines([
      {
        file_name: 'a.png',
        objects: [
          { bbox: [1, 2, 3, 4], label: 'cat', area: 12 },
          { bbox: [5, 6, 7, 8], label: 'dog' },
        ],
      },
      { file_name: 'b.png', objects: [] },
    ])
    const images = [{ path: 'a.png', ...SIZE }]
    const { files, read } = convertFiles('hugging_face', { 'metadata.jsonl': text }, images)
    expect(read.failed).toEqual([])
    expect(read.images[0].annotations.map(({ className }) => className)).toEqual(['cat', 'dog'])
    expect(files['metadata.jsonl']).toBe(text)
  })

  test.each([
    [{ boxes: [[1, 2, 3, 4]], categories: [0] }, 'line 1: objects.bbox must be a list of boxes'],
    [{ bbox: 'x' }, 'line 1: objects.bbox must be a list of boxes, not "x"'],
    ['x', 'line 1: objects must be lists of boxes and classes, not "x"'],
  ])('objects that cannot be read are told: %j', (objects, words) => {
    const row = { file_name: 'a.png', objects: objects as JsonObject }
    const { failed } = readFiles('hugging_face', { 'metadata.jsonl': lines([row]) })
    expect(failed.map(({ field, message }) => `${field} ${message}`).join()).toContain(
      words.replace('line 1: ', ''),
    )
  })

  test('the same rows come out; other formats are told of the captions', () => {
    const names = JSON.stringify(['cat', 'dog', 'bird'])
    const files = { 'metadata.jsonl': lines(rows), 'categories.json': names }
    const out = convertFiles('hugging_face', files)
    expect(out.losses).toEqual([])
    expect(out.read.classes.map(({ name }) => name)).toEqual(['cat', 'dog', 'bird'])
    expect(out.files['metadata.jsonl']).toBe(files['metadata.jsonl'])
    expect(JSON.parse(out.files['categories.json'])).toEqual(['cat', 'dog', 'bird'])
    const { losses } = convertFiles('hugging_face', files, [], 'coco')
    expect(losses).toMatchObject([
      { message: '“caption” of Hugging Face has no place in this format', count: 1 },
    ])
  })

  test('classes by name, lists beside the boxes', () => {
    const named = [
      {
        file_name: 'a/1.png',
        objects: { bbox: [[1, 2, 3, 4]], category: ['cat'], area: [12], id: [5] },
        width: 640,
        height: 480,
      },
    ]
    const out = convertFiles('hugging_face', { 'metadata.jsonl': lines(named) }, [
      { path: 'a/1.png', ...SIZE },
    ])
    expect(out.read.images[0]).toMatchObject({ matched: true, annotations: [{ className: 'cat' }] })
    expect(JSON.parse(out.files['metadata.jsonl'])).toEqual(named[0])
  })

  test('is written as the Hub lays it, and read again', () => {
    const box = newAnnotation({ kind: 'bbox', x: 1.5, y: 2, w: 3, h: 4 }, 'dog')
    const ring = [1, 2, 9].map((n) => ({ x: n * n, y: n }))
    const images = [
      { path: 'val/a.jpg', ...SIZE, split: 'val' as const, annotations: [box] },
      {
        path: 'b.jpg',
        ...SIZE,
        split: 'train' as const,
        annotations: [newAnnotation({ kind: 'polygon', rings: [ring] }, 'cat')],
      },
    ]
    const classes = ['cat', 'dog'].map((name) => ({ name, color: '#112233' }))
    const out = writeFiles('hugging_face', { classes, images })
    expect(out.files).toEqual({
      'validation/metadata.jsonl': `${JSON.stringify({ file_name: 'a.jpg', ...SIZE, objects: { bbox: [[1.5, 2, 3, 4]], categories: [1] } })}\n`,
      'train/metadata.jsonl': `${JSON.stringify({ file_name: 'b.jpg', ...SIZE, objects: { bbox: [[1, 1, 80, 8]], categories: [0] } })}\n`,
      'categories.json': '[\n  "cat",\n  "dog"\n]\n',
    })
    expect(out.losses.map(({ message }) => message)).toEqual([
      'polygons and oriented boxes are written as the upright box around them',
    ])
    expect(
      readFiles('hugging_face', out.files)
        .images.map(({ split }) => split)
        .sort(),
    ).toEqual(['train', 'val'])
  })

  test('faults name the line and the box', () => {
    const broken: JsonObject[] = [
      {
        file_name: 'a.png',
        objects: {
          bbox: [
            [1, 2, 3],
            [1, 2, 0, 4],
            [1, 'x', 3, 4],
            [1, 2, 3, 4],
          ],
          categories: [0, 0, 0],
        },
      },
      { text: 'no image' },
    ]
    const { failed } = readFiles('hugging_face', {
      'metadata.jsonl': lines(broken as JsonObject[]),
    })
    expect(failed.map(({ field }) => field.replace(/\.$/, ''))).toEqual([
      'line 2.file_name',
      'line 1.objects.bbox[0]',
      'line 1.objects.bbox[1]',
      expect.stringMatching(/^line 1\.objects\.bbox\[2\]/),
      'line 1.objects.bbox[3].categories[3]',
    ])
    expect(detectFormat([memoryFile('metadata.jsonl', lines(rows))])).toBe('hugging_face')
    expect(detectFormat([memoryFile('chat.jsonl', '{"prompt":"hi"}\n')])).toBe(null)
  })

  test('any rows come out the same', () => {
    const number = fc.integer({ min: 0, max: 40_000 }).map((value) => value / 100)
    const side = fc.integer({ min: 1, max: 9_000 }).map((value) => value / 100)
    const box = fc.tuple(number, number, side, side)
    const word = fc.stringMatching(/^x_[a-z]{1,5}$/)
    const row = fc
      .tuple(
        fc.array(fc.tuple(box, fc.integer({ min: 0, max: 2 }), fc.integer()), { maxLength: 4 }),
        fc.dictionary(word, fc.oneof(word, fc.integer(), fc.array(word)), { maxKeys: 2 }),
      )
      .map(([list, more]) => ({
        ...more,
        objects: {
          bbox: list.map(([own]) => own),
          categories: list.map(([, number]) => number),
          ...(list.length > 0 && { id: list.map(([, , id]) => id) }),
        },
      }))
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 4 }), (list) => {
        const named = list.map((one, index) => ({ file_name: `sub/${index}.png`, ...one }))
        const names = JSON.stringify(['a', 'b', 'c'])
        const out = convertFiles('hugging_face', {
          'metadata.jsonl': lines(named),
          'categories.json': names,
        })
        expect([out.read.failed, out.losses]).toEqual([[], []])
        const back = out.files['metadata.jsonl']
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line))
        expect(back).toEqual(named)
      }),
    )
  })
})
