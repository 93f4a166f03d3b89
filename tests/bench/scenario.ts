import { shapeBounds } from '#shared/geometry/shape.ts'
import { type Annotation, newAnnotation, type Point, type Shape } from '#shared/model/annotation.ts'
import { seededRandom } from '#tests/helpers/random.ts'

/** Size of the scenario's photo in image pixels. */
export const PHOTO = { width: 4000, height: 3000 }
const CLASSES = 40
const VERTICES = 24

/** An irregular star-like ring that does not cross itself. */
function ring(centre: Point, radius: number, vertices: number, random: () => number): Point[] {
  return Array.from({ length: vertices }, (_, index) => {
    const angle = (index / vertices) * 2 * Math.PI
    const reach = radius * (0.7 + 0.3 * random())
    return { x: centre.x + reach * Math.cos(angle), y: centre.y + reach * Math.sin(angle) }
  })
}

/** 70 % polygons of 24 vertices, 20 % boxes, 5 % polylines, 5 % keypoints; 40 classes; the same each time. */
export function scenario(count: number): Annotation[] {
  const random = seededRandom(count)
  // As in a crowded scene, most shapes are small.
  const size = 2_500 / Math.sqrt(count)
  return Array.from({ length: count }, (_, index) => {
    const radius = size * (0.5 + random())
    const at = {
      x: radius + random() * (PHOTO.width - 2 * radius),
      y: radius + random() * (PHOTO.height - 2 * radius),
    }
    const className = `class ${Math.floor(random() * CLASSES)}`
    return newAnnotation(shapeOf(index % 20, at, radius, random), className, { id: `s${index}` })
  })
}

/**
 * A polygon whose centre is away from the bounds of all other shapes (image pixels), so that a click there selects it
 * in any editor. Returns the place to click, and one of its vertices.
 */
export function lonePolygon(annotations: readonly Annotation[]): {
  annotation: Annotation
  middle: Point
  vertex: Point
} {
  const near = 8
  const bounds = annotations.map(({ shape }) => shapeBounds(shape))
  for (const [index, annotation] of annotations.entries()) {
    if (annotation.shape.kind !== 'polygon') continue
    const [outline] = annotation.shape.rings
    const middle = {
      x: outline.reduce((sum, { x }) => sum + x, 0) / outline.length,
      y: outline.reduce((sum, { y }) => sum + y, 0) / outline.length,
    }
    const isAlone = bounds.every(
      ({ x, y, w, h }, other) =>
        other === index ||
        middle.x < x - near ||
        middle.x > x + w + near ||
        middle.y < y - near ||
        middle.y > y + h + near,
    )
    if (isAlone) return { annotation, middle, vertex: outline[0] }
  }
  throw new Error('Every polygon is covered by another shape')
}

function shapeOf(turn: number, at: Point, radius: number, random: () => number): Shape {
  if (turn < 14) return { kind: 'polygon', rings: [ring(at, radius, VERTICES, random)] }
  if (turn < 18)
    return { kind: 'bbox', x: at.x - radius, y: at.y - radius, w: 2 * radius, h: 1.5 * radius }
  if (turn === 18) return { kind: 'polyline', points: ring(at, radius, 8, random) }
  return { kind: 'keypoint', ...at }
}

/** One polygon of many vertices in the middle of the photo: a wavy, slightly rough outline. */
export function largePolygon(vertices: number): Annotation {
  const random = seededRandom(vertices)
  const outline = Array.from({ length: vertices }, (_, index) => {
    const angle = (index / vertices) * 2 * Math.PI
    const reach = 1_000 + 150 * Math.sin(7 * angle) + 4 * random()
    return {
      x: PHOTO.width / 2 + reach * Math.cos(angle),
      y: PHOTO.height / 2 + reach * Math.sin(angle),
    }
  })
  const shape: Shape = { kind: 'polygon', rings: [outline] }
  return newAnnotation(shape, 'class 0', { id: 'large' })
}

/** `#rrggbb` by class number. */
export function colorOf(className: string): string {
  const hue = (Number(className.slice(6)) * 137.5) % 360
  const channel = (shift: number) => {
    const part = (shift + hue / 30) % 12
    const value = 0.5 - 0.4 * Math.max(-1, Math.min(part - 3, 9 - part, 1))
    return Math.round(value * 255)
      .toString(16)
      .padStart(2, '0')
  }
  return `#${channel(0)}${channel(8)}${channel(4)}`
}
