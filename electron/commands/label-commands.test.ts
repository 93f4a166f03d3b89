import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { temporaryFolder, writeImage } from '#tests/helpers/core.ts'
import { checkLabels } from './check-labels.ts'
import { convert } from './convert.ts'
import type { ConvertValues } from './values.ts'

/** What a command prints, and its exit code. */
async function printed<T>(command: () => Promise<T>): Promise<{ out: string; code: T }> {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  try {
    const code = await command()
    return { out: write.mock.calls.map(([text]) => String(text)).join(''), code }
  } finally {
    write.mockRestore()
  }
}

/** A folder with files of these contents. */
function folderOf(files: Record<string, string>) {
  const folder = temporaryFolder()
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder.path, path)), { recursive: true })
    writeFileSync(join(folder.path, path), text)
  }
  return folder
}

const run = (folder: string, input: string, values: Partial<ConvertValues> & { to: string }) =>
  printed(() => convert(input, 'out', { images: 'none', json: true, ...values }, { cwd: folder }))

const check = (folder: string, input: string, values: Parameters<typeof checkLabels>[1] = {}) =>
  printed(() => checkLabels(input, { json: true, ...values }, { cwd: folder }))

const treeOf = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) =>
      join(parentPath, name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort()

const yolo = (count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `in/labels/${index}.txt`,
      `${index % 3} 0.5 0.5 0.2 0.2\n`,
    ]),
  )

test('both commands tell of masks that are no images, unless they are read as labels', async () => {
  using folder = folderOf({ 'in/images/a.txt': '0 0.5 0.5 0.2 0.2\n', 'in/classes.txt': 'car\n' })
  mkdirSync(join(folder.path, 'in/masks'))
  for (const kind of ['images', 'masks']) await writeImage(join(folder.path, 'in', kind, 'a.png'))
  const told = [{ file: 'masks', message: expect.stringMatching(/masks of images.*1 in all/) }]
  const yoloRead = { from: 'yolo' as const }
  const { out } = await run(folder.path, 'in', { ...yoloRead, to: 'coco' })
  expect(JSON.parse(out).skipped).toMatchObject(told)
  expect(JSON.parse((await check(folder.path, 'in', yoloRead)).out).skipped).toMatchObject(told)
  const asLabels = await check(folder.path, 'in', { from: 'png_masks' })
  expect(asLabels.out).not.toContain('masks of images')
})

