import { expect, test } from 'vitest'
import { memoryFile } from '#core/formats/text.ts'
import { ImagesByPlace, labelGroups } from './label-groups.ts'

const COCO = '{"images": [], "categories": [], "annotations": []}'
const LABELME =
  '{"version": "5.0.0", "flags": {}, "shapes": [], "imagePath": "a.jpg", "imageHeight": 30, "imageWidth": 40}'

/** Label files by path, with their content. */
const filesOf = (contents: Record<string, string>) =>
  Object.entries(contents).map(([path, text]) => memoryFile(path, text))

const sorted = (contents: Record<string, string>, images: readonly string[]) => {
  const { groups, none } = labelGroups(filesOf(contents), images)
  return {
    groups: groups
      .map(({ format, home, files }) => [format, home, files.map(({ path }) => path)])
      .sort(),
    none,
  }
}

test('exports of several formats in one folder are separated, each for the images beside it', () => {
  const images = ['all/coco/a.jpg', 'all/yolo/images/a.jpg', 'all/voc/JPEGImages/a.jpg']
  const { groups, none } = sorted(
    {
      'all/coco/annotations/instances.json': COCO,
      'all/yolo/data.yaml': 'names: [car]',
      'all/yolo/labels/a.txt': '0 0.5 0.5 0.2 0.2\n',
      'all/voc/Annotations/a.xml': '<annotation/>',
    },
    images,
  )
  expect(groups).toEqual([
    ['coco', 'all/coco', ['all/coco/annotations/instances.json']],
    ['pascal_voc', 'all/voc', ['all/voc/Annotations/a.xml']],
    ['yolo', 'all/yolo', ['all/yolo/data.yaml', 'all/yolo/labels/a.txt']],
  ])
  expect(none).toEqual([])
})

test('text files go with the class list above them, and their format is detected', () => {
  const { groups } = sorted(
    {
      'set/classes.txt': 'car\n',
      'set/day/a.txt': '0 0.1 0.1 0.2 0.1 0.2 0.2\n',
      'set/night/b.txt': '0 0.1 0.1 0.2 0.1 0.2 0.2\n',
    },
    ['set/day/a.jpg', 'set/night/b.jpg'],
  )
  expect(groups).toEqual([
    ['yolo_seg', 'set', ['set/classes.txt', 'set/day/a.txt', 'set/night/b.txt']],
  ])
})

test('files without labels are listed: other JSON, settings, a class list without labels', () => {
  const { groups, none } = sorted(
    {
      'set/package.json': '{"name": "x"}',
      'set/broken.json': '{',
      'set/docker-compose.yaml': 'services: {}',
      'set/a.json': LABELME,
    },
    ['set/a.jpg'],
  )
  expect(groups).toEqual([['labelme', 'set', ['set/a.json']]])
  expect(none.toSorted()).toEqual([
    'set/broken.json',
    'set/docker-compose.yaml',
    'set/package.json',
  ])
})

test('labels far from all images are for all of them', () => {
  const images = [{ path: 'images/a.jpg' }, { path: 'images/b.jpg' }]
  const { groups } = labelGroups(
    filesOf({ 'labels/a.txt': '0 0.5 0.5 0.2 0.2\n', 'data.yaml': 'names: [car]' }),
    images.map(({ path }) => path),
  )
  expect(groups).toHaveLength(1)
  expect([...new ImagesByPlace(images).near(groups[0].home)]).toEqual([images])
})

test('of thousands of similar files only the first are examined', () => {
  let looks = 0
  const files = Array.from({ length: 1_000 }, (_, index) => ({
    path: `set/${index}.json`,
    size: 1,
    bytes: () => {
      looks++
      return Buffer.from(LABELME)
    },
  }))
  const { groups } = labelGroups(files, ['set/1.jpg'])
  expect(groups[0].files).toHaveLength(1_000)
  expect(looks).toBeLessThan(50)
})

test('training settings beside the labels do not replace the class list above', () => {
  const { groups, none } = sorted(
    {
      'set/data.yaml': 'names: [ship]\n',
      'set/labels/args.yaml': 'epochs: 3\n',
      'set/labels/classes.txt': 'ship\n',
      'set/labels/a.txt': '0 0.5 0.5 0.2 0.2\n',
    },
    ['set/images/a.jpg'],
  )
  expect(groups).toEqual([
    ['yolo', 'set', ['set/data.yaml', 'set/labels/classes.txt', 'set/labels/a.txt']],
  ])
  expect(none).toEqual(['set/labels/args.yaml'])
})

test('images are searched near the labels first, then further away', () => {
  const images = ['coco/annotations/panoptic/a.png', 'coco/images/a.jpg', 'else/a.jpg'].map(
    (path) => ({ path }),
  )
  const near = [...new ImagesByPlace(images).near('coco/annotations')]
  expect(near).toEqual([images.slice(0, 1), images.slice(0, 2), images])
})

test('lists that name classes go with the labels that they are for, not with YOLO', () => {
  const { groups, none } = sorted(
    {
      'mot/seq/gt/gt.txt': '1,1,912,484,97,109,1,1,1\n',
      'mot/seq/gt/labels.txt': 'dog\ncat\n',
      'voc/Annotations/a.xml': '<annotation/>',
      'voc/ImageSets/Main/train.txt': 'a\n',
      'voc/labelmap.txt': 'background:0,0,0::\ncat:128,0,0::\n',
      'open/train-annotations-bbox.csv':
        'ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax\na,x,/m/1,1,0,1,0,1\n',
      'open/class-descriptions-boxable.csv': '/m/1,Person\n',
      'notes.txt': 'hello\n',
    },
    ['mot/seq/img1/000001.jpg', 'voc/JPEGImages/a.jpg', 'open/a.jpg'],
  )
  expect(groups.map(([format, , files]) => [format, (files as string[]).toSorted()])).toEqual([
    ['mot', ['mot/seq/gt/gt.txt', 'mot/seq/gt/labels.txt']],
    ['open_images', ['open/class-descriptions-boxable.csv', 'open/train-annotations-bbox.csv']],
    ['pascal_voc', ['voc/Annotations/a.xml', 'voc/ImageSets/Main/train.txt', 'voc/labelmap.txt']],
  ])
  expect(none).toEqual(['notes.txt'])
})
