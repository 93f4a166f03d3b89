import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Annotation, newAnnotation, type Shape } from '#shared/model/annotation.ts'
import { detectFormat, formatOfFile } from './detect.ts'
import { LossLog } from './loss-log.ts'
import { atOnce, openLabels } from './read-labels.ts'
import { FORMAT_BY_ID } from './registry.ts'
import { memoryFile } from './text.ts'
import type { KnownImage, LabelledImage, LabelSet } from './types.ts'
import { wholeFiles, writeLabels } from './write-labels.ts'

const SIZE = { width: 3000, height: 3000 }
const HEAD = 'imagesource:GoogleEarth\ngsd:0.146343590398\n'

function read(files: Record<string, string>, images: KnownImage[] = []) {
  const losses = new LossLog()
  const inputs = Object.entries(files).map(([path, text]) => memoryFile(path, text))
  const labels = atOnce(openLabels(FORMAT_BY_ID.dota, inputs, images, losses))
  return { ...labels.readAll(), losses }
}

function write(images: readonly LabelledImage[], losses = new LossLog()): Record<string, string> {
  const set: LabelSet = { name: 'set', classes: [], images }
  const options = { clampToImage: false, vocPixelOrigin: 0 as const }
  const files = wholeFiles(writeLabels(FORMAT_BY_ID.dota, set, options, losses))
  return Object.fromEntries([...files].map(({ path, content }) => [path, String(content)]))
}

const words = (losses: LossLog) => losses.report().map(({ message }) => message)

describe('DOTA is read', () => {
  test('head, turned boxes with their heading, difficulty; images beside labelTxt, by split', () => {
    const text = `${HEAD}2753.0 2408.0 2861.0 2385.0 2888.0 2468.0 2805.0 2502.0 plane 0
100 100 200 100 200 150 100 150 small-vehicle 1
10 10 20 10 20 20 10 20 ship 2
`
    const { images, failed, losses } = read(
      { 'train/labelTxt/P0000.txt': text, 'val/labelTxt-v1.5/P0000.txt': '' },
      [
        { path: 'train/images/P0000.png', ...SIZE },
        { path: 'val/images/P0000.png', ...SIZE },
      ],
    )
    expect(failed).toEqual([])
    expect(images.map(({ path, matched, split }) => [path, matched, split])).toEqual([
      ['train/images/P0000.png', true, 'train'],
      ['val/images/P0000.png', true, 'val'],
    ])
    expect(images[1]).toMatchObject({ annotations: [], isLabelled: true })
    const [plane, car, ship] = images[0].annotations
    expect(plane.className).toBe('plane')
    expect(car).toMatchObject({
      shape: { kind: 'oriented_box', cx: 150, cy: 125, w: 100, h: 50, angleDeg: 0 },
      attributes: { difficult: 'true' },
    })
    expect(ship.attributes).toEqual({ difficult: '2' })
    expect(words(losses)).toEqual([
      'quadrilaterals that are no rectangles are the smallest box around them',
    ])
  })

  test('without head and without difficulty, and beside the image', () => {
    const { images } = read({ 'a.txt': '1 1 9 1 9 5 1 5 plane\r\n' }, [{ path: 'a.jpg', ...SIZE }])
    expect(images[0]).toMatchObject({ matched: true, annotations: [{ className: 'plane' }] })
  })

  test('faults name the line, and the rest is read', () => {
    const text = `${HEAD}1 1 9 1 9 5 1 5 plane 0\n1 1 9 1 nine 5 1 5 plane 0\n1 1 9 1 plane 0\n1 1 1 1 1 1 1 1 dot 0\n1 2 3 4 5 6 7 8 9 0\n`
    const { images, failed } = read({ 'labelTxt/a.txt': text })
    expect(images[0].annotations).toHaveLength(1)
    expect(failed.map(({ field, message }) => `${field}: ${message}`)).toEqual([
      'line 4.corners[0]: must be a number, not "nine"',
      'line 5: has 6 words; it needs 8 coordinates, a class and a difficulty',
      'line 6.points: make a box without an extent',
      'line 7.class: must be the name of a class, not "9"',
    ])
  })
})