describe('convert', () => {
  test('--images-from finds images elsewhere, and --images copy brings them', async () => {
    using folder = folderOf({ 'in/a.txt': '0 0.5 0.5 0.2 0.2\n', 'in/classes.txt': 'car\n' })
    mkdirSync(join(folder.path, 'photos/x'), { recursive: true })
    await writeImage(join(folder.path, 'photos/x/a.png'))
    const without = await run(folder.path, 'in', { to: 'yolo' })
    expect(JSON.parse(without.out).unmatched).toEqual(['a.jpg'])
    const { out } = await run(folder.path, 'in', {
      to: 'coco',
      imagesFrom: 'photos',
      images: 'copy',
    })
    expect(JSON.parse(out)).toMatchObject({ unmatched: [], images: 1, annotations: 1, losses: [] })
    expect(treeOf(join(folder.path, 'out'))).toContain('images/x/a.png')
    const { annotations } = JSON.parse(
      readFileSync(join(folder.path, 'out/annotations/instances_default.json'), 'utf8'),
    )
    // The size is the image's.
    expect(annotations[0].bbox).toEqual([16, 12, 8, 6])
  })

  test('labels of fractions need the images, and say how to name them', async () => {
    using folder = folderOf({ 'in/a.txt': '0 0.5 0.5 0.2 0.2\n' })
    await expect(run(folder.path, 'in', { to: 'coco' })).rejects.toThrow('--images-from')
  })

  test('--split divides what has no split, the same way each time, and leaves the others', async () => {
    using folder = folderOf({
      ...yolo(60),
      'in/labels/val/own.txt': '0 0.5 0.5 0.2 0.2\n',
      'in/classes.txt': 'a\nb\nc\n',
    })
    const split = async () => {
      const { out } = await run(folder.path, 'in', { to: 'yolo', split: '80/10/10' })
      expect(JSON.parse(out)).toMatchObject({ images: 61, annotations: 61 })
      const files = treeOf(join(folder.path, 'out')).filter((path) => path.endsWith('.txt'))
      return Object.groupBy(files, (path) => path.split('/')[1])
    }
    const { train = [], val = [], test: tests = [] } = await split()
    expect(train.length + val.length + tests.length).toBe(61)
    expect(train.length).toBeGreaterThan(40)
    expect(Math.min(val.length, tests.length)).toBeGreaterThan(0)
    expect(val).toContain('labels/val/own.txt')
    expect(await split()).toEqual({ train, val, test: tests })
  })

  test('--split takes a name or shares, and nothing else', async () => {
    using folder = folderOf({ ...yolo(3) })
    const { out } = await run(folder.path, 'in', { to: 'yolo', split: 'test' })
    expect(JSON.parse(out).images).toBe(3)
    expect(treeOf(join(folder.path, 'out/labels'))).toEqual([
      'test/0.txt',
      'test/1.txt',
      'test/2.txt',
    ])
    for (const wrong of ['half', '80', '1/2/3/4', '-1/2', '0/0', 'a/b'])
      await expect(run(folder.path, 'in', { to: 'yolo', split: wrong })).rejects.toThrow(
        `--split ${wrong}: must be`,
      )
  })

  test('--classes orders, renames and merges', async () => {
    using folder = folderOf({
      ...yolo(3),
      'in/classes.txt': 'car\ntruck\ndog\n',
      'plan.txt': '# the order of the model\ndog\nvehicle = car, truck\nbird\n',
    })
    await run(folder.path, 'in', { to: 'yolo', classes: 'plan.txt' })
    expect(readFileSync(join(folder.path, 'out/data.yaml'), 'utf8')).toContain(
      'names:\n  0: dog\n  1: vehicle\n  2: bird\n',
    )
    const numbers = [0, 1, 2].map(
      (name) => readFileSync(join(folder.path, `out/labels/train/${name}.txt`), 'utf8')[0],
    )
    expect(numbers).toEqual(['1', '1', '0'])
  })

  test('--classes orders the categories of COCO, too', async () => {
    const categories = ['car', 'dog'].map((name, index) => ({ id: 7 + index, name }))
    const images = [{ id: 1, file_name: 'a.jpg', width: 40, height: 30 }]
    const annotations = [{ id: 1, image_id: 1, category_id: 8, bbox: [1, 1, 5, 5] }]
    using folder = folderOf({
      'in/a.json': JSON.stringify({ images, annotations, categories }),
      'plan.txt': 'dog\ncar\n',
    })
    await run(folder.path, 'in', { to: 'coco', classes: 'plan.txt' })
    const file = join(folder.path, 'out/annotations/instances_default.json')
    const out = JSON.parse(readFileSync(file, 'utf8'))
    expect(out.categories).toMatchObject([
      { id: 1, name: 'dog' },
      { id: 2, name: 'car' },
    ])
    expect(out.annotations[0].category_id).toBe(1)
  })

  test('--classes names the numbers of label files that nobody names, from a data.yaml too', async () => {
    using folder = folderOf({
      ...yolo(3),
      'plan.yaml': 'names:\n  0: one\n  1: two\n  2: three\n',
    })
    const { out } = await run(folder.path, 'in', { to: 'yolo', classes: 'plan.yaml' })
    expect(JSON.parse(out).failed).toEqual([])
    expect(readFileSync(join(folder.path, 'out/data.yaml'), 'utf8')).toContain('2: three')
    await expect(run(folder.path, 'in', { to: 'yolo', classes: 'none.txt' })).rejects.toThrow(
      'none.txt',
    )
  })

  test('--dry-run reports the same and writes nothing', async () => {
    using folder = folderOf({ ...yolo(5), 'in/classes.txt': 'a\nb\nc\n' })
    const dry = await run(folder.path, 'in', { to: 'yolo_obb', dryRun: true })
    expect(existsSync(join(folder.path, 'out'))).toBe(false)
    const wet = await run(folder.path, 'in', { to: 'yolo_obb' })
    const { dryRun, ...report } = JSON.parse(dry.out)
    expect(dryRun).toBe(true)
    expect(report).toEqual(JSON.parse(wet.out))
    const text = await run(folder.path, 'in', { to: 'yolo', dryRun: true, json: false })
    expect(text.out).toContain('5 images, 5 annotations: yolo → yolo would be written to')
  })

  test('--voc-first-pixel says which number the first pixel has, in and out', async () => {
    const xml = (box: number[]) =>
      `<annotation><filename>a.jpg</filename><size><width>40</width><height>30</height></size><object><name>car</name><bndbox><xmin>${box[0]}</xmin><ymin>${box[1]}</ymin><xmax>${box[2]}</xmax><ymax>${box[3]}</ymax></bndbox></object></annotation>`
    using folder = folderOf({ 'in/a.xml': xml([1, 1, 10, 20]) })
    const boxes = async (vocFirstPixel?: string) => {
      await run(folder.path, 'in', { to: 'coco', ...(vocFirstPixel && { vocFirstPixel }) })
      const file = join(folder.path, 'out/annotations/instances_default.json')
      return JSON.parse(readFileSync(file, 'utf8')).annotations[0].bbox
    }
    expect(await boxes('1')).toEqual([0, 0, 10, 20])
    expect(await boxes('0')).toEqual([1, 1, 9, 19])
    await run(folder.path, 'in', { to: 'pascal_voc', vocFirstPixel: '1' })
    const out = join(folder.path, 'out')
    const file = treeOf(out).find((path) => path.endsWith('.xml')) ?? ''
    expect(readFileSync(join(out, file), 'utf8')).toMatch(
      /<xmin>1<\/xmin>\s*<ymin>1<\/ymin>\s*<xmax>10<\/xmax>\s*<ymax>20<\/ymax>/,
    )
  })

  test('paths as Windows writes them', async () => {
    using folder = folderOf({ 'in/deep/labels/a.txt': '0 0.5 0.5 0.2 0.2\n' })
    const { out } = await run(folder.path, 'in\\deep\\labels', { to: 'yolo' })
    expect(JSON.parse(out).images).toBe(1)
  })

  test('a YOLO export without val says what stands in for it', async () => {
    using folder = folderOf({ ...yolo(3) })
    const { out } = await run(folder.path, 'in', { to: 'yolo' })
    expect(JSON.parse(out).losses).toMatchObject([
      {
        message: expect.stringMatching(/^no image is in val: data.yaml names the training images/),
      },
    ])
  })
})

