import { describe, expect, test } from 'vitest'
import { parsePythonNames } from './class-names.ts'
import { identifyDetector, type ModelHints } from './detect-identify.ts'
import type { Detector } from './detector.ts'
import type { ValueFacts } from './tensor.ts'

type Dims = (number | string)[]
const values = (all: Record<string, Dims>): ValueFacts[] =>
  Object.entries(all).map(([name, dims]) => ({ name, dims, type: 'float32' }))

interface Said {
  inputs?: Record<string, Dims>
  outputs: Record<string, Dims>
  metadata?: Record<string, string>
  hints?: ModelHints
}

const identify = ({ inputs = { images: [1, 3, 640, 640] }, outputs, metadata = {}, hints }: Said) =>
  identifyDetector({ inputs: values(inputs), outputs: values(outputs), metadata }, hints)

function detectorOf(said: Said): Detector {
  const identified = identify(said)
  if ('problem' in identified) throw new Error(identified.problem)
  return identified.detector
}

const ULTRALYTICS = {
  description: 'Ultralytics YOLO11n model trained on coco.yaml',
  author: 'Ultralytics',
  stride: '32',
  imgsz: '[640, 640]',
  names: "{0: 'person', 1: \"driver's seat\", 2: 'car'}",
}

describe('what a model file is taken for', () => {
  test.each([
    ['detect', [1, 7, 8400], {}, 'yolo', 'boxes'],
    ['segment', [1, 39, 8400], { output1: [1, 32, 160, 160] }, 'yolo', 'segments'],
    ['pose', [1, 58, 8400], {}, 'yolo', 'poses'],
    ['obb', [1, 8, 8400], {}, 'yolo', 'oriented boxes'],
    ['detect', [1, 300, 6], {}, 'yolo-end2end', 'boxes'],
    ['segment', [1, 300, 38], { output1: [1, 32, 160, 160] }, 'yolo-end2end', 'segments'],
    ['pose', [1, 300, 57], {}, 'yolo-end2end', 'poses'],
    ['obb', [1, 300, 7], {}, 'yolo-end2end', 'oriented boxes'],
  ] as const)('Ultralytics %s with %j', (task, main, more, family, what) => {
    const detector = detectorOf({
      outputs: { output0: [...main], ...(more as Record<string, Dims>) },
      metadata: { ...ULTRALYTICS, task, kpt_shape: '[17, 3]' },
    })
    expect(detector).toMatchObject({ family, task: what })
    expect(detector.classes).toEqual(['person', "driver's seat", 'car'])
    expect(detector.input).toMatchObject({ fit: 'letterbox-centre', fill: 114, order: 'rgb' })
    expect(detector.keypoints).toEqual(what === 'poses' ? { count: 17, values: 3 } : null)
    expect(detector.why).toContain(`“${task}”`)
    // Suppressed already: not a second time.
    expect(detector.usualOverlap).toBe(family === 'yolo' ? 0.7 : null)
  })

  test('sizes that the file leaves open come from its metadata', () => {
    const detector = detectorOf({
      inputs: { images: ['batch', 3, 'height', 'width'] },
      outputs: { output0: ['batch', 7, 'anchors'] },
      metadata: { ...ULTRALYTICS, task: 'detect', imgsz: '[384, 672]' },
    })
    expect(detector.input).toMatchObject({ width: 672, height: 384 })
  })

  test('two classes: the form of RT-DETR is that of a YOLO without overlaps, and the description tells', () => {
    const two = { ...ULTRALYTICS, task: 'detect', names: "{0: 'a', 1: 'b'}" }
    const outputs = { output0: [1, 300, 6] }
    expect(detectorOf({ outputs, metadata: two }).family).toBe('yolo-end2end')
    const metadata = { ...two, description: 'Ultralytics rtdetr-l model' }
    const detector = detectorOf({ outputs, metadata })
    expect(detector.family).toBe('rt-detr')
    expect(detector.input.fit).toBe('stretch')
  })

  test('a classifier and an unfitting output are refused, with the way out', () => {
    const classify = identify({
      outputs: { output0: [1, 3] },
      metadata: { ...ULTRALYTICS, task: 'classify' },
    })
    expect(classify).toEqual({ problem: expect.stringContaining('“classify”') })
    const odd = identify({
      outputs: { output0: [1, 9, 8400] },
      metadata: { ...ULTRALYTICS, task: 'detect' },
    })
    expect(odd).toEqual({ problem: expect.stringContaining('newer version of Ultralytics') })
  })

  test('RT-DETRv2 and D-FINE have one form; the name tells', () => {
    const said = {
      inputs: { images: [1, 3, 640, 640], orig_target_sizes: [1, 2] },
      outputs: { labels: [1, 300], boxes: [1, 300, 4], scores: [1, 300] },
    }
    expect(detectorOf(said)).toMatchObject({ title: 'RT-DETRv2', input: { fit: 'stretch' } })
    expect(detectorOf({ ...said, hints: { fileName: 'dfine_s_coco.onnx' } })).toMatchObject({
      title: 'D-FINE',
      input: { fit: 'letterbox-centre', fill: 0 },
      sizeInput: 'orig_target_sizes',
    })
  })

  test.each([
    ['boxes', {}],
    ['segments', { masks: [1, 300, 108, 108] }],
    ['poses', { keypoints: [1, 300, 17, 3] }],
  ] as const)('RF-DETR, %s', (task, more) => {
    const detector = detectorOf({
      inputs: { input: [1, 3, 432, 432] },
      outputs: {
        dets: [1, 300, 4],
        labels: [1, 300, 3],
        ...(more as unknown as Record<string, Dims>),
      },
      hints: { classes: ['cat', 'dog'] },
    })
    expect(detector).toMatchObject({ family: 'rf-detr', task, classes: ['cat', 'dog'] })
    expect(detector.input.deviation[0]).toBeCloseTo(58.395)
  })

  test('one output: rows for YOLOX, columns for Ultralytics, by the number of cells', () => {
    expect(detectorOf({ outputs: { output: [1, 8400, 85] } })).toMatchObject({
      family: 'yolox',
      input: { order: 'bgr', fit: 'letterbox-corner' },
      usualOverlap: 0.45,
    })
    const yolo = detectorOf({ outputs: { output0: [1, 84, 8400] } })
    expect(yolo.family).toBe('yolo')
    expect(yolo.classes[2]).toBe('car')
    expect(yolo.why).toContain('taken for COCO’s')
    expect(identify({ outputs: { output: [1, 25200, 85] } })).toEqual({
      problem: expect.stringContaining('YOLOv5'),
    })
  })

  test('a map of classes, with or without the background among the names', () => {
    const outputs = { logits: [1, 3, 128, 128] }
    expect(detectorOf({ outputs, hints: { classes: ['road', 'sky'] } }).classes).toEqual([
      'background',
      'road',
      'sky',
    ])
    expect(detectorOf({ outputs, hints: { classes: ['bg', 'road', 'sky'] } }).classes).toEqual([
      'bg',
      'road',
      'sky',
    ])
  })

  test('anything else is named as it is', () => {
    const other = identify({ inputs: { x: [1, 80] }, outputs: { y: [1, 1_000] } })
    expect(other).toEqual({ problem: expect.stringMatching(/x \[1, 80\].*y \[1, 1000\]/) })
  })
})

describe('names of classes as Python writes them', () => {
  test.each([
    ["{0: 'a', 1: 'b'}", ['a', 'b']],
    ['["a", "b\\"c"]', ['a', 'b"c']],
    ["{1: 'it\\'s', 0: 'tree, small'}", ['tree, small', "it's"]],
    ["{0: 'a', 2: 'c'}", ['a', 'class 1', 'c']],
    ['{}', null],
    ["{0: 'a'", null],
    ['a, b', null],
    ["{999999999: 'a'}", null],
  ])('%s', (text, names) => expect(parsePythonNames(text)).toEqual(names))
})
