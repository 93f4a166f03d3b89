import { XMLBuilder } from 'fast-xml-parser'
import { boxOf, type Point } from '#emulator/geometry.ts'
import type { StoredAnnotation } from '#emulator/schemas.ts'
import { isMarkedOccluded } from './json-formats.ts'
import { byFolder, classNames, type ExportWriter, eachImage, withEnding } from './types.ts'

const builder = new XMLBuilder({ format: true, ignoreAttributes: false, attributeNamePrefix: '@' })

/** Pascal VOC: one file per image, boxes only. */
export const pascalVoc = eachImage(
  '',
  ({ path }) => withEnding(path, '.xml'),
  ({ image, annotations }, dataset) =>
    builder.build({
      annotation: {
        folder: image.directory_path.slice(1),
        filename: image.filename,
        source: { database: dataset.name },
        size: { width: image.width ?? 0, height: image.height ?? 0, depth: 3 },
        segmented: 0,
        object: annotations
          .filter(({ type }) => type === 'bbox' || type === 'polygon')
          .map((annotation) => {
            const { x, y, w, h } = boxOf(annotation)
            return {
              name: annotation.name,
              pose: 'Unspecified',
              truncated: 0,
              difficult: 0,
              bndbox: { xmin: x, ymin: y, xmax: x + w, ymax: y + h },
            }
          }),
      },
    }),
)

const list = (points: readonly Point[]) => points.map(({ x, y }) => `${x},${y}`).join(';')

function cvatShape(annotation: StoredAnnotation): Record<string, unknown> {
  const occluded = isMarkedOccluded(annotation) ? 1 : 0
  const common = { '@label': annotation.name, '@occluded': occluded, '@source': 'manual' }
  switch (annotation.type) {
    case 'bbox': {
      const { cx, cy, w, h, angle } = annotation.oriented_box ?? centred(annotation.bounding_box)
      const corners = {
        '@xtl': cx - w / 2,
        '@ytl': cy - h / 2,
        '@xbr': cx + w / 2,
        '@ybr': cy + h / 2,
      }
      return { ...common, ...corners, ...(angle !== 0 && { '@rotation': angle }) }
    }
    case 'polygon':
      return { ...common, '@points': list(annotation.polygon.paths[0]) }
    case 'polyline':
      return { ...common, '@points': list(annotation.polyline.path) }
    case 'keypoint':
      return { ...common, '@points': list([annotation.keypoint]) }
  }
}

const centred = ({ x, y, w, h }: { x: number; y: number; w: number; h: number }) => ({
  cx: x + w / 2,
  cy: y + h / 2,
  w,
  h,
  angle: 0,
})

/** CVAT for images 1.1: one file per split. */
export const cvat: ExportWriter = {
  imageFolder: 'images/',
  files: (items, dataset) =>
    byFolder(items).map(([folder, group]) => {
      const shapes = (annotations: readonly StoredAnnotation[], type: StoredAnnotation['type']) =>
        annotations.filter((annotation) => annotation.type === type).map(cvatShape)
      const labels = classNames(dataset, items).map((name) => ({ name }))
      return {
        path: `${folder}annotations.xml`,
        text: `<?xml version="1.0" encoding="utf-8"?>\n${builder.build({
          annotations: {
            version: '1.1',
            meta: { task: { name: dataset.name, labels: { label: labels } } },
            image: group.map(({ image, path, annotations }, index) => ({
              '@id': index,
              '@name': path,
              '@width': image.width ?? 0,
              '@height': image.height ?? 0,
              box: shapes(annotations, 'bbox'),
              polygon: shapes(annotations, 'polygon'),
              polyline: shapes(annotations, 'polyline'),
              points: shapes(annotations, 'keypoint'),
            })),
          },
        })}`,
      }
    }),
}
