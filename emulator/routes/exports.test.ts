import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { XMLParser } from 'fast-xml-parser'
import { expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { eachZipEntry } from '#core/zip-file.ts'
import { EXPORT_FORMATS } from '#emulator/schemas.ts'
import { temporaryFolder } from '#tests/helpers/core.ts'
import { box, emulated } from '#tests/helpers/emulated.ts'

type Service = Awaited<ReturnType<typeof emulated>>

/** Creates an export, waits for it, and returns the texts of its archive. */
async function filesOf(service: Service, options: { format: string } & Record<string, unknown>) {
  const name = `of ${options.format}`
  await service.call('POST /exports/', { body: { dataset_name: 'photos', name, ...options } })
  const address = `/exports/${encodeURIComponent(name)}`
  await vi.waitFor(async () => {
    const { body } = await service.call(`GET ${address}?dataset=photos`)
    expect(body.data).toMatchObject({ status: 'completed', format: options.format })
  })
  const { body } = await service.call(`GET ${address}/download?dataset=photos`)
  const response = await fetch(body.data.download_url)
  using folder = temporaryFolder()
  const file = join(folder.path, 'export.zip')
  await writeFile(file, new Uint8Array(await response.arrayBuffer()))
  const files = new Map<string, string>()
  await eachZipEntry(file, 1, async (entry) => {
    files.set(entry.name, (await entry.bytes()).toString('latin1'))
  })
  return files
}

const person = {
  name: 'person',
  type: 'keypoint',
  skeleton: { nodes: [{ name: 'nose' }, { name: 'hand' }], edges: [[0, 1]] },
}
const SHAPES = [
  { ...box('1'), oriented_box: { cx: 20, cy: 15, w: 10, h: 4, angle: 90 } },
  {
    id: '2',
    name: 'car',
    type: 'polygon',
    polygon: {
      paths: [
        [
          { x: 0, y: 0 },
          { x: 20, y: 0 },
          { x: 20, y: 15 },
        ],
      ],
    },
  },
  {
    id: '3',
    name: 'lane',
    type: 'polyline',
    polyline: {
      path: [
        { x: 0, y: 0 },
        { x: 5, y: 5 },
      ],
    },
  },
  { id: '4', name: 'nose', type: 'keypoint', keypoint: { x: 10, y: 15 }, instance_id: 1 },
]

async function photos(service: Service) {
  const classes = [{ name: 'car' }, { name: 'lane', type: 'polyline' }, person]
  await service.call('POST /datasets/', { body: { name: 'photos', classes } })
  await service.upload('photos', 'x.png')
  await service.upload('photos', 'in/y.png')
  await service.call('POST /annotations/photos/x.png', { body: { annotations: SHAPES } })
}

test('each format is written correctly', async () => {
  await using service = await emulated({ seeded: false })
  await photos(service)
  const read = async (format: string) => filesOf(service, { format })
  const json = (files: Map<string, string>, path: string) => JSON.parse(files.get(path) ?? '')

  const own = await read('pictograph')
  expect([...own.keys()].sort()).toEqual(['in/y.png.json', 'x.png.json'])
  expect(json(own, 'in/y.png.json')).toMatchObject({ image: 'y.png', image_path: 'in/y.png' })
  expect(json(own, 'x.png.json').annotations).toHaveLength(4)

  const coco = json(await read('coco'), '_annotations.coco.json')
  expect(coco.images).toHaveLength(2)
  expect(coco.annotations).toMatchObject([
    { category_id: 1, bbox: [1, 2, 10, 8], area: 80 },
    { segmentation: [[0, 0, 20, 0, 20, 15]], area: 150 },
    { keypoints: [10, 15, 2] },
  ])

  const yolo = await read('yolo')
  expect(parse(yolo.get('data.yaml') ?? '')).toMatchObject({
    nc: 4,
    names: { 0: 'car', 1: 'lane', 2: 'person', 3: 'nose' },
  })
  expect(yolo.get('labels/x.txt')).toBe('0 0.15 0.2 0.25 0.266667\n0 0 0 0.5 0 0.5 0.5\n')
  expect(yolo.get('labels/in/y.txt')).toBe('')
  const obb = (await read('yolo_obb')).get('labels/x.txt')?.split('\n')[0]
  expect(obb).toBe('0 0.55 0.333333 0.55 0.666667 0.45 0.666667 0.45 0.333333')
  const pose = await read('yolo_pose')
  expect(pose.get('labels/x.txt')).toBe('2 0.25 0.5 0 0 0.25 0.5 2 0 0 0\n')
  expect(parse(pose.get('data.yaml') ?? '').kpt_shape).toEqual([2, 3])

  const dota = (await read('dota')).get('labelTxt/x.txt')?.split('\n')
  expect(dota?.[0]).toBe('22 10 22 20 18 20 18 10 car 0')
  const voc = new XMLParser().parse((await read('pascal_voc')).get('x.xml') ?? '')
  expect(voc.annotation.object[0]).toMatchObject({
    name: 'car',
    bndbox: { xmin: 1, ymin: 2, xmax: 11, ymax: 10 },
  })
  const cvat = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '' }).parse(
    (await read('cvat')).get('annotations.xml') ?? '',
  )
  const x = cvat.annotations.image.find(({ name }: { name: string }) => name === 'x.png')
  expect(x.box).toMatchObject({ label: 'car', xtl: '15', rotation: '90' })
  expect([x.polygon.points, x.polyline.points, x.points.points]).toEqual([
    '0,0;20,0;20,15',
    '0,0;5,5',
    '10,15',
  ])
  const darwin = json(await read('darwin'), 'annotations/x.json')
  expect(darwin.annotations[2]).toMatchObject({
    line: {
      path: [
        { x: 0, y: 0 },
        { x: 5, y: 5 },
      ],
    },
  })
  const datumaro = json(await read('datumaro'), 'annotations/default.json')
  expect(datumaro.items.find(({ id }: { id: string }) => id === 'x').annotations[0]).toMatchObject({
    type: 'bbox',
    label_id: 0,
    bbox: [1, 2, 10, 8],
  })
  const labelme = json(await read('labelme'), 'x.json')
  expect(labelme.shapes.map(({ shape_type }: { shape_type: string }) => shape_type)).toEqual([
    'oriented_rectangle',
    'polygon',
    'linestrip',
    'point',
  ])
  expect((await read('csv')).get('annotations.csv')?.split('\r\n')[1]).toBe(
    'x.png,,40,30,car,bbox,1,2,10,8,,1',
  )
  const { body } = await service.call('GET /exports/?dataset_name=photos')
  expect(body.data).toHaveLength(EXPORT_FORMATS.length)
})

