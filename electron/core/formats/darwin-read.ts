import { decodeRle, traceMask } from '#shared/geometry/raster.ts'
import { convexHull, openRing } from '#shared/geometry/ring.ts'
import {
  type Annotation,
  type Box,
  newAnnotation,
  newId,
  type Point,
  type Shape,
} from '#shared/model/annotation.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import { isTrue } from '#shared/model/pose.ts'
import { partsOfRings } from './bridge.ts'
import { carrying, isJsonObject, unsaid } from './carry.ts'
import { instanceIds } from './common.ts'
import { DARWIN_GEOMETRY, DARWIN_VALUES, darwinFields } from './darwin-shape.ts'
import { ellipseRing } from './ellipse.ts'
import {
  classNameOf,
  confidenceOf,
  numberOf,
  objectAt,
  shown,
  textOfField,
  withoutKeys,
} from './fields.ts'
import { FormatError } from './format-error.ts'
import { boundsOfParts, isNear, objectsOf, withOwnBox } from './objects.ts'
import type { Json, JsonObject, OnFault } from './types.ts'

// The layout: Darwin JSON 2.0, https://docs.v7labs.com/reference/darwin-json, and 1.0 before it

function numberAt(raw: JsonObject, key: string, field: string): number {
  const value = numberOf(raw[key])
  if (value === null)
    throw new FormatError(`${field}.${key}`, `must be a number, not ${shown(raw[key])}`)
  return value
}

function pointAt(value: Json | undefined, field: string): Point {
  const raw = objectAt(value, field)
  return { x: numberAt(raw, 'x', field), y: numberAt(raw, 'y', field) }
}

function pathAt(value: Json | undefined, field: string): Point[] {
  if (!Array.isArray(value)) throw new FormatError(field, `must be a list, not ${shown(value)}`)
  return value.map((point, index) => pointAt(point, `${field}[${index}]`))
}

function boxAt(value: Json | undefined, field: string): Box {
  const raw = objectAt(value, field)
  const { x, y } = pointAt(raw, field)
  const [w, h] = [numberAt(raw, 'w', field), numberAt(raw, 'h', field)]
  if (w > 0 && h > 0) return { x, y, w, h }
  throw new FormatError(field, 'needs a width and a height greater than 0')
}

/** A polygon's rings, filled even-odd: one path, or several. */
function polygonsAt(value: Json | undefined, field: string): Shape[] {
  const raw = objectAt(value, field)
  const { path, paths = path } = raw
  const lists = Array.isArray(paths) && Array.isArray(paths[0]) ? paths : [paths]
  const rings = lists
    .map((ring, index) => openRing(pathAt(ring, `${field}.paths[${index}]`)))
    .filter((ring) => ring.length >= 3)
  if (rings.length === 0) throw new FormatError(`${field}.paths`, 'has no path of 3 points or more')
  return partsOfRings(rings).map((part) => ({ kind: 'polygon', rings: part }))
}

function ellipseAt(value: Json | undefined): Shape {
  const raw = objectAt(value, 'ellipse')
  const radius = pointAt(raw.radius, 'ellipse.radius')
  if (!(radius.x > 0 && radius.y > 0))
    throw new FormatError('ellipse.radius', 'must be greater than 0')
  // Radians, clockwise on the screen.
  const degrees = ((numberOf(raw.angle) ?? 0) * 180) / Math.PI
  const ring = ellipseRing(pointAt(raw.center, 'ellipse.center'), radius.x, radius.y, degrees)
  return { kind: 'polygon', rings: [ring] }
}

function cuboidAt(value: Json | undefined): Shape {
  const raw = objectAt(value, 'cuboid')
  const corners = ['front', 'back'].flatMap((side) => {
    const { x, y, w, h } = boxAt(raw[side], `cuboid.${side}`)
    return [
      { x, y },
      { x: x + w, y },
      { x, y: y + h },
      { x: x + w, y: y + h },
    ]
  })
  return { kind: 'polygon', rings: [convexHull(corners)] }
}

function lineAt(value: Json | undefined): Shape {
  const points = pathAt(objectAt(value, 'line').path, 'line.path')
  if (points.length >= 2) return { kind: 'polyline', points }
  throw new FormatError('line.path', `has ${points.length}; it needs at least 2`)
}

/** The masks of an image, by the id of their annotation: all in one layer, run after run, row by row. */
class RasterLayer {
  readonly #runs: number[]
  readonly #numbers: JsonObject
  readonly #width: number
  readonly #height: number

