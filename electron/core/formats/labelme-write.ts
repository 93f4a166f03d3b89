import { encode as encodePng } from 'fast-png'
import { rasterise } from '#shared/geometry/raster.ts'
import { shapeBounds } from '#shared/geometry/shape.ts'
import { orientedCorners } from '#shared/geometry/shapes/oriented-box.ts'
import type { Annotation, Point, PolygonShape, Shape } from '#shared/model/annotation.ts'
import { isTrue } from '#shared/model/pose.ts'
import { rounded } from './common.ts'
import type { LossLog } from './loss-log.ts'
import type { LabelledImage } from './types.ts'

/** labelme 7 and X-AnyLabeling 4 share a file layout but refuse each other's shape types. */
export type Dialect = 'labelme' | 'xanylabeling'

type Pair = [number, number]
export type JsonObject = Record<string, unknown>

const pair = ({ x, y }: Point): Pair => [rounded(x), rounded(y)]

function bytesToBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

/** labelme's mask: the corners of its box, inclusive, and an 8-bit 0/1 PNG of the box. */
function writeMask(shape: PolygonShape): JsonObject {
  const { x, y, w, h } = shapeBounds(shape)
  const left = Math.floor(x)
  const top = Math.floor(y)
  const width = Math.max(1, Math.ceil(x + w) - left)
  const height = Math.max(1, Math.ceil(y + h) - top)
  const { data } = rasterise(shape.rings, width, height, left, top)
  const png = encodePng({ width, height, data, depth: 8, channels: 1 })
  return {
    shape_type: 'mask',
    points: [
      [left, top],
      [left + width - 1, top + height - 1],
    ],
    mask: bytesToBase64(png),
  }
}

function writeShape(
  shape: Shape,
  dialect: Dialect,
  image: LabelledImage,
  losses: LossLog,
): JsonObject {
  const labelme = dialect === 'labelme'
  switch (shape.kind) {
    case 'bbox': {
      const { x, y, w, h } = shape
      const [nw, ne, se, sw]: Pair[] = [
        pair({ x, y }),
        pair({ x: x + w, y }),
        pair({ x: x + w, y: y + h }),
        pair({ x, y: y + h }),
      ]
      return { shape_type: 'rectangle', points: labelme ? [nw, se] : [nw, ne, se, sw] }
    }
    case 'oriented_box': {
      const points = orientedCorners(shape).map(pair)
      if (labelme) return { shape_type: 'oriented_rectangle', points }
      return {
        shape_type: 'rotation',
        points,
        direction: rounded((shape.angleDeg * Math.PI) / 180),
      }
    }
    case 'polygon': {
      if (shape.rings.length === 1)
        return { shape_type: 'polygon', points: shape.rings[0].map(pair) }
      if (labelme) {
        losses.add('polygons with holes are written as masks, to whole pixels', image.path)
        return writeMask(shape)
      }
      losses.add('holes have no place in X-AnyLabeling and are filled', image.path)
      return { shape_type: 'polygon', points: shape.rings[0].map(pair) }
    }
    case 'polyline':
      return { shape_type: 'linestrip', points: shape.points.map(pair) }
    case 'keypoint':
      return { shape_type: 'point', points: [pair(shape)] }
  }
}

export function objectOr(value: unknown, fallback: JsonObject): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : fallback
}

function writeAnnotation(
  annotation: Annotation,
  dialect: Dialect,
  image: LabelledImage,
  losses: LossLog,
): JsonObject {
  const { id, className, instanceId, attributes, confidence, extra } = annotation
  const { difficult, ...otherAttributes } = attributes
  const x = dialect === 'xanylabeling'
  return {
    flags: {},
    description: '',
    ...objectOr(extra?.labelme, {}),
    label: className,
    group_id: instanceId ?? null,
    ...writeShape(annotation.shape, dialect, image, losses),
    ...(x && { score: confidence === 1 ? null : confidence, difficult: isTrue(difficult) }),
    ...(!x && confidence !== 1 && { score: confidence }),
    ...(Object.keys(x ? otherAttributes : attributes).length > 0 && {
      attributes: x ? otherAttributes : attributes,
    }),
    // Both programs keep keys that they do not know; ours lets a changed file be matched shape by shape.
    id,
  }
}

/** One image's file. `imagePath` is the image's name beside the file, or a path relative to it. */
export function labelmeFile(
  image: LabelledImage,
  imagePath: string,
  dialect: Dialect,
  losses: LossLog,
  unknownTop: JsonObject = {},
): string {
  const x = dialect === 'xanylabeling'
  return `${JSON.stringify(
    {
      version: x ? '4.0.2' : '7.1.0',
      flags: {},
      ...unknownTop,
      ...(x && {
        checked: image.stage === 'complete',
        ...(image.tags?.length && { tags: image.tags }),
      }),
      shapes: image.annotations.map((annotation) =>
        writeAnnotation(annotation, dialect, image, losses),
      ),
      imagePath,
      imageData: unknownTop.imageData ?? null,
      imageHeight: image.height,
      imageWidth: image.width,
    },
    null,
    2,
  )}\n`
}
