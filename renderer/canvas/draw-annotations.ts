import { shapeBounds, shapeOutlines } from '#shared/geometry/shape.ts'
import type { Outline } from '#shared/geometry/shape-geometry.ts'
import type { Annotation } from '#shared/model/annotation.ts'
import { inkOn, withOpacity } from './palette.ts'
import { toScreen, type Viewport } from './viewport.ts'

export interface Style {
  colorOf: (className: string) => string
  fillOpacity: number
  showLabels: boolean
}

/** Screen pixels. */
const STROKE = 2
const KEYPOINT_RADIUS = 4.5
const LABEL_FONT = '500 11px "Inter Variable", sans-serif'
const LABEL_HEIGHT = 16
/** Shapes smaller than this on screen get no label: it would hide them. Screen pixels. */
const LABEL_MIN_SIDE = 28

/** Vertices nearer to the last one than this are skipped. Screen pixels. */
const SKIP = 1

/** Adds an outline to a path, in screen pixels. */
export function tracePath(path: CanvasPath, view: Viewport, { points, closed }: Outline): void {
  const { scale, x, y } = view
  let lastX = Number.POSITIVE_INFINITY
  let lastY = lastX
  points.forEach((point, index) => {
    const px = point.x * scale + x
    const py = point.y * scale + y
    const isEnd = index === 0 || index === points.length - 1
    if (!isEnd && Math.abs(px - lastX) < SKIP && Math.abs(py - lastY) < SKIP) return
    if (index === 0) path.moveTo(px, py)
    else path.lineTo(px, py)
    lastX = px
    lastY = py
  })
  if (closed) path.closePath()
}

export function drawKeypoint(
  context: CanvasRenderingContext2D,
  view: Viewport,
  at: { x: number; y: number },
  color: string,
  radius = KEYPOINT_RADIUS,
): void {
  const point = toScreen(view, at)
  context.beginPath()
  context.arc(point.x, point.y, radius, 0, 2 * Math.PI)
  context.fillStyle = color
  context.fill()
  // A rim that shows on any photograph.
  context.lineWidth = 1.5
  context.strokeStyle = '#ffffff'
  context.stroke()
}

/** One annotation; `emphasis` draws it as selected or hovered. */
export function drawAnnotation(
  context: CanvasRenderingContext2D,
  view: Viewport,
  { shape, className }: Annotation,
  style: Style,
  emphasis: 'none' | 'hovered' | 'selected' = 'none',
): void {
  const color = style.colorOf(className)
  if (shape.kind === 'keypoint') {
    drawKeypoint(context, view, shape, color, KEYPOINT_RADIUS + (emphasis === 'none' ? 0 : 1.5))
    return
  }
  const outlines = shapeOutlines(shape)
  context.beginPath()
  for (const outline of outlines) tracePath(context, view, outline)
  if (outlines[0]?.closed) {
    const opacity = style.fillOpacity + (emphasis === 'none' ? 0 : 0.12)
    context.fillStyle = withOpacity(color, opacity)
    context.fill('evenodd')
  }
  context.lineJoin = 'round'
  if (emphasis === 'selected') {
    context.lineWidth = STROKE + 3
    context.strokeStyle = 'rgba(255, 255, 255, 0.9)'
    context.stroke()
  }
  context.lineWidth = emphasis === 'hovered' ? STROKE + 1 : STROKE
  context.strokeStyle = color
  context.stroke()
}

/** The class name on its colour, above the shape. */
function drawLabel(
  context: CanvasRenderingContext2D,
  view: Viewport,
  { shape, className }: Annotation,
  style: Style,
): void {
  const box = shapeBounds(shape)
  const isPoint = shape.kind === 'keypoint'
  const large = Math.max(box.w, box.h) * view.scale >= LABEL_MIN_SIDE
  if (!large && !(isPoint && view.scale >= 1)) return
  const corner = toScreen(view, box)
  const width = Math.min(context.measureText(className).width + 8, LABEL_OVERHANG - 12)
  const left = corner.x + (isPoint ? 8 : -1)
  const top = corner.y - (isPoint ? LABEL_HEIGHT / 2 : LABEL_HEIGHT + 1)
  const color = style.colorOf(className)
  context.fillStyle = color
  context.beginPath()
  context.roundRect(left, top, width, LABEL_HEIGHT, 3)
  context.fill()
  context.fillStyle = inkOn(color)
  context.fillText(className, left + 4, top + LABEL_HEIGHT / 2 + 0.5, width - 8)
}

export function drawLabels(
  context: CanvasRenderingContext2D,
  view: Viewport,
  annotations: readonly Annotation[],
  style: Style,
): void {
  context.font = LABEL_FONT
  context.textBaseline = 'middle'
  for (const annotation of annotations) drawLabel(context, view, annotation, style)
}

/** How far a label may reach beyond its shape's bounds; longer names are cut off. Screen pixels. */
export const LABEL_OVERHANG = 180

/** How much of a shape is worth drawing when there are many. */
export interface Detail {
  /** Screen pixels; a stroke of 1 is three times cheaper than one of 2. */
  stroke: number
}

/** More shapes than this in view are drawn with thin strokes. */
const MANY = 1_500

export function detailFor(count: number): Detail {
  return { stroke: count > MANY ? 1 : STROKE }
}

/** Shapes smaller than this on screen are a filled rectangle. Screen pixels. */
const SPECK = 3

/**
 * Many annotations: those of one class in one path and one stroke. Fills are separate, so that where
 * two shapes lie over each other both can be seen.
 */
export function drawAnnotations(
  context: CanvasRenderingContext2D,
  view: Viewport,
  annotations: readonly Annotation[],
  style: Style,
  detail: Detail,
): void {
  context.lineJoin = 'round'
  for (const [className, group] of Map.groupBy(annotations, (annotation) => annotation.className))
    drawClass(context, view, group, style.colorOf(className), style.fillOpacity, detail)
}

function drawClass(
  context: CanvasRenderingContext2D,
  view: Viewport,
  group: readonly Annotation[],
  color: string,
  fillOpacity: number,
  detail: Detail,
): void {
  const fill = withOpacity(color, fillOpacity)
  const strokes = new Path2D()
  const points: Annotation['shape'][] = []
  context.fillStyle = fill
  for (const { shape } of group) {
    if (shape.kind === 'keypoint') {
      points.push(shape)
      continue
    }
    const box = shapeBounds(shape)
    if (Math.max(box.w, box.h) * view.scale < SPECK) {
      context.fillStyle = color
      const { x, y } = toScreen(view, box)
      context.fillRect(x, y, Math.max(1, box.w * view.scale), Math.max(1, box.h * view.scale))
      context.fillStyle = fill
      continue
    }
    const outline = new Path2D()
    const outlines = shapeOutlines(shape)
    for (const part of outlines) tracePath(outline, view, part)
    if (outlines[0]?.closed && fillOpacity > 0) context.fill(outline, 'evenodd')
    strokes.addPath(outline)
  }
  context.lineWidth = detail.stroke
  context.strokeStyle = color
  context.stroke(strokes)
  for (const shape of points)
    if (shape.kind === 'keypoint') drawKeypoint(context, view, shape, color)
}
