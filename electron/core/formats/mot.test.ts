import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newAnnotation } from '#shared/model/annotation.ts'
import { convertFiles, readFiles, writeFiles } from '#tests/helpers/labels.ts'
import { detectFormat, formatOfFile } from './detect.ts'
import { memoryFile } from './text.ts'

const SIZE = { width: 1920, height: 1080 }

// As MOT17 and CVAT write them.
const GT = `1,1,912,484,97,109,0,7,1
1,2,1338.5,418,167,379,1,1,0.25
3,2,1342,417,168,380,1,1,0.5
`

const frames = (sequence: string, count: number) =>
  Array.from({ length: count }, (_, index) => ({
    path: `${sequence}/img1/${String(index + 1).padStart(6, '0')}.jpg`,
    ...SIZE,
  }))

describe('MOT', () => {
  test('frames are images of img1, tracks and visibility are attributes', () => {
    const { images, failed } = readFiles(
      'mot',
      { 'train/MOT17-02/gt/gt.txt': GT, 'train/MOT17-04/gt/gt.txt': '1,1,1,2,3,4,1,1,1\n' },
      [...frames('train/MOT17-02', 3), ...frames('train/MOT17-04', 1)],
    )
    expect(failed).toEqual([])
    expect(images.map(({ path, annotations, split }) => [path, annotations.length, split])).toEqual(
      [
        ['train/MOT17-02/img1/000001.jpg', 2, 'train'],
        ['train/MOT17-02/img1/000002.jpg', 0, 'train'],
        ['train/MOT17-02/img1/000003.jpg', 1, 'train'],
        ['train/MOT17-04/img1/000001.jpg', 1, 'train'],
      ],
    )
    expect(images[0].annotations).toMatchObject([
      { className: 'static person', attributes: { track_id: 1, ignored: 'true', visibility: 1 } },
      {
        className: 'pedestrian',
        shape: { kind: 'bbox', x: 1338.5, y: 418, w: 167, h: 379 },
        attributes: { track_id: 2, visibility: 0.25 },
      },
    ])
  })

  test('classes of CVAT, in labels.txt beside the tracks; detections have a score and no class', () => {
    const named = readFiles('mot', {
      'gt/gt.txt': '1,4,1,2,3,4,1,2,1\n',
      'gt/labels.txt': 'dog\ncat\n',
    })
    expect(named.classes.map(({ name }) => name)).toEqual(['dog', 'cat'])
    expect(named.images[0].annotations[0].className).toBe('cat')
    const found = readFiles('mot', { 'det/det.txt': '1,-1,794.2,47.5,71.2,174.8,0.67,-1,-1,-1\n' })
    expect(found.images[0].annotations).toMatchObject([
      { className: 'object', confidence: 0.67, attributes: {} },
    ])
  })

  test('is written as sequences of numbered frames, and read again', () => {
    const box = (x: number, track?: number) =>
      newAnnotation({ kind: 'bbox', x, y: 2, w: 3, h: 4 }, 'dog', {
        attributes: track === undefined ? {} : { track_id: track },
      })
    const images = [
      { path: 'walk/000007.jpg', ...SIZE, annotations: [box(1, 5)] },
      { path: 'walk/other.jpg', ...SIZE, annotations: [box(2)] },
      { path: 'x.png', ...SIZE, annotations: [] },
    ]
    const out = writeFiles('mot', { classes: [], images })
    expect(out.files['walk/gt/gt.txt']).toBe('7,5,1,2,3,4,1,1,1\n1,-1,2,2,3,4,1,1,1\n')
    expect(out.files['walk/gt/labels.txt']).toBe('dog\n')
    expect(out.files['walk/seqinfo.ini']).toContain(
      'seqLength=7\nimWidth=1920\nimHeight=1080\nimExt=.jpg',
    )
    expect(out.files['sequence/gt/gt.txt']).toBe('')
    expect(out.losses).toMatchObject([
      { message: 'objects without a “track_id” get the number -1', count: 1 },
    ])
    const back = readFiles('mot', {
      'walk/gt/gt.txt': out.files['walk/gt/gt.txt'],
      'walk/gt/labels.txt': 'dog\n',
    })
    expect(back.images.map(({ annotations }) => annotations.length)).toEqual([1, 1])
  })

  test('faults name the line', () => {
    const { failed } = readFiles('mot', {
      'gt/gt.txt': '1,1,1,2,0,4,1,1,1\n1,1,1\nx,1,1,2,3,4\n1,1,a,2,3,4\n',
    })
    expect(failed.map(({ field }) => field)).toEqual([
      'line 3.frame',
      'line 1.width',
      'line 2',
      'line 4',
    ])
  })

  test('is told from YOLO by its commas', () => {
    expect(detectFormat([memoryFile('gt/gt.txt', GT)])).toBe('mot')
    expect(formatOfFile(memoryFile('gt/gt.txt', GT))).toBe('mot')
    expect(detectFormat([memoryFile('a.txt', '0 0.5 0.5 0.1 0.1\n')])).toBe('yolo')
  })

  test('the same lines come out', () => {
    const number = fc.integer({ min: -500, max: 40_000 }).map((value) => value / 100)
    const side = fc.integer({ min: 1, max: 9_000 }).map((value) => value / 100)
    const line = fc.tuple(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 0, max: 99 }),
      ...[number, number, side, side],
      fc.constantFrom(0, 1),
      fc.integer({ min: 1, max: 2 }),
      fc.constantFrom(0, 0.25, 1),
    )
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 8 }), (lines) => {
        const text = lines.map((values) => `${values.join(',')}\n`).join('')
        const out = convertFiles('mot', {
          'seq/gt/gt.txt': text,
          'seq/gt/labels.txt': 'dog\ncat\n',
        })
        expect([out.read.failed, out.losses]).toEqual([[], []])
        const sorted = (whole: string) => whole.trim().split('\n').toSorted()
        expect(sorted(out.files['seq/gt/gt.txt'])).toEqual(sorted(text))
      }),
    )
  })
})
