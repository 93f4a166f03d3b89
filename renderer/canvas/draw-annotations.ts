import { toScreen, type Viewport } from '#renderer/document/viewport.ts'
import { shapeBounds, shapeDots, shapeOutlines } from '#shared/geometry/shape.ts'
import type { Outline } from '#shared/geometry/shape-geometry.ts'
import type { Annotation, Point } from '#shared/model/annotation.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import { isOccluded, linksOf } from '#shared/model/pose.ts'
import { inkOn, withOpacity } from './palette.ts'

export interface Style {
  classes: readonly AnnotationClass[]
  colorOf: (className: string) => string
  /** 0..1 */
  fillOpacity: number
  /** 0..1 */
  strokeOpacity: number
  /** Of outlines, screen pixels. */
  strokeWidth: number
  showLabels: boolean
}

/** Screen pixels. */
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

/** A dot with a rim that shows on any photograph; one that cannot be seen in the picture is hollow. */
function drawDot(
  context: CanvasRenderingContext2D,
  view: Viewport,
  at: Point,
  color: string,
  radius: number,
  isHollow: boolean,
): void {
  const point = toScreen(view, at)
  context.beginPath()
  context.arc(point.x, point.y, radius, 0, 2 * Math.PI)
  context.fillStyle = isHollow ? '#ffffff' : color
  context.fill()
  context.lineWidth = isHollow ? 2 : 1.5
  context.strokeStyle = isHollow ? color : '#ffffff'
  context.stroke()
}

/** The lines between the joints of one instance, if its points make a pose. */
export function drawLinks(
  context: CanvasRenderingContext2D,
  view: Viewport,
  members: readonly Annotation[],
  style: Style,
): void {
  const { owner, links } = linksOf(members, style.classes)
  if (!owner) return
  context.beginPath()
  for (const points of links) tracePath(context, view, { points, closed: false })
  context.lineWidth = style.strokeWidth
  context.strokeStyle = withOpacity(style.colorOf(owner.name), style.strokeOpacity)
  context.stroke()
}

/** One annotation, selected or hovered. */
export function drawAnnotation(
  context: CanvasRenderingContext2D,
  view: Viewport,
  annotation: Annotation,
  style: Style,
  emphasis: 'hovered' | 'selected',
): void {
  const { shape, className } = annotation
  const color = style.colorOf(className)
  for (const at of shapeDots(shape))
    drawDot(context, view, at, color, KEYPOINT_RADIUS + 1.5, isOccluded(annotation))
  const outlines = shapeOutlines(shape)
  if (outlines.length === 0) return
  context.beginPath()
  for (const outline of outlines) tracePath(context, view, outline)
  if (outlines[0]?.closed) {
    const opacity = style.fillOpacity + 0.12
    context.fillStyle = withOpacity(color, opacity)
    context.fill('evenodd')
  }
  context.lineJoin = 'round'
  if (emphasis === 'selected') {
    context.lineWidth = style.strokeWidth + 3
    context.strokeStyle = 'rgba(255, 255, 255, 0.9)'
    context.stroke()
  }
  context.lineWidth = emphasis === 'hovered' ? style.strokeWidth + 1 : style.strokeWidth
  context.strokeStyle = color
  context.stroke()
}

/** The class name on its colour, above the shape. */
function drawLabel(
  context: CanvasRenderingContext2D,
  view: Viewport,
  { shape, className, instanceId }: Annotation,
  style: Style,
): void {
  const box = shapeBounds(shape)
  const isPoint = box.w === 0 && box.h === 0
  const large = Math.max(box.w, box.h) * view.scale >= LABEL_MIN_SIDE
  // Joints of a pose lie close together: their names would cover it.
  const pointsFrom = instanceId === undefined ? 1 : 4
  if (!large && !(isPoint && view.scale >= pointsFrom)) return
  const corner = toScreen(view, labelPlace(shape))
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

/** The top left corner of a box; of any other outline its topmost point, as its box's corner may lie on a neighbour. */
function labelPlace(shape: Annotation['shape']): Point {
  if (shape.kind === 'bbox') return shape
  const [outline] = shapeOutlines(shape)
  if (!outline) return shapeBounds(shape)
  return outline.points.reduce((top, point) => (point.y < top.y ? point : top))
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
  /** A stroke of 1 pixel is three times cheaper than one of 2. */
  isThin: boolean
}

/** More shapes than this in view are drawn with thin strokes. */
const MANY = 1_500

export function detailFor(count: number): Detail {
  return { isThin: count > MANY }
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
    drawClass(context, view, group, style.colorOf(className), style, detail)
}

function drawClass(
  context: CanvasRenderingContext2D,
  view: Viewport,
  group: readonly Annotation[],
  color: string,
  { fillOpacity, strokeOpacity, strokeWidth }: Style,
  detail: Detail,
): void {
  const fill = withOpacity(color, fillOpacity)
  const strokes = new Path2D()
  const points: [Point, boolean][] = []
  context.fillStyle = fill
  for (const annotation of group) {
    const { shape } = annotation
    const dots = shapeDots(shape)
    if (dots.length > 0) {
      for (const at of dots) points.push([at, isOccluded(annotation)])
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
  context.lineWidth = detail.isThin ? 1 : strokeWidth
  context.strokeStyle = withOpacity(color, strokeOpacity)
  context.stroke(strokes)
  for (const [at, isHollow] of points) drawDot(context, view, at, color, KEYPOINT_RADIUS, isHollow)
}
