import { expect, test } from 'vitest'
import type { FormatId } from '#shared/model/format.ts'
import { type Files, readFiles, writeFiles } from '#tests/helpers/labels.ts'
import { renameInExtra } from './class-extra.ts'

const IMAGES = [{ path: 'a.jpg', width: 100, height: 80 }]

/** Reads files, renames a class as the app does, and writes the same format. */
function renamed(format: FormatId, files: Files, from: string, to: string) {
  const { images, classes, extra } = readFiles(format, files, IMAGES)
  const named = <T extends object>(item: T, key: keyof T) =>
    item[key] === from ? { ...item, [key]: to } : item
  return writeFiles(format, {
    classes: classes.map((item) => named(item, 'name')),
    images: images.map((image) => ({
      ...image,
      annotations: image.annotations.map((annotation) => named(annotation, 'className')),
    })),
    ...(extra && { extra: renameInExtra(extra, from, to) }),
  }).files
}

test('COCO: a renamed category keeps its id and supercategory', () => {
  const file = {
    images: [{ id: 1, file_name: 'a.jpg', width: 100, height: 80 }],
    categories: [
      { id: 17, name: 'cat', supercategory: 'animal', x: 1 },
      { id: 3, name: 'car', supercategory: 'vehicle' },
    ],
    annotations: [{ id: 5, image_id: 1, category_id: 17, bbox: [1, 2, 3, 4] }],
  }
  const out = renamed('coco', { 'a.json': JSON.stringify(file) }, 'cat', 'kitty')
  const written = JSON.parse(out['annotations/instances_default.json'])
  expect(written.categories).toEqual([{ ...file.categories[0], name: 'kitty' }, file.categories[1]])
  expect(written.annotations).toMatchObject([{ category_id: 17 }])
})

test('YOLO: a renamed class keeps its number', () => {
  const files = { 'data.yaml': 'names:\n  3: cat\n  5: dog\n', 'a.txt': '5 0.5 0.5 0.5 0.5\n' }
  const out = renamed('yolo', files, 'dog', 'hound')
  expect(out['labels/train/a.txt']).toBe('5 0.5 0.5 0.5 0.5\n')
  expect(out['data.yaml']).toContain('  5: hound\n')
  expect(out['data.yaml']).not.toContain('dog')
})

test('YOLO: of two classes of one name, the renamed one is written with its new name', () => {
  const files = { 'data.yaml': 'names: [cat, cat]\n', 'a.txt': '1 0.5 0.5 0.5 0.5\n' }
  expect(renamed('yolo', files, 'cat (2)', 'kitten')['data.yaml']).toContain('  1: kitten\n')
})

test('Datumaro: a renamed label keeps its number and what is said of it', () => {
  const file = {
    info: {},
    categories: {
      label: {
        labels: [
          { name: 'car', parent: 'x' },
          { name: 'cat', parent: '' },
        ],
        attributes: [],
      },
    },
    items: [
      {
        id: 'a',
        annotations: [{ id: 0, type: 'bbox', label_id: 0, group: 0, bbox: [1, 2, 3, 4] }],
        image: { path: 'a.jpg', size: [80, 100] },
      },
    ],
  }
  const out = renamed('datumaro', { 'annotations/a.json': JSON.stringify(file) }, 'car', 'auto')
  const written = JSON.parse(out['annotations/default.json'])
  expect(written.categories.label.labels).toEqual([
    { name: 'auto', parent: 'x' },
    { name: 'cat', parent: '' },
  ])
  expect(written.items[0].annotations).toMatchObject([{ label_id: 0 }])
})

test('CVAT: a renamed label keeps what only CVAT knows of it', () => {
  const xml = `<annotations><version>1.1</version><meta><task><labels><label><name>car</name><color>#ff0000</color><type>rectangle</type><attributes></attributes></label></labels></task></meta><image id="0" name="a.jpg" width="100" height="80"><box label="car" xtl="1" ytl="2" xbr="5" ybr="6"></box></image></annotations>`
  const out = renamed('cvat', { 'annotations.xml': xml }, 'car', 'auto')['annotations.xml']
  expect(out.match(/<name>auto<\/name>/g)).toHaveLength(1)
  expect(out).not.toContain('<name>car</name>')
  expect(out).toContain('<type>rectangle</type>')
})

test('a class that has the new name already keeps what it has', () => {
  const extra = { yolo: { numbers: { cat: 3, dog: 5 } } }
  expect(renameInExtra(extra, 'cat', 'dog')).toEqual(extra)
  expect(renameInExtra(extra, 'bird', 'eagle')).toEqual(extra)
})

test('renaming back, after one rename or several, undoes it exactly', () => {
  const extra = {
    coco: { categories: { 'cat (2)': { id: 2, name: 'cat', supercategory: 'x' } } },
    yolo: { numbers: { cat: 0, 'cat (2)': 1 }, called: { 'cat (2)': 'cat' } },
    datumaro: {
      called: ['cat', 'cat (2)'],
      labels: [
        { name: 'cat', parent: 'x' },
        { name: 'cat', parent: '' },
      ],
    },
  }
  const once = renameInExtra(extra, 'cat (2)', 'kitten')
  expect(once.coco).not.toEqual(extra.coco)
  expect(renameInExtra(once, 'kitten', 'cat (2)')).toEqual(extra)
  const twice = renameInExtra(once, 'kitten', 'kitty')
  expect(renameInExtra(twice, 'kitty', 'kitten')).toEqual(once)
  expect(renameInExtra(renameInExtra(twice, 'kitty', 'kitten'), 'kitten', 'cat (2)')).toEqual(extra)
})

test('COCO panoptic: a renamed category is written as its file had it, with the new name', () => {
  const extra = { panoptic_head: { categories: { cat: { id: 4, name: 'cat', isthing: 1 } } } }
  const { files } = writeFiles('coco_panoptic', {
    classes: [{ name: 'kitty', color: '#ff0000' }],
    images: [],
    extra: renameInExtra(extra, 'cat', 'kitty'),
  })
  expect(Object.values(files).join()).toContain('{"id":4,"name":"kitty","isthing":1}')
})
