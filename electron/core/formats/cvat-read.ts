import { convexHull, openRing } from '#shared/geometry/ring.ts'
import { normaliseAngle } from '#shared/geometry/shapes/oriented-box.ts'
import { type Annotation, newAnnotation, type Point, type Shape } from '#shared/model/annotation.ts'
import {
  type AnnotationClass,
  type AttributeSchema,
  classByName,
} from '#shared/model/annotation-class.ts'
import { skeletonsWith } from '#shared/model/pose.ts'
import { carrying, unsaid } from './carry.ts'
import { typedValue } from './cvat-labels.ts'
import {
  CVAT_GEOMETRY,
  OWN_OCCLUDED,
  plainText,
  SKELETON_FAMILY,
  SKELETON_FIELDS,
  shapeNode,
} from './cvat-shape.ts'
import { ellipseRing } from './ellipse.ts'
import { classNameOf, numberOf, numbersOf, shown } from './fields.ts'
import { FormatError } from './format-error.ts'
import { LIMITS, requireAtMost } from './limits.ts'
import { type MaskBudget, regionsOfRuns } from './mask-runs.ts'
import type { Json, JsonObject, OnFault } from './types.ts'
import type { XmlNode } from './xml-nodes.ts'

// The layout: https://docs.cvat.ai/docs/other/xml_format

function numberAt({ attributes }: XmlNode, name: string): number {
  const value = numberOf(attributes[name])
  if (value === null)
    throw new FormatError(name, `must be a number, not ${shown(attributes[name])}`)
  return value
}

/** `x,y;x,y` in pixels. */
export function readPoints({ attributes: { points } }: XmlNode, least: number): Point[] {
  const pairs = (points ?? '').split(';').filter((pair) => pair.trim() !== '')
  requireAtMost(pairs.length, LIMITS.points, 'points', 'points')
  const list = pairs.map((pair, index) => {
    const parts = pair.split(',')
    if (parts.length !== 2)
      throw new FormatError(`points[${index}]`, `must be x,y and not ${shown(pair)}`)
    const [x, y] = numbersOf(parts, `points[${index}]`)
    return { x, y }
  })
  if (list.length >= least) return list
  throw new FormatError('points', `has ${list.length}; it needs at least ${least}`)
}

function readBox(node: XmlNode): Shape {
  const [x, y] = [numberAt(node, 'xtl'), numberAt(node, 'ytl')]
  const [w, h] = [numberAt(node, 'xbr') - x, numberAt(node, 'ybr') - y]
  if (!(w > 0 && h > 0)) throw new FormatError('xbr', 'and ybr must be greater than xtl and ytl')
  const degrees = normaliseAngle(rotationOf(node))
  if (degrees === 0) return { kind: 'bbox', x, y, w, h }
  return { kind: 'oriented_box', cx: x + w / 2, cy: y + h / 2, w, h, angleDeg: degrees }
}

/** Degrees clockwise around the centre. */
const rotationOf = (node: XmlNode) =>
  node.attributes.rotation === undefined ? 0 : numberAt(node, 'rotation')

function readEllipse(node: XmlNode): Shape {
  const [rx, ry] = [numberAt(node, 'rx'), numberAt(node, 'ry')]
  if (!(rx > 0 && ry > 0)) throw new FormatError('rx', 'and ry must be greater than 0')
  const centre = { x: numberAt(node, 'cx'), y: numberAt(node, 'cy') }
  return { kind: 'polygon', rings: [ellipseRing(centre, rx, ry, rotationOf(node))] }
}

/** The outline of all eight corners. */
function readCuboid(node: XmlNode): Shape {
  const corners = ['tl1', 'bl1', 'tr1', 'br1', 'tl2', 'bl2', 'tr2', 'br2'].map((corner) => ({
    x: numberAt(node, `x${corner}`),
    y: numberAt(node, `y${corner}`),
  }))
  const ring = convexHull(corners)
  if (ring.length < 3) throw new FormatError('xtl1', 'and the other corners enclose nothing')
  return { kind: 'polygon', rings: [ring] }
}

