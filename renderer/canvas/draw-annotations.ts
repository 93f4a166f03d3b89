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

/** Adds an outline to a path, in screen pixels. */
export function tracePath(path: CanvasPath, view: Viewport, { points, closed }: Outline): void {
  const { scale, x, y } = view
  points.forEach((point, index) => {
    if (index === 0) path.moveTo(point.x * scale + x, point.y * scale + y)
    else path.lineTo(point.x * scale + x, point.y * scale + y)
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
  const width = context.measureText(className).width + 8
  const left = corner.x + (isPoint ? 8 : -1)
  const top = corner.y - (isPoint ? LABEL_HEIGHT / 2 : LABEL_HEIGHT + 1)
  const color = style.colorOf(className)
  context.fillStyle = color
  context.beginPath()
  context.roundRect(left, top, width, LABEL_HEIGHT, 3)
  context.fill()
  context.fillStyle = inkOn(color)
  context.fillText(className, left + 4, top + LABEL_HEIGHT / 2 + 0.5)
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

/**
 * Many annotations: those of one class in one path and one stroke. Fills are separate, so that where
 * two shapes lie over each other both can be seen.
 */
export function drawAnnotations(
  context: CanvasRenderingContext2D,
  view: Viewport,
  annotations: readonly Annotation[],
  style: Style,
): void {
  context.lineJoin = 'round'
  for (const [className, group] of Map.groupBy(annotations, (annotation) => annotation.className)) {
    const color = style.colorOf(className)
    context.fillStyle = withOpacity(color, style.fillOpacity)
    const strokes = new Path2D()
    for (const { shape } of group) {
      if (shape.kind === 'keypoint') continue
      const outlines = shapeOutlines(shape)
      context.beginPath()
      for (const outline of outlines) {
        tracePath(context, view, outline)
        tracePath(strokes, view, outline)
      }
      if (outlines[0]?.closed && style.fillOpacity > 0) context.fill('evenodd')
    }
    context.lineWidth = STROKE
    context.strokeStyle = color
    context.stroke(strokes)
    for (const { shape } of group)
      if (shape.kind === 'keypoint') drawKeypoint(context, view, shape, color)
  }
}
