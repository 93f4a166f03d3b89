import type { Viewport } from '#renderer/document/viewport.ts'
import type { Point, PolygonShape } from '#shared/model/annotation.ts'
import { tracePath } from './draw-annotations.ts'

/** A round brush: where it went, and where it is. Image pixels. */
export interface Brush {
  strokes: readonly { points: readonly Point[]; radius: number; erases: boolean }[]
  radius: number
  erases: boolean
}

/** Filled, with a dashed border: not drawn yet. */
export function drawRegions(
  context: CanvasRenderingContext2D,
  view: Viewport,
  regions: readonly PolygonShape[],
  color: string,
): void {
  if (regions.length === 0) return
  context.beginPath()
  for (const { rings } of regions)
    for (const points of rings) tracePath(context, view, { points, closed: true })
  context.globalAlpha = 0.3
  context.fillStyle = color
  context.fill('evenodd')
  context.globalAlpha = 1
  context.lineWidth = 2
  context.strokeStyle = 'rgba(255, 255, 255, 0.9)'
  context.stroke()
  context.setLineDash([6, 4])
  context.strokeStyle = color
  context.stroke()
  context.setLineDash([])
}

/** What is painted in the colour of the class, what is taken away in white, and the brush's edge around the pointer. */
export function drawBrush(
  context: CanvasRenderingContext2D,
  view: Viewport,
  { strokes, radius, erases }: Brush,
  color: string,
  pointer: Point | null,
): void {
  context.save()
  context.lineCap = 'round'
  context.lineJoin = 'round'
  context.globalAlpha = 0.45
  for (const stroke of strokes) {
    const [first] = stroke.points
    // A line of no length is a dot with round ends.
    const points = stroke.points.length === 1 ? [first, first] : stroke.points
    context.beginPath()
    tracePath(context, view, { points, closed: false })
    context.lineWidth = 2 * stroke.radius * view.scale
    context.strokeStyle = stroke.erases ? '#ffffff' : color
    context.stroke()
  }
  context.restore()
  if (!pointer) return
  context.beginPath()
  context.arc(pointer.x, pointer.y, radius * view.scale, 0, 2 * Math.PI)
  context.lineWidth = 3
  context.strokeStyle = 'rgba(255, 255, 255, 0.9)'
  context.stroke()
  context.lineWidth = 1.5
  context.strokeStyle = erases ? '#111827' : color
  if (erases) context.setLineDash([4, 3])
  context.stroke()
  context.setLineDash([])
}