function readMask(node: XmlNode, context: Pick<CvatContext, 'budget'>): Shape[] {
  const [left, top] = [numberAt(node, 'left'), numberAt(node, 'top')]
  const [width, height] = [numberAt(node, 'width'), numberAt(node, 'height')]
  const isSize = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0
  if (!isSize)
    throw new FormatError('width', `and height ${width} × ${height} cannot be the size of a mask`)
  const runs = numbersOf((node.attributes.rle ?? '').split(','), 'rle')
  const regions = regionsOfRuns(runs, { width, height }, 'rows', 'rle', context.budget)
  if (regions.length === 0) throw new FormatError('rle', 'is empty: no pixel is inside')
  return regions.map((rings) => ({
    kind: 'polygon',
    rings: rings.map((ring) => ring.map(({ x, y }) => ({ x: x + left, y: y + top }))),
  }))
}

/** One element can be several of our shapes (a mask of two regions, a list of points). */
function readShapes(node: XmlNode, context: Pick<CvatContext, 'budget'>): Shape[] {
  switch (node.name) {
    case 'box':
      return [readBox(node)]
    case 'polygon': {
      const ring = openRing(readPoints(node, 3))
      if (ring.length >= 3) return [{ kind: 'polygon', rings: [ring] }]
      throw new FormatError('points', `has ${ring.length}; it needs at least 3`)
    }
    case 'polyline':
      return [{ kind: 'polyline', points: readPoints(node, 2) }]
    case 'points':
      return readPoints(node, 1).map((point) => ({ kind: 'keypoint', ...point }))
    case 'ellipse':
      return [readEllipse(node)]
    case 'cuboid':
      return [readCuboid(node)]
    case 'mask':
      return readMask(node, context)
    default:
      throw new FormatError('', `<${node.name}> is not known`)
  }
}

export interface CvatContext {
  classes: readonly AnnotationClass[]
  nextInstance: () => number
  budget: MaskBudget
}

function readAttributes(
  { children, attributes }: XmlNode,
  label: string,
  { classes }: CvatContext,
): { attributes: Annotation['attributes']; hasOwn: boolean } {
  const schemas = classByName(classes, label)?.attributes ?? []
  const types = new Map(schemas.map(({ name, type }) => [name, type]))
  const typeOf = (name: string): AttributeSchema['type'] | undefined => types.get(name)
  const own = Object.fromEntries(
    children
      .filter((child) => child.name === 'attribute' && child.attributes.name !== undefined)
      .map(({ attributes: { name }, text }) => [name, typedValue(text, typeOf(name))]),
  )
  const hasOwn = own.occluded !== undefined
  const isOccluded = !hasOwn && attributes.occluded === '1'
  return { attributes: { ...own, ...(isOccluded && { occluded: 'true' }) }, hasOwn }
}

/** A group's number; 0 and nothing are none. */
export function groupOf({ group_id: group }: XmlNode['attributes']): number | null {
  const number = numberOf(group)
  return number !== null && Number.isInteger(number) && number > 0 ? number : null
}

const plain = (attributes: { [name: string]: string }): JsonObject =>
  Object.fromEntries(Object.entries(attributes).map(([name, text]) => [name, plainText(text)]))

