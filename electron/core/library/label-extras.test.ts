import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FormatId } from '#shared/model/format.ts'
import { coreWithImages, temporaryFolder } from '#tests/helpers/core.ts'

type World = Awaited<ReturnType<typeof coreWithImages>>

/** Imports files into the dataset, and exports it in the same format. */
async function throughTheStore(
  { core: { formats }, datasetId }: World,
  format: FormatId,
  files: Record<string, string | object>,
) {
  using folder = temporaryFolder()
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder.path, 'in', path)), { recursive: true })
    const text = typeof content === 'string' ? content : JSON.stringify(content)
    writeFileSync(join(folder.path, 'in', path), text)
  }
  let planId = ''
  for await (const step of formats.imports.plan(datasetId, join(folder.path, 'in'), format))
    if (step.type === 'plan') {
      expect([step.plan.failed, step.plan.unmatched, step.plan.losses]).toEqual([[], [], []])
      planId = step.plan.planId
    }
  for await (const _step of formats.imports.apply(planId, 'replace'));
  const out = join(folder.path, 'out')
  const wish = {
    ...{ datasetId, imageIds: null, onlyAnnotated: false, folder: out, format },
    ...{ images: 'none' as const, options: { clampToImage: false, vocPixelOrigin: 0 as const } },
  }
  for await (const step of formats.export(wish, undefined))
    if (step.type === 'done')
      expect(step.report.losses.filter(({ message }) => !message.includes('in val'))).toEqual([])
  const written: Record<string, string> = {}
  for (const entry of readdirSync(out, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) {
      const file = join(entry.parentPath, entry.name)
      written[file.slice(out.length + 1)] = readFileSync(file, 'utf8')
    }
  return written
}

/** Each run starts a process; `label-extra-repository.test.ts` has more. */
const RUNS = { numRuns: 2 }

const word = fc.stringMatching(/^[a-z]{1,8}$/)
const value = fc.oneof(word, fc.integer({ min: 1, max: 99 }), fc.array(word, { maxLength: 3 }))
/** Keys that no format knows. */
const more = fc.dictionary(
  word.map((key) => `x_${key}`),
  value,
  { maxKeys: 3 },
)

const coco = fc.record({
  top: more,
  info: more,
  licenses: fc.array(fc.record({ id: fc.integer({ min: 1, max: 9 }), name: word }), {
    maxLength: 2,
  }),
  imageIds: fc.uniqueArray(fc.integer({ min: 0, max: 1e6 }), { minLength: 2, maxLength: 2 }),
  imageMore: fc.tuple(more, more),
  categoryIds: fc.uniqueArray(fc.integer({ min: 0, max: 500 }), { minLength: 3, maxLength: 3 }),
  categoryMore: fc.tuple(more, more, more),
  supercategory: word,
  annotationMore: more,
})

test('COCO: info, licenses, categories and images come out as they went in', async () => {
  await fc.assert(
    fc.asyncProperty(coco, async (said) => {
      await using world = await coreWithImages(['a.png', 'b.png'])
      const [first, second] = said.imageIds
      const [car, person, unused] = said.categoryIds
      const file = {
        ...said.top,
        info: said.info,
        licenses: said.licenses,
        images: [
          { ...said.imageMore[0], id: first, file_name: 'a.png', width: 40, height: 30 },
          { ...said.imageMore[1], id: second, file_name: 'b.png', width: 40, height: 30 },
        ],
        categories: [
          { id: car, name: 'car', supercategory: said.supercategory, ...said.categoryMore[0] },
          {
            ...{ id: person, name: 'person', keypoints: ['nose', 'hip'], skeleton: [[1, 2]] },
            ...said.categoryMore[1],
          },
          { id: unused, name: 'unused', ...said.categoryMore[2] },
        ],
        annotations: [
          {
            ...said.annotationMore,
            ...{ id: 7, image_id: first, category_id: car, bbox: [1, 2, 10, 8], area: 80 },
            ...{ iscrowd: 0, segmentation: [] },
          },
        ],
      }
      const out = await throughTheStore(world, 'coco', { 'x.json': file })
      const again = JSON.parse(out['annotations/instances_default.json'])
      const byId = (list: { id: number }[]) => list.toSorted((a, b) => a.id - b.id)
      expect({
        ...again,
        images: byId(again.images),
        categories: byId(again.categories),
      }).toEqual({ ...file, images: byId(file.images), categories: byId(file.categories) })
    }),
    RUNS,
  )
})

test('labelme: flags and keys of the image, without its picture', async () => {
  await fc.assert(
    fc.asyncProperty(more, more, async (flags, top) => {
      await using world = await coreWithImages(['a.png'])
      const file = {
        ...{ version: '5.4.1', flags, ...top, shapes: [], imagePath: 'a.png' },
        ...{ imageData: 'iVBORw0KGgo=', imageHeight: 30, imageWidth: 40 },
      }
      const out = await throughTheStore(world, 'labelme', { 'a.json': file })
      expect(JSON.parse(out['a.json'])).toEqual({ ...file, imageData: null })
    }),
    RUNS,
  )
})

test('Pascal VOC: what the file says of its image', async () => {
  await using world = await coreWithImages(['a.png'])
  const xml = `<annotation><folder>photos</folder><filename>a.png</filename><path>/data/a.png</path><source><database>Own</database><flickrid>12</flickrid></source><owner><name>me</name></owner><size><width>40</width><height>30</height><depth>1</depth></size><segmented>1</segmented><object><name>dog</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>9</xmax><ymax>8</ymax></bndbox></object></annotation>`
  const out = await throughTheStore(world, 'pascal_voc', { 'a.xml': xml })
  const text = out['Annotations/a.xml'].replace(/\s+/g, '')
  for (const part of [
    '<folder>photos</folder>',
    '<path>/data/a.png</path>',
    '<database>Own</database><flickrid>12</flickrid>',
    '<owner><name>me</name></owner>',
    '<depth>1</depth>',
    '<segmented>1</segmented>',
  ])
    expect(text).toContain(part)
})

test('YOLO: the numbers of classes, other keys of data.yaml, and images with nothing on them', async () => {
  await using world = await coreWithImages(['a.png', 'b.png', 'c.png'])
  const out = await throughTheStore(world, 'yolo', {
    'data.yaml': 'names:\n  3: car\n  5: dog\nlicense: CC BY 4.0\n',
    'labels/a.txt': '5 0.5 0.5 0.5 0.5\n',
    'labels/b.txt': '',
  })
  expect(out['labels/train/a.txt']).toBe('5 0.5 0.5 0.5 0.5\n')
  expect(out['labels/train/b.txt']).toBe('')
  expect(out['labels/train/c.txt']).toBeUndefined()
  expect(out['data.yaml']).toContain('license: CC BY 4.0')
  expect(out['data.yaml']).toContain('  3: car\n')
})
