/** The other baseline: Annotorious, with the same shapes. It has no pan or zoom. */
import '@annotorious/annotorious/annotorious.css'
import {
  createImageAnnotator,
  type ImageAnnotation,
  type Polygon,
  type Rectangle,
  ShapeType,
} from '@annotorious/annotorious'
import { boundsOfPoints } from '#shared/geometry/box.ts'
import { shapeVertices } from '#shared/geometry/shape.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import { scenario } from '#tests/bench/scenario.ts'

function toAnnotorious({ id, className, shape }: Annotation): ImageAnnotation {
  // It has no points, so a keypoint is a box of 8 pixels.
  const { x, y, w, h } =
    shape.kind === 'keypoint'
      ? { x: shape.x - 4, y: shape.y - 4, w: 8, h: 8 }
      : boundsOfPoints(shapeVertices(shape))
  const bounds = { minX: x, minY: y, maxX: x + w, maxY: y + h }
  const bodies = [{ id: `${id}-body`, annotation: id, purpose: 'tagging', value: className }]
  const isPath = shape.kind === 'polygon' || shape.kind === 'polyline'
  const path: Polygon = {
    type: ShapeType.POLYGON,
    geometry: {
      bounds,
      points: shapeVertices(shape).map((point): [number, number] => [point.x, point.y]),
    },
  }
  const box: Rectangle = { type: ShapeType.RECTANGLE, geometry: { bounds, x, y, w, h } }
  return { id, bodies, target: { annotation: id, selector: isPath ? path : box } }
}

const image = document.getElementById('photo')
if (!(image instanceof HTMLImageElement)) throw new Error('The page has no image')
await image.decode()
const annotator = createImageAnnotator(image)
const count = Number(new URLSearchParams(location.search).get('count'))
Object.assign(window, {
  openScenario: () => annotator.setAnnotations(scenario(count).map(toAnnotorious)),
})
