import { describe, expect, test } from 'vitest'
import { memoryFile } from '#core/formats/text.ts'
import { newAnnotation } from '#shared/model/annotation.ts'
import { withClassNames } from '#shared/model/annotation-class.ts'
import { FORMATS } from '#shared/model/format.ts'
import { writeFiles } from '#tests/helpers/labels.ts'
import { countLabels } from './count-labels.ts'

const box = newAnnotation({ kind: 'bbox', x: 10, y: 10, w: 20, h: 20 }, 'car')
const turned = { kind: 'oriented_box', cx: 50, cy: 40, w: 20, h: 10, angleDeg: 30 } as const
const outline = {
  kind: 'polygon',
  rings: [
    [
      { x: 1, y: 1 },
      { x: 30, y: 1 },
      { x: 40, y: 20 },
      { x: 30, y: 40 },
      { x: 1, y: 40 },
    ],
  ],
} as const

/** What tells one YOLO from the other. */
const SHAPES: Partial<Record<string, typeof box>> = {
  yolo_seg: newAnnotation(
    { kind: 'polygon', rings: outline.rings.map((ring) => [...ring]) },
    'car',
  ),
  yolo_obb: newAnnotation({ ...turned }, 'car'),
  dota: newAnnotation({ ...turned }, 'car'),
}

const PERSON = {
  name: 'person',
  color: '#e69f00',
  skeleton: { nodes: [{ name: 'nose' }, { name: 'hip' }], edges: [[0, 1]] as [number, number][] },
}

function written(format: (typeof FORMATS)[number]['id']) {
  const pose = format === 'yolo_pose'
  const joint = newAnnotation({ kind: 'keypoint', x: 15, y: 15 }, 'nose', { instanceId: 1 })
  const images = ['a.jpg', 'b.jpg'].map((path) => ({
    path,
    width: 100,
    height: 80,
    isLabelled: true,
    annotations: pose
      ? [newAnnotation(box.shape, 'person', { instanceId: 1 }), joint]
      : [SHAPES[format] ?? box],
  }))
  const classes = pose ? [PERSON] : withClassNames([], ['car'])
  return Object.entries(writeFiles(format, { classes, images }).bytes).map(([path, content]) =>
    memoryFile(path, content),
  )
}

describe('label files in a folder are counted', () => {
  test.each(FORMATS.map(({ id }) => id))('%s', (format) => {
    const found = countLabels(written(format), ['a.jpg', 'b.jpg'])
    expect(found[0]).toMatchObject({ format })
    expect(found[0].files).toBeGreaterThan(0)
  })

  test('several formats at once, lists of classes apart', () => {
    const files = [...written('coco'), ...written('labelme'), ...written('yolo')]
    expect(countLabels(files, ['a.jpg', 'b.jpg'])).toEqual([
      { format: 'labelme', files: 2, inStep: 'labelme' },
      { format: 'yolo', files: 2, inStep: null },
      { format: 'coco', files: 1, inStep: null },
    ])
  })

  test('in step only what lies where such files are kept', () => {
    const yolo = (path: string) => memoryFile(path, '0 0.5 0.5 0.1 0.1\n')
    const classes = memoryFile('classes.txt', 'car\n')
    const beside = countLabels([yolo('x/a.txt'), yolo('x/b.txt'), classes], ['x/a.jpg', 'x/b.PNG'])
    expect(beside).toEqual([{ format: 'yolo', files: 2, inStep: 'yolo' }])
    const apart = countLabels([yolo('labels/a.txt'), classes], ['images/a.jpg'])
    expect(apart).toEqual([{ format: 'yolo', files: 1, inStep: null }])
  })

  test('settings and notes are no labels', () => {
    const files = [
      memoryFile('package.json', '{"name":"x","dependencies":{}}'),
      memoryFile('tsconfig.json', '{"compilerOptions":{}}'),
      memoryFile('requirements.txt', 'torch>=2\n'),
      memoryFile('notes.txt', 'hello\n'),
      memoryFile('args.yaml', 'task: detect\nnames: foo\n'),
      memoryFile('table.csv', 'a,b\n1,2\n'),
    ]
    expect(countLabels(files, ['a.jpg'])).toEqual([])
  })
})