  constructor(raw: JsonObject, size: { width: number; height: number } | null) {
    const { dense_rle: runs, mask_annotation_ids_mapping: numbers } = raw
    if (!Array.isArray(runs) || runs.length % 2 !== 0 || !runs.every(Number.isInteger))
      throw new FormatError('raster_layer.dense_rle', 'must be values and lengths in turn')
    if (!size) throw new FormatError('item.slots', 'must give the size of the image, for its masks')
    this.#runs = runs as number[]
    this.#numbers = isJsonObject(numbers) ? numbers : {}
    this.#width = size.width
    this.#height = size.height
  }

  shapesOf(id: string): Shape[] {
    const number = numberOf(this.#numbers[id])
    if (number === null) throw new FormatError('mask', 'has no place in the raster layer')
    const counts = [0]
    let isOn = false
    for (let index = 0; index < this.#runs.length; index += 2) {
      const isOwn = this.#runs[index] === number
      if (isOwn !== isOn) counts.push(0)
      isOn = isOwn
      counts[counts.length - 1] += this.#runs[index + 1]
    }
    const mask = turned(counts, this.#width, this.#height)
    const shapes = traceMask(mask).map((rings): Shape => ({ kind: 'polygon', rings }))
    if (shapes.length > 0) return shapes
    throw new FormatError('mask', 'is empty: no pixel is inside')
  }
}

/** Runs row by row as a mask; COCO's run column by column. */
function turned(counts: readonly number[], width: number, height: number) {
  try {
    const { data: columns } = decodeRle(counts, height, width)
    const data = new Uint8Array(width * height)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) data[y * width + x] = columns[x * height + y]
    return { width, height, data }
  } catch (error) {
    if (error instanceof RangeError) throw new FormatError('raster_layer.dense_rle', error.message)
    throw error
  }
}

/** Fields whose values the model has, as they were spelt. */
const VALUES = ['properties', 'attributes', 'instance_id', 'inference'] as const

interface Context {
  nextInstance: () => number
  layer: RasterLayer | null
}

/** Joints of a skeleton that are drawn. */
function jointsAt(value: Json | undefined): Annotation[] {
  const { nodes } = objectAt(value, 'skeleton')
  if (!Array.isArray(nodes))
    throw new FormatError('skeleton.nodes', `must be a list, not ${shown(nodes)}`)
  return nodes.flatMap((node, index) => {
    const raw = objectAt(node, `skeleton.nodes[${index}]`)
    if (raw.x === null || raw.y === null) return []
    const point = pointAt(raw, `skeleton.nodes[${index}]`)
    const name = classNameOf(raw.name, `skeleton.nodes[${index}].name`)
    const attributes: Annotation['attributes'] = isTrue(raw.occluded) ? { occluded: 'true' } : {}
    return [newAnnotation({ kind: 'keypoint', ...point }, name, { attributes })]
  })
}

function shapesOf(raw: JsonObject, id: string, { layer }: Context): Shape[] {
  if (raw.polygon !== undefined) return polygonsAt(raw.polygon, 'polygon')
  if (raw.complex_polygon !== undefined) return polygonsAt(raw.complex_polygon, 'complex_polygon')
  if (raw.ellipse !== undefined) return [ellipseAt(raw.ellipse)]
  if (raw.cuboid !== undefined) return [cuboidAt(raw.cuboid)]
  if (raw.line !== undefined) return [lineAt(raw.line)]
  if (raw.keypoint !== undefined)
    return [{ kind: 'keypoint', ...pointAt(raw.keypoint, 'keypoint') }]
  if (raw.mask !== undefined) {
    if (layer) return layer.shapesOf(id)
    throw new FormatError('mask', 'has no raster layer in the file')
  }
  if (raw.bounding_box !== undefined)
    return [{ kind: 'bbox', ...boxAt(raw.bounding_box, 'bounding_box') }]
  throw new FormatError(
    '',
    'has no shape that is known: bounding_box, polygon, ellipse, line, keypoint, skeleton, mask, cuboid',
  )
}

/** Properties with one value each, by name; Darwin 1.0's and 2.0's list of attributes as flags. */
export function attributesOf(raw: JsonObject): Annotation['attributes'] {
  const attributes: Annotation['attributes'] = {}
  const properties = Array.isArray(raw.properties) ? raw.properties.filter(isJsonObject) : []
  for (const [name, same] of Map.groupBy(properties, (property) => textOfField(property.name))) {
    const [{ value }] = same
    if (
      name !== null &&
      same.length === 1 &&
      (typeof value === 'string' || typeof value === 'number')
    )
      attributes[name] = value
  }
  for (const name of Array.isArray(raw.attributes) ? raw.attributes : [])
    if (typeof name === 'string') attributes[name] = 'true'
  return attributes
}

function instanceOf(raw: JsonObject): number | null {
  const { instance_id: instance } = raw
  const value = numberOf(isJsonObject(instance) ? instance.value : undefined)
  return value !== null && Number.isInteger(value) && value > 0 ? value : null
}

function readOne(
  raw: JsonObject,
  classes: readonly AnnotationClass[],
  context: Context,
): Annotation[] {
  const className = classNameOf(raw.name, 'name')
  const id = textOfField(raw.id) ?? newId()
  const attributes = attributesOf(raw)
  const confidence =
    (isJsonObject(raw.inference) ? confidenceOf(raw.inference.confidence) : null) ?? 1
  const isPose = raw.skeleton !== undefined
  const drawn: Annotation[] = isPose
    ? jointsAt(raw.skeleton)
    : shapesOf(raw, id, context).map((shape) =>
        newAnnotation(shape, className, { attributes, confidence }),
      )
  if (drawn.length === 0) throw new FormatError('skeleton.nodes', 'has no joint with a place')
  const instanceId =
    instanceOf(raw) ?? (drawn.length > 1 || isPose ? context.nextInstance() : undefined)
  const members = drawn.map((annotation, index) => ({
    ...annotation,
    id: index === 0 ? id : `${id}#${index}`,
    ...(instanceId !== undefined && { instanceId }),
  }))
  const [object] = objectsOf(members, classes)
  const isBoxed = raw.polygon !== undefined && raw.bounding_box !== undefined
  const box = isBoxed ? boxAt(raw.bounding_box, 'bounding_box') : null
  const boxed =
    box && !isNear(box, boundsOfParts(object), 1e-3) ? withOwnBox(members, box) : members
  const [again] = objectsOf(boxed, classes)
  const { fields, given } = unsaid(
    withoutKeys(raw, ['id', 'name', 'slot_names', ...VALUES]),
    darwinFields(again),
    DARWIN_GEOMETRY,
  )
  // A shape that is spelt otherwise is written as the file had it, with all that goes with it.
  if (Object.keys(given).some((key) => key !== 'bounding_box'))
    for (const key of DARWIN_GEOMETRY) if (raw[key] !== undefined) given[key] = raw[key]
  const values = Object.fromEntries(
    VALUES.flatMap((key): [string, Json][] => (raw[key] === undefined ? [] : [[key, raw[key]]])),
  )
  const [lead, ...others] = boxed
  const extra = { ...lead.extra, [DARWIN_VALUES]: values }
  const valued = Object.keys(values).length > 0 ? [{ ...lead, extra }, ...others] : boxed
  return carrying(valued, 'darwin', fields, given)
}

/** The annotations of a file's list. Faults of single ones go to `fail`. */
export function readDarwinAnnotations(
  list: readonly Json[],
  size: { width: number; height: number } | null,
  classes: readonly AnnotationClass[],
  fail: OnFault,
): Annotation[] {
  const raws = list.filter(isJsonObject)
  const layers = raws.filter(({ raster_layer: layer }) => isJsonObject(layer))
  let layer: RasterLayer | null = null
  try {
    for (const { raster_layer: own } of layers) layer = new RasterLayer(own as JsonObject, size)
  } catch (error) {
    fail('annotations', error)
  }
  const nextInstance = instanceIds(
    raws.map((raw) => ({ instanceId: instanceOf(raw) ?? undefined })),
  )
  const seen = new Set<string>()
  return list.flatMap((value, index) => {
    try {
      const raw = objectAt(value, '')
      if (raw.raster_layer !== undefined || raw.tag !== undefined) return []
      if (raw.frames !== undefined)
        throw new FormatError(
          'frames',
          'are of a video, and the item of the file says that it is an image',
        )
      const members = readOne(raw, classes, { nextInstance, layer })
      const [{ id }] = members
      const isTaken = seen.has(id)
      seen.add(id)
      return isTaken ? members.map((member) => ({ ...member, id: newId() })) : members
    } catch (error) {
      fail(`annotations[${index}]`, error)
      return []
    }
  })
}
