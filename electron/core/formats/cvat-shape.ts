import { rasterise } from '#shared/geometry/raster.ts'
import { shapeBounds } from '#shared/geometry/shape.ts'
import type { Annotation, Point, PolygonShape, Shape } from '#shared/model/annotation.ts'
import { isTrue } from '#shared/model/pose.ts'
import { decimal } from './common.ts'
import { valueText } from './cvat-labels.ts'
import type { LossLog } from './loss-log.ts'
import type { Json } from './types.ts'
import { type XmlNode, xmlNode } from './xml-nodes.ts'

// The layout: https://docs.cvat.ai/docs/other/xml_format

/** Fields that describe the shape: they hold as long as it stays as it is. */
export const CVAT_GEOMETRY: ReadonlySet<string> = new Set([
  'element',
  'points',
  ...['xtl', 'ytl', 'xbr', 'ybr', 'rotation'],
  ...['cx', 'cy', 'rx', 'ry'],
  ...['rle', 'left', 'top', 'width', 'height'],
  // A cuboid's corners: left and right, top and bottom, of the front and of the back.
  ...['xtl1', 'ytl1', 'xbl1', 'ybl1', 'xtr1', 'ytr1', 'xbr1', 'ybr1'],
  ...['xtl2', 'ytl2', 'xbl2', 'ybl2', 'xtr2', 'ytr2', 'xbr2', 'ybr2'],
])

type Attributes = XmlNode['attributes']

const number = (value: number) => decimal(value, 9)

export const pointsText = (points: readonly Point[]): string =>
  points.map(({ x, y }) => `${number(x)},${number(y)}`).join(';')

/** Lengths of runs, off and on in turn, row by row within the box. */
function runsOf(data: Uint8Array): number[] {
  const runs: number[] = []
  let before = 0
  let length = 0
  for (const value of data) {
    if (value === before) length++
    else {
      runs.push(length)
      before = value
      length = 1
    }
  }
  runs.push(length)
  return runs
}

function maskAttributes(shape: PolygonShape): Attributes {
  const { x, y, w, h } = shapeBounds(shape)
  const [left, top] = [Math.floor(x), Math.floor(y)]
  const width = Math.max(1, Math.ceil(x + w) - left)
  const height = Math.max(1, Math.ceil(y + h) - top)
  const { data } = rasterise(shape.rings, width, height, left, top)
  const box = { left, top, width, height }
  return {
    rle: runsOf(data).join(', '),
    ...Object.fromEntries(Object.entries(box).map(([key, value]) => [key, String(value)])),
  }
}

function geometry(
  shape: Shape,
  losses: LossLog | null,
  where: string,
): { element: string; attributes: Attributes } {
  switch (shape.kind) {
    case 'bbox':
    case 'oriented_box': {
      const isTurned = shape.kind === 'oriented_box'
      const { w, h } = shape
      const [x, y] = isTurned ? [shape.cx - w / 2, shape.cy - h / 2] : [shape.x, shape.y]
      const corners = { xtl: x, ytl: y, xbr: x + w, ybr: y + h }
      return {
        element: 'box',
        attributes: {
          ...Object.fromEntries(
            Object.entries(corners).map(([key, value]) => [key, number(value)]),
          ),
          ...(isTurned && { rotation: number(shape.angleDeg) }),
        },
      }
    }
    case 'polygon': {
      if (shape.rings.length === 1)
        return { element: 'polygon', attributes: { points: pointsText(shape.rings[0]) } }
      losses?.add('polygons with holes are written as masks, to whole pixels', where)
      // A mask that was read is spelt as it was.
      return { element: 'mask', attributes: losses ? maskAttributes(shape) : {} }
    }
    case 'polyline':
      return { element: 'polyline', attributes: { points: pointsText(shape.points) } }
    case 'keypoint':
      return { element: 'points', attributes: { points: pointsText([shape]) } }
  }
}

/** In what a joint carries: what its skeleton said, which is a loss in other formats … */
export const SKELETON_FIELDS = 'attributes of the skeleton'
/** … and, in a family of its own, what only tells how CVAT spelt the skeleton. */
export const SKELETON_FAMILY = 'cvat_skeleton'

/** In what an annotation carries: the flag, where an attribute is called like it. */
export const OWN_OCCLUDED = 'occluded_attribute'

export function attributeNodes(attributes: Annotation['attributes']): XmlNode[] {
  return Object.entries(attributes).map(([name, value]) =>
    xmlNode('attribute', valueText(value), { name }),
  )
}

/** The attributes of an annotation; `isOwn`: the label has an attribute with the name of CVAT's flag. */
export function statedAttributes(
  { attributes }: Annotation,
  isOwn: boolean,
): { occluded: string; others: Annotation['attributes'] } {
  const { occluded, ...others } = attributes
  const isFlag = !isOwn && (occluded === undefined || isTrue(occluded))
  return { occluded: isFlag && isTrue(occluded) ? '1' : '0', others: isFlag ? others : attributes }
}

/** The element of one annotation. `losses`: null while reading. */
export function shapeNode(
  annotation: Annotation,
  isOwn: boolean,
  losses: LossLog | null,
  where: string,
): XmlNode {
  const { className, shape } = annotation
  const { element, attributes } = geometry(shape, losses, where)
  const { occluded, others } = statedAttributes(annotation, isOwn)
  return xmlNode(element, attributeNodes(others), {
    label: className,
    source: 'manual',
    occluded,
    ...attributes,
    z_order: '0',
  })
}

/** An attribute's text as numbers where it is some, so that spellings can be compared. */
export function plainText(text: string): Json {
  const parts = text
    .trim()
    .split(/[\s,;]+/)
    .map(Number)
  if (text.trim() === '' || parts.some((part) => !Number.isFinite(part))) return text
  return parts.length === 1 ? parts[0] : parts
}
