import { orientedCorners } from '#shared/geometry/shapes/oriented-box.ts'
import type { Annotation, Box, Point, Shape } from '#shared/model/annotation.ts'
import { isOccluded } from '#shared/model/pose.ts'
import { isJsonObject } from './carry.ts'
import { rounded } from './common.ts'
import { boxOfObject, type LabelObject } from './objects.ts'
import type { Json, JsonObject } from './types.ts'

// The layout: Darwin JSON 2.0, https://docs.v7labs.com/reference/darwin-json

/** A family of its own in `extra`: how the file spelt what the model has too, which is no loss elsewhere. */
export const DARWIN_VALUES = 'darwin_values'

/** Fields that describe the shapes: they hold as long as those stay as they are. */
export const DARWIN_GEOMETRY: ReadonlySet<string> = new Set([
  'polygon',
  'complex_polygon',
  'bounding_box',
  'ellipse',
  'cuboid',
  'line',
  'keypoint',
  'skeleton',
  'mask',
])

const point = ({ x, y }: Point): JsonObject => ({ x: rounded(x), y: rounded(y) })

export const darwinBox = ({ x, y, w, h }: Box): JsonObject => ({
  h: rounded(h),
  w: rounded(w),
  x: rounded(x),
  y: rounded(y),
})

function ringsOf(shape: Shape): readonly (readonly Point[])[] {
  if (shape.kind === 'oriented_box') return [orientedCorners(shape)]
  return shape.kind === 'polygon' ? shape.rings : []
}

/** The shape that Darwin has for what an object draws: polygons with their box, a box, a line, a point, or a skeleton. */
export function darwinFields(object: LabelObject): JsonObject {
  const { regions, joints, owner } = object
  const [only] = regions
  if (regions.length === 1 && only.shape.kind === 'polyline')
    return { line: { path: only.shape.points.map(point) } }
  if (regions.length === 0 && joints.size > 0 && owner)
    return {
      skeleton: {
        nodes: owner.skeleton.nodes.flatMap(({ name }) => {
          const joint = joints.get(name)
          if (!joint) return []
          return [{ name, occluded: isOccluded(joint), ...point(joint.shape) }]
        }),
      },
    }
  const [single] = joints.values()
  if (regions.length === 0 && single && !object.box) return { keypoint: point(single.shape) }
  const rings = regions.flatMap(({ shape }) => ringsOf(shape))
  if (rings.length === 0) return { bounding_box: darwinBox(boxOfObject(object)) }
  return {
    bounding_box: darwinBox(boxOfObject(object)),
    polygon: { paths: rings.map((ring) => ring.map(point)) },
  }
}

/** Properties as they were, with the values of attributes that changed since, and new ones. */
export function propertiesOf(
  attributes: Annotation['attributes'],
  before: Json | undefined,
  flags: readonly string[],
): Json[] {
  const list = Array.isArray(before) ? before : []
  const names = list.filter(isJsonObject).map(({ name }) => name)
  const isOurs = (property: Json): property is JsonObject & { name: string } =>
    isJsonObject(property) &&
    typeof property.name === 'string' &&
    names.filter((name) => name === property.name).length === 1 &&
    (typeof property.value === 'string' || typeof property.value === 'number')
  const kept = list.flatMap((property): Json[] => {
    if (!isOurs(property)) return [property]
    const value = attributes[property.name]
    return value === undefined ? [] : [{ ...property, value }]
  })
  const added = Object.entries(attributes).flatMap(([name, value]): Json[] =>
    names.includes(name) || flags.includes(name) ? [] : [{ frame_index: null, name, value }],
  )
  return [...kept, ...added]
}
