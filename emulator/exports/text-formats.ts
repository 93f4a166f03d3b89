import { boxOf, cornersOf, type Point, pointsOf } from '#emulator/geometry.ts'
import type { StoredAnnotation } from '#emulator/schemas.ts'
import type { StoredDataset } from '#emulator/state.ts'
import { isMarkedOccluded } from './json-formats.ts'
import { classNames, type ExportItem, type ExportWriter, eachImage, withEnding } from './types.ts'

const number = (value: number): string => String(Number(value.toFixed(6)))

/** Points as fractions of the image's size. Without a size there is nothing to write. */
function shares({ image }: ExportItem, points: readonly Point[]): number[] {
  const { width, height } = image
  if (!width || !height) return []
  return points.flatMap(({ x, y }) => [x / width, y / height])
}

function centredBox(item: ExportItem, annotation: StoredAnnotation): number[] {
  const { x, y, w, h } = boxOf(annotation)
  const [left, top, right, bottom] = shares(item, [
    { x, y },
    { x: x + w, y: y + h },
  ])
  return left === undefined
    ? []
    : [(left + right) / 2, (top + bottom) / 2, right - left, bottom - top]
}

/** A YOLO dataset: `data.yaml`, and a label file per image. `lines`: the numbers after the class, for one image. */
const yoloOf = (
  lines: (item: ExportItem, dataset: StoredDataset) => { name: string; numbers: number[] }[],
  more: (dataset: StoredDataset) => string[] = () => [],
): ExportWriter => ({
  imageFolder: 'images/',
  files: (items, dataset) => {
    const names = classNames(dataset, items)
    const isSplit = items.some(({ folder }) => folder !== '')
    const folders = isSplit
      ? ['train: train/images', 'val: valid/images', 'test: test/images']
      : ['train: images', 'val: images']
    const yaml = [
      'path: .',
      ...folders,
      ...more(dataset),
      `nc: ${names.length}`,
      'names:',
      ...names.map((name, index) => `  ${index}: ${JSON.stringify(name)}`),
    ]
    return [
      { path: 'data.yaml', text: `${yaml.join('\n')}\n` },
      ...items.map((item) => ({
        path: `${item.folder}labels/${withEnding(item.path, '.txt')}`,
        text: lines(item, dataset)
          .filter(({ numbers }) => numbers.length > 0)
          .map(
            ({ name, numbers }) => `${[names.indexOf(name), ...numbers.map(number)].join(' ')}\n`,
          )
          .join(''),
      })),
    ]
  },
})

/** Ultralytics YOLO: boxes as centre and size, polygons as their outer ring. */
export const yolo = yoloOf((item) =>
  item.annotations
    .filter(({ type }) => type === 'bbox' || type === 'polygon')
    .map((annotation) => ({
      name: annotation.name,
      numbers:
        annotation.type === 'polygon'
          ? shares(item, annotation.polygon.paths[0])
          : centredBox(item, annotation),
    })),
)

/** Ultralytics oriented boxes: four corners. */
export const yoloObb = yoloOf((item) =>
  item.annotations
    .filter(({ type }) => type === 'bbox' || type === 'polygon')
    .map((annotation) => ({
      name: annotation.name,
      numbers: shares(item, cornersOf(annotation)),
    })),
)

const jointsOf = ({ skeleton }: StoredDataset['classes'][number]) =>
  skeleton?.nodes.map(({ name }) => name) ?? []
const longest = ({ classes }: StoredDataset) =>
  Math.max(0, ...classes.map((item) => jointsOf(item).length))

/** Ultralytics poses: a box, then x, y and visibility of each joint in the order of the skeleton. */
export const yoloPose = yoloOf(
  (item, dataset) => {
    const points = item.annotations.filter((annotation) => annotation.type === 'keypoint')
    return dataset.classes.flatMap((owner) => {
      const joints = jointsOf(owner)
      const own = points.filter(({ name }) => joints.includes(name))
      return [...Map.groupBy(own, ({ instance_id }) => instance_id ?? 0).values()].map((object) => {
        const [left, top, right, bottom] = [
          Math.min(...object.map(({ keypoint }) => keypoint.x)),
          Math.min(...object.map(({ keypoint }) => keypoint.y)),
          Math.max(...object.map(({ keypoint }) => keypoint.x)),
          Math.max(...object.map(({ keypoint }) => keypoint.y)),
        ]
        const corners = shares(item, [
          { x: (left + right) / 2, y: (top + bottom) / 2 },
          { x: right - left, y: bottom - top },
        ])
        // Every line has as many joints as the largest skeleton.
        const triplets = Array.from({ length: longest(dataset) }, (_, index) => {
          const found = object.find(({ name }) => name === joints[index])
          if (!found) return [0, 0, 0]
          return [...shares(item, [found.keypoint]), isMarkedOccluded(found) ? 1 : 2]
        })
        return {
          name: owner.name,
          numbers: corners.length > 0 ? [...corners, ...triplets.flat()] : [],
        }
      })
    })
  },
  (dataset) => [`kpt_shape: [${longest(dataset)}, 3]`],
)

/** DOTA: four corners in pixels, the class, and whether it is difficult. */
export const dota = eachImage(
  'images/',
  ({ path }) => `labelTxt/${withEnding(path, '.txt')}`,
  ({ annotations }) =>
    annotations
      .filter(({ type }) => type === 'bbox' || type === 'polygon')
      .map((annotation) => {
        const corners = cornersOf(annotation).flatMap(({ x, y }) => [number(x), number(y)])
        return `${corners.join(' ')} ${annotation.name.replaceAll(' ', '-')} 0\n`
      })
      .join(''),
)

const cell = (value: unknown): string => {
  const text = String(value ?? '')
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** One row per annotation, in one file. Boxes in pixels; points as `x y;x y`. */
export const csv: ExportWriter = {
  imageFolder: 'images/',
  files: (items) => {
    const head = 'image,split,width,height,class,type,x,y,w,h,points,confidence'
    const rows = items.flatMap(({ image, path, annotations }) =>
      annotations.map((annotation) => {
        const { x, y, w, h } = boxOf(annotation)
        const points = pointsOf(annotation).map((point) => `${point.x} ${point.y}`)
        return [
          path,
          image.split,
          image.width,
          image.height,
          annotation.name,
          annotation.type,
          x,
          y,
          w,
          h,
          annotation.type === 'bbox' ? '' : points.join(';'),
          annotation.confidence,
        ]
          .map(cell)
          .join(',')
      }),
    )
    return [{ path: 'annotations.csv', text: `${[head, ...rows].join('\r\n')}\r\n` }]
  },
}