describe('check', () => {
  test('says what is wrong, writes nothing, and exits with 1', async () => {
    using folder = folderOf({
      'a.json': JSON.stringify({
        images: [
          { id: 1, file_name: 'a.jpg', width: 40, height: 30 },
          { id: 2, file_name: 'gone.jpg', width: 40, height: 30 },
        ],
        categories: [{ id: 1, name: 'car' }],
        annotations: [
          { id: 1, image_id: 1, category_id: 1, bbox: [30, 20, 20, 20] },
          { id: 2, image_id: 1, category_id: 1, bbox: [1, 1, 0, 5] },
          { id: 3, image_id: 2, category_id: 1, bbox: [1, 1, 5, 5] },
        ],
      }),
      'notes.json': '{"dependencies": {}}',
    })
    await writeImage(join(folder.path, 'a.jpg'))
    await writeImage(join(folder.path, 'b.jpg'))
    const before = treeOf(folder.path)
    const { out, code } = await check(folder.path, '.')
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({
      format: 'coco',
      images: 2,
      annotations: 2,
      outside: 1,
      classes: { car: 2 },
      unmatched: ['gone.jpg'],
      failed: [{ file: 'a.json' }],
      skipped: [{ file: 'notes.json' }],
    })
    expect(treeOf(folder.path)).toEqual(before)
    const text = await check(folder.path, '.', { json: false })
    expect(text.out).toContain('1 shapes reach outside their images')
    expect(text.out).toContain('no image found for gone.jpg')
  })

  test('sound files exit with 0', async () => {
    using folder = folderOf({ 'labels/a.txt': '0 0.5 0.5 0.2 0.2\n', 'classes.txt': 'car\n' })
    mkdirSync(join(folder.path, 'images'))
    await writeImage(join(folder.path, 'images/a.png'))
    const { out, code } = await check(folder.path, '.')
    expect([code, JSON.parse(out)]).toMatchObject([
      0,
      { format: 'yolo', images: 1, annotations: 1, unlabelled: 0, unmatched: [] },
    ])
  })

  test('another size than the image has is a problem; a folder without labels says so', async () => {
    using folder = folderOf({
      'a.json': JSON.stringify({
        version: '5',
        shapes: [
          {
            label: 'x',
            shape_type: 'rectangle',
            points: [
              [1, 1],
              [5, 5],
            ],
          },
        ],
        imagePath: 'a.png',
        imageWidth: 50,
        imageHeight: 31,
      }),
      'empty/readme.md': '',
    })
    await writeImage(join(folder.path, 'a.png'))
    const { out, code } = await check(folder.path, '.')
    expect(code).toBe(1)
    expect(JSON.parse(out).problems[0].message).toContain('another image size')
    await expect(check(folder.path, 'empty')).rejects.toThrow('no label files')
  })

  test('--from reads what is not recognised by itself, --images-from finds the images', async () => {
    using folder = folderOf({ 'in/a.txt': '' })
    mkdirSync(join(folder.path, 'photos'))
    await writeImage(join(folder.path, 'photos/a.png'))
    const { out, code } = await check(folder.path, 'in', { from: 'yolo_seg', imagesFrom: 'photos' })
    expect([code, JSON.parse(out)]).toMatchObject([
      0,
      { format: 'yolo_seg', images: 1, unmatched: [] },
    ])
  })
})
