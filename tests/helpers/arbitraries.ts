import fc from 'fast-check'
import { normaliseAngle } from '#shared/geometry/shapes/oriented-box.ts'
import type { Annotation, Point, Shape } from '#shared/model/annotation.ts'

/** Image pixels with a fraction that binary floats hold exactly. */
const pixels = (max: number) => fc.integer({ min: 0, max: max * 4 }).map((value) => value / 4)

const point = (width: number, height: number): fc.Arbitrary<Point> =>
  fc.record({ x: pixels(width), y: pixels(height) })

export const bboxIn = (width: number, height: number): fc.Arbitrary<Shape> =>
  fc.record({
    kind: fc.constant('bbox' as const),
    x: pixels(width / 2),
    y: pixels(height / 2),
    w: pixels(width / 2).map((value) => value + 1),
    h: pixels(height / 2).map((value) => value + 1),
  })

export const orientedBoxIn = (width: number, height: number): fc.Arbitrary<Shape> =>
  fc.record({
    kind: fc.constant('oriented_box' as const),
    cx: pixels(width),
    cy: pixels(height),
    w: pixels(width / 2).map((value) => value + 1),
    h: pixels(height / 2).map((value) => value + 1),
    angleDeg: fc.integer({ min: 0, max: 1439 }).map((value) => normaliseAngle(value / 4)),
  })

/** A star-shaped ring with a point that sees all of it: it never crosses itself, and always has an area. */
const starIn = (width: number, height: number): fc.Arbitrary<{ eye: Point; ring: Point[] }> =>
  fc
    .record({
      centre: fc.record({ x: pixels(width / 2), y: pixels(height / 2) }),
      radii: fc.array(fc.integer({ min: 8, max: Math.floor(Math.min(width, height) / 4) }), {
        minLength: 3,
        maxLength: 12,
      }),
    })
    .map(({ centre, radii }) => {
      const eye = { x: centre.x + width / 4, y: centre.y + height / 4 }
      const ring = radii.map((radius, index) => {
        const angle = (index / radii.length) * 2 * Math.PI
        return {
          x: Math.round((eye.x + radius * Math.cos(angle)) * 4) / 4,
          y: Math.round((eye.y + radius * Math.sin(angle)) * 4) / 4,
        }
      })
      return { eye, ring }
    })

export const ringIn = (width: number, height: number): fc.Arbitrary<Point[]> =>
  starIn(width, height).map(({ ring }) => ring)

export const polygonIn = (width: number, height: number): fc.Arbitrary<Shape> =>
  ringIn(width, height).map((ring) => ({ kind: 'polygon', rings: [ring] }))

/** A polygon with a hole: the same ring at half its size around that point. */
export const holedPolygonIn = (width: number, height: number): fc.Arbitrary<Shape> =>
  starIn(width, height).map(({ eye, ring }) => {
    const hole = ring.map(({ x, y }) => ({ x: (x + eye.x) / 2, y: (y + eye.y) / 2 }))
    return { kind: 'polygon', rings: [ring, hole] }
  })

export const polylineIn = (width: number, height: number): fc.Arbitrary<Shape> =>
  fc
    .array(point(width, height), { minLength: 2, maxLength: 8 })
    .map((points) => ({ kind: 'polyline', points }))

export const keypointIn = (width: number, height: number): fc.Arbitrary<Shape> =>
  point(width, height).map((at) => ({ kind: 'keypoint', ...at }))

export const shapeIn = (width: number, height: number): fc.Arbitrary<Shape> =>
  fc.oneof(
    bboxIn(width, height),
    orientedBoxIn(width, height),
    polygonIn(width, height),
    holedPolygonIn(width, height),
    polylineIn(width, height),
    keypointIn(width, height),
  )

const attributes = fc.dictionary(
  fc.constantFrom('colour', 'occluded', 'speed'),
  fc.oneof(fc.string(), fc.boolean(), fc.integer()),
)

export const annotationOf = (
  shape: fc.Arbitrary<Shape>,
  classNames: readonly string[] = ['car', 'person with space', 'größe "x"'],
): fc.Arbitrary<Annotation> =>
  fc.record({
    id: fc.uuid(),
    className: fc.constantFrom(...classNames),
    shape,
    confidence: fc.constantFrom(1, 0.5, 0.25),
    attributes,
  })