test('its files are told from those of YOLO by their words', () => {
  const format = (text: string) => detectFormat([memoryFile('labelTxt/a.txt', text)])
  expect(format(`${HEAD}`)).toBe('dota')
  expect(format('1 1 9 1 9 5 1 5 plane 0\n')).toBe('dota')
  expect(format('0 0.1 0.2 0.4 0.2 0.4 0.5 0.1 0.4\n')).toBe('yolo_obb')
  expect(format('0 0.5 0.5 0.1 0.1\n')).toBe('yolo')
  expect(formatOfFile(memoryFile('a.txt', '1 1 9 1 9 5 1 5 plane 0\n'))).toBe('dota')
  expect(formatOfFile(memoryFile('a.txt', '0 0.5 0.5 0.1 0.1\n'))).toBe('yolo')
})

describe('DOTA is written', () => {
  const imageOf = (
    annotations: Annotation[],
    more: Partial<LabelledImage> = {},
  ): LabelledImage => ({
    path: 'images/a.png',
    ...SIZE,
    annotations,
    ...more,
  })

  test('corners clockwise from the heading; empty files for images without objects', () => {
    const shape: Shape = { kind: 'oriented_box', cx: 50, cy: 50, w: 20, h: 10, angleDeg: 90 }
    const losses = new LossLog()
    const files = write(
      [
        imageOf([newAnnotation(shape, 'storage tank', { attributes: { difficult: 'true' } })], {
          split: 'train',
        }),
        imageOf([], { path: 'b.png', isLabelled: true }),
        imageOf([], { path: 'c.png' }),
      ],
      losses,
    )
    expect(files).toEqual({
      'train/labelTxt/a.txt': '55 40 55 60 45 60 45 40 storage-tank 1\n',
      'labelTxt/b.txt': '',
    })
    expect(words(losses)).toEqual([
      'spaces in names of classes are written as -, since they part the words of a line',
    ])
  })

  test('what has no place is told; an object of two parts is one line', () => {
    const part = (x: number): Shape => ({
      kind: 'polygon',
      rings: [
        [
          { x, y: 0 },
          { x: x + 10, y: 0 },
          { x, y: 10 },
        ],
      ],
    })
    const losses = new LossLog()
    const line: Shape = {
      kind: 'polyline',
      points: [
        { x: 0, y: 0 },
        { x: 5, y: 5 },
      ],
    }
    const files = write(
      [
        imageOf([
          newAnnotation(part(0), 'ship', { instanceId: 1, attributes: { flag: 'de' } }),
          newAnnotation(part(50), 'ship', { instanceId: 1, attributes: { flag: 'de' } }),
          newAnnotation(line, 'road'),
          newAnnotation({ kind: 'keypoint', x: 1, y: 1 }, 'mast', { confidence: 0.5 }),
        ]),
      ],
      losses,
    )
    expect(files['labelTxt/a.txt'].trim().split('\n')).toHaveLength(1)
    expect(losses.leftOut).toBe(2)
    expect(words(losses).sort()).toEqual([
      'attributes other than “difficult” have no place in this format',
      'keypoints have no place in DOTA and are left out',
      'polygons are written as the smallest oriented box around them',
      'polylines have no place in DOTA and are left out',
      'the confidence has no place in this format',
    ])
  })
})

test('the same format keeps everything: heads, quadrilaterals of any shape, difficulties', () => {
  const coordinate = fc.integer({ min: -50, max: 30_000 }).map((value) => (value / 10).toFixed(1))
  const corners = fc
    .array(coordinate, { minLength: 8, maxLength: 8 })
    .filter(([ax, ay, bx, by, cx, cy]) => {
      const across = (Number(bx) - Number(ax)) * (Number(cy) - Number(ay))
      return Math.abs(across - (Number(by) - Number(ay)) * (Number(cx) - Number(ax))) > 1
    })
  const name = fc.stringMatching(/^[a-z][a-z-]{0,9}$/)
  const line = fc
    .tuple(corners, name, fc.constantFrom('0', '1', '2'))
    .map(([points, label, difficulty]) => [...points, label, difficulty].join(' '))
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 5 }),
      fc.constantFrom('', HEAD, 'imagesource:\ngsd:null\n'),
      (lines, head) => {
        const text = head + lines.map((one) => `${one}\n`).join('')
        const { images, failed } = read({ 'labelTxt/a.txt': text }, [
          { path: 'images/a.png', ...SIZE },
        ])
        expect(failed).toEqual([])
        const losses = new LossLog()
        const [out] = Object.values(write(images, losses))
        expect(words(losses)).toEqual([])
        const plain = (whole: string) =>
          whole
            .split('\n')
            .map((one) =>
              one
                .split(' ')
                .map((word) => (word === '' || Number.isNaN(Number(word)) ? word : Number(word))),
            )
        expect(plain(out)).toEqual(plain(text))
      },
    ),
    { numRuns: 200 },
  )
})
