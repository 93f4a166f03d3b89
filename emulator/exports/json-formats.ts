import { boxOf, cornersOf, pointsOf, ringArea } from '#emulator/geometry.ts'
import type { StoredAnnotation } from '#emulator/schemas.ts'
import { byFolder, classNames, type ExportWriter, eachImage, withEnding } from './types.ts'

const flat = (points: readonly { x: number; y: number }[]) => points.flatMap(({ x, y }) => [x, y])

/** The service's own format: one file per image, with the annotations as stored. */
export const pictograph = eachImage(
  '',
  ({ path }) => `${path}.json`,
  ({ image, path, annotations }, dataset) =>
    JSON.stringify({
      image: image.filename,
      image_uuid: image.id,
      image_path: path,
      annotation_count: annotations.length,
      dataset: { id: dataset.id, name: dataset.name },
      width: image.width,
      height: image.height,
      status: image.status,
      split: image.split,
      annotations,
    }),
)

/** Darwin JSON 2.0 of V7. */
export const darwin = eachImage(
  'images/',
  ({ path }) => `annotations/${withEnding(path, '.json')}`,
  ({ image, annotations }, dataset) =>
    JSON.stringify({
      version: '2.0',
      item: {
        name: image.filename,
        path: image.directory_path,
        source_info: { item_id: image.id, dataset: { name: dataset.name } },
        slots: [
          {
            type: 'image',
            slot_name: '0',
            width: image.width,
            height: image.height,
            source_files: [{ file_name: image.filename }],
          },
        ],
      },
      annotations: annotations.map((annotation) => ({
        id: annotation.id,
        name: annotation.name,
        slot_names: ['0'],
        ...darwinShape(annotation),
      })),
    }),
)

function darwinShape(annotation: StoredAnnotation) {
  switch (annotation.type) {
    case 'bbox':
      return { bounding_box: annotation.bounding_box }
    case 'polygon':
      return { polygon: annotation.polygon, bounding_box: boxOf(annotation) }
    case 'polyline':
      return { line: annotation.polyline }
    case 'keypoint':
      return { keypoint: annotation.keypoint }
  }
}

/** COCO: one file per split. It has no polylines, so they are left out. */
export const coco: ExportWriter = {
  imageFolder: '',
  files: (items, dataset) => {
    const names = classNames(dataset, items)
    return byFolder(items).map(([folder, group]) => ({
      path: `${folder}_annotations.coco.json`,
      text: JSON.stringify({
        info: { description: dataset.name },
        licenses: [],
        categories: names.map((name, index) => ({ id: index + 1, name, supercategory: '' })),
        images: group.map(({ image, path }, index) => ({
          id: index + 1,
          file_name: path,
          width: image.width,
          height: image.height,
        })),
        annotations: group
          .flatMap(({ annotations }, index) =>
            annotations
              .filter(({ type }) => type !== 'polyline')
              .map((annotation) => ({
                image_id: index + 1,
                category_id: names.indexOf(annotation.name) + 1,
                ...cocoShape(annotation),
              })),
          )
          .map((annotation, index) => ({ id: index + 1, ...annotation })),
      }),
    }))
  },
}

function cocoShape(annotation: StoredAnnotation) {
  const { x, y, w, h } = boxOf(annotation)
  const common = { bbox: [x, y, w, h], iscrowd: 0 }
  if (annotation.type === 'polygon') {
    const [outside, ...holes] = annotation.polygon.paths.map(ringArea)
    const area = outside - holes.reduce((sum, hole) => sum + hole, 0)
    return { ...common, segmentation: annotation.polygon.paths.map(flat), area }
  }
  if (annotation.type === 'keypoint') {
    const isOccluded = isMarkedOccluded(annotation)
    const keypoints = [annotation.keypoint.x, annotation.keypoint.y, isOccluded ? 1 : 2]
    return { ...common, segmentation: [], area: 0, keypoints, num_keypoints: 1 }
  }
  return { ...common, segmentation: [], area: w * h }
}

export const isMarkedOccluded = ({ attributes }: StoredAnnotation): boolean =>
  attributes !== undefined && !Array.isArray(attributes) && attributes.occluded === 'true'

/** Datumaro: one file per split. */
export const datumaro: ExportWriter = {
  imageFolder: 'images/default/',
  files: (items, dataset) => {
    const names = classNames(dataset, items)
    return byFolder(items).map(([folder, group]) => ({
      path: `${folder}annotations/default.json`,
      text: JSON.stringify({
        info: {},
        categories: {
          label: { labels: names.map((name) => ({ name, parent: '', attributes: [] })) },
          points: { items: [] },
        },
        items: group.map(({ image, path, annotations }) => ({
          id: withEnding(path, ''),
          annotations: annotations.map((annotation, index) => ({
            id: index,
            group: 0,
            label_id: names.indexOf(annotation.name),
            attributes: {},
            z_order: 0,
            ...datumaroShape(annotation),
          })),
          image: { path, size: [image.height, image.width] },
        })),
      }),
    }))
  },
}

function datumaroShape(annotation: StoredAnnotation) {
  const points = flat(pointsOf(annotation))
  switch (annotation.type) {
    case 'bbox': {
      const { x, y, w, h } = annotation.bounding_box
      return { type: 'bbox', bbox: [x, y, w, h] }
    }
    case 'polygon':
      return { type: 'polygon', points: flat(annotation.polygon.paths[0]) }
    case 'polyline':
      return { type: 'polyline', points }
    case 'keypoint':
      return { type: 'points', points, visibility: [isMarkedOccluded(annotation) ? 1 : 2] }
  }
}

/** LabelMe: one file per image. */
export const labelme = eachImage(
  '',
  ({ path }) => withEnding(path, '.json'),
  ({ image, annotations }) =>
    JSON.stringify({
      version: '5.5.0',
      flags: {},
      shapes: annotations.map((annotation) => ({
        label: annotation.name,
        group_id: annotation.type === 'keypoint' ? (annotation.instance_id ?? null) : null,
        description: '',
        flags: {},
        ...labelmeShape(annotation),
      })),
      imagePath: image.filename,
      imageData: null,
      imageHeight: image.height,
      imageWidth: image.width,
    }),
)

function labelmeShape(annotation: StoredAnnotation) {
  const pairs = (points: readonly { x: number; y: number }[]) => points.map(({ x, y }) => [x, y])
  switch (annotation.type) {
    case 'bbox': {
      if (annotation.oriented_box) {
        return { shape_type: 'oriented_rectangle', points: pairs(cornersOf(annotation)) }
      }
      const { x, y, w, h } = annotation.bounding_box
      return {
        shape_type: 'rectangle',
        points: [
          [x, y],
          [x + w, y + h],
        ],
      }
    }
    case 'polygon':
      return { shape_type: 'polygon', points: pairs(annotation.polygon.paths[0]) }
    case 'polyline':
      return { shape_type: 'linestrip', points: pairs(annotation.polyline.path) }
    case 'keypoint':
      return { shape_type: 'point', points: pairs([annotation.keypoint]) }
  }
}