/** An element of one shape as annotations. Throws a FormatError. */
function readShape(node: XmlNode, context: CvatContext): Annotation[] {
  const label = classNameOf(node.attributes.label, 'label')
  const shapes = readShapes(node, context)
  const { attributes, hasOwn } = readAttributes(node, label, context)
  const group = groupOf(node.attributes)
  const instanceId = group ?? (shapes.length > 1 ? context.nextInstance() : undefined)
  const annotations = shapes.map((shape) =>
    newAnnotation(shape, label, { attributes, ...(instanceId !== undefined && { instanceId }) }),
  )
  const written = shapeNode(annotations[0], hasOwn, null, '')
  const said = { ...node.attributes }
  if (group === null || shapes.length === 1) delete said.group_id
  if (hasOwn) said[OWN_OCCLUDED] = said.occluded ?? '0'
  const { fields, given } = unsaid(
    { ...plain(said), element: node.name },
    { ...plain(written.attributes), element: written.name, [OWN_OCCLUDED]: 0 },
    CVAT_GEOMETRY,
  )
  const asSpelt = (values: JsonObject): JsonObject =>
    Object.fromEntries(Object.keys(values).map((name) => [name, said[name] ?? values[name]]))
  if (hasOwn) fields[OWN_OCCLUDED] = said[OWN_OCCLUDED]
  // The flag is read as an attribute, so it is not extra data.
  delete fields.occluded
  delete fields.label
  const isSpelt = Object.keys(given).length > 0 || shapes.length > 1
  const own = Object.keys(said).filter((name) => CVAT_GEOMETRY.has(name))
  const whole = Object.fromEntries(own.map((name): [string, Json] => [name, said[name]]))
  return carrying(
    annotations,
    'cvat',
    asSpelt(fields),
    isSpelt ? { ...whole, element: node.name } : {},
  )
}

/** A skeleton's points as joints of one object; those that are outside the image are none. */
function readSkeleton(node: XmlNode, context: CvatContext, fail: OnFault): Annotation[] {
  const label = classNameOf(node.attributes.label, 'label')
  const group = groupOf(node.attributes)
  const instanceId = group ?? context.nextInstance()
  const outside: JsonObject = {}
  const joints = node.children.flatMap((child, index) => {
    if (child.name === 'attribute') return []
    try {
      if (child.attributes.outside === '1') {
        outside[child.attributes.label ?? ''] = { ...child.attributes }
        return []
      }
      const { outside: _outside, ...attributes } = child.attributes
      const [joint] = readShape({ ...child, attributes }, context)
      return [{ ...joint, instanceId }]
    } catch (error) {
      fail(`points[${index}]`, error)
      return []
    }
  })
  if (joints.length === 0) return []
  const { attributes } = readAttributes(node, label, context)
  const { label: _label, source, z_order, occluded, group_id, ...others } = node.attributes
  const names = joints.map(({ className }) => className)
  const first = skeletonsWith(names, context.classes)[0]?.name
  const told: JsonObject = {
    ...others,
    ...(source !== undefined && source !== 'manual' && { source }),
    ...(z_order !== undefined && numberOf(z_order) !== 0 && { z_order }),
    ...(Object.keys(attributes).length > 0 && { attributes: attributes as Json }),
  }
  const untold: JsonObject = {
    ...(occluded !== undefined && { occluded }),
    ...(group !== null && { group_id }),
    ...(first !== label && { label }),
    ...(Object.keys(outside).length > 0 && { outside }),
  }
  const [lead, ...rest] = joints
  const own = { ...(lead.extra?.cvat as JsonObject | undefined) }
  if (Object.keys(told).length > 0) own[SKELETON_FIELDS] = told
  const extra = {
    ...(Object.keys(own).length > 0 && { cvat: own }),
    ...(Object.keys(untold).length > 0 && { [SKELETON_FAMILY]: untold }),
  }
  return [Object.keys(extra).length > 0 ? { ...lead, extra } : lead, ...rest]
}

/** The annotations of an image's elements; faults go to `fail` by element. */
export function readElements(
  nodes: readonly XmlNode[],
  context: CvatContext,
  fail: OnFault,
): Annotation[] {
  const counts = new Map<string, number>()
  return nodes.flatMap((node) => {
    if (node.name === 'tag') return []
    const count = counts.get(node.name) ?? 0
    counts.set(node.name, count + 1)
    const field = `${node.name}[${count}]`
    try {
      if (node.name !== 'skeleton') return readShape(node, context)
      return readSkeleton(node, context, (at, error) => fail(`${field}.${at}`, error))
    } catch (error) {
      fail(field, error)
      return []
    }
  })
}
