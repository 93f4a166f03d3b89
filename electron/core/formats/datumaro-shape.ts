import { encodeRle, rasterise } from '#shared/geometry/raster.ts'
import type { Point, Shape } from '#shared/model/annotation.ts'
import { rounded } from './common.ts'
import type { LossLog } from './loss-log.ts'
import { encodeRleString } from './rle-string.ts'
import type { JsonObject, Size } from './types.ts'

// The layout: https://openvinotoolkit.github.io/datumaro/latest/docs/data-formats/formats/datumaro.html

/** Fields that describe the shape: they hold as long as it stays as it is. */
export const DATUMARO_GEOMETRY: ReadonlySet<string> = new Set([
  'type',
  'bbox',
  'points',
  'visibility',
  'rle',
])

export const flatPoints = (points: readonly Point[]): number[] =>
  points.flatMap(({ x, y }) => [rounded(x), rounded(y)])

/** `losses`: null while reading. A box that is turned is written as it lay before; the angle is an attribute. */
export function shapeFields(
  shape: Shape,
  size: Size | null,
  losses: LossLog | null,
  where: string,
): JsonObject {
  switch (shape.kind) {
    case 'bbox':
      return { type: 'bbox', bbox: [shape.x, shape.y, shape.w, shape.h].map(rounded) }
    case 'oriented_box': {
      const { cx, cy, w, h } = shape
      return { type: 'bbox', bbox: [cx - w / 2, cy - h / 2, w, h].map(rounded) }
    }
    case 'polygon': {
      const [outline, ...holes] = shape.rings
      if (holes.length > 0 && size) {
        losses?.add('polygons with holes are written as masks, to whole pixels', where)
        const runs = encodeRle(rasterise(shape.rings, size.width, size.height))
        return {
          type: 'mask',
          rle: { counts: encodeRleString(runs), size: [size.height, size.width] },
        }
      }
      if (holes.length > 0)
        losses?.add('holes are filled where the size of the image is not known', where)
      return { type: 'polygon', points: flatPoints(outline) }
    }
    case 'polyline':
      return { type: 'polyline', points: flatPoints(shape.points) }
    case 'keypoint':
      return { type: 'points', points: flatPoints([shape]), visibility: [2] }
  }
}