test('an export is found by name, and contains one stage, its classes and splits, and no archived image', async () => {
  await using service = await emulated({ seeded: false })
  await photos(service)
  await service.upload('photos', 'old.png')
  await service.call('DELETE /images/photos/old.png')
  await service.call('POST /images/photos/x.png/split', { body: { split: 'val' } })
  const split = await filesOf(service, {
    format: 'pictograph',
    organize_by_split: true,
    include_images: true,
    class_filter: ['lane'],
  })
  expect([...split.keys()].sort()).toEqual([
    'train/in/y.png',
    'train/in/y.png.json',
    'valid/x.png',
    'valid/x.png.json',
  ])
  expect(JSON.parse(split.get('valid/x.png.json') ?? '').annotations).toMatchObject([{ id: '3' }])
  await service.call('POST /images/photos/x.png/review', { body: { action: 'approve' } })
  const complete = await filesOf(service, { format: 'yolo', status_filter: 'complete' })
  expect([...complete.keys()]).toEqual(['data.yaml', 'labels/x.txt'])
  // Not a stage, so no image matches.
  const all = await filesOf(service, { format: 'labelme', status_filter: 'all' })
  expect([...all.keys()]).toEqual([])

  const named = 'of%20pictograph'
  const again = { dataset_name: 'photos', name: 'of pictograph', format: 'coco' }
  expect((await service.call('POST /exports/', { body: again })).status).toBe(409)
  expect((await service.call(`GET /exports/${named}`)).status).toBe(422)
  const { data } = (await service.call(`GET /exports/${named}?dataset=photos`)).body
  expect(data).toMatchObject({ dataset_name: 'photos', image_count: 2, annotation_count: 1 })
  expect((await service.call(`GET /exports/${data.id}`)).body.data.name).toBe('of pictograph')
  expect((await service.call(`DELETE /exports/${named}?dataset=photos`)).body.success).toBe(true)
  expect((await service.call(`GET /exports/${named}?dataset=photos`)).status).toBe(404)
  const rest = (await service.call('GET /exports/')).body.data
  const ids = rest.map(({ id }: { id: string }) => id)
  const removed = await service.call('POST /exports/bulk-delete', {
    body: { export_ids: [...ids, 'nobody'] },
  })
  expect(removed.body.data).toEqual({ succeeded: ids, not_found: ['nobody'], count: 2 })
})
