import { toScreen, type Viewport } from '#renderer/document/viewport.ts'
import { shapeBounds, shapeDots, shapeOutlines } from '#shared/geometry/shape.ts'
import type { Outline } from '#shared/geometry/shape-geometry.ts'
import type { Annotation, Point } from '#shared/model/annotation.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import { isOccluded, linksOf } from '#shared/model/pose.ts'
import { withOpacity } from './palette.ts'

export interface Style {
  classes: readonly AnnotationClass[]
  colorOf: (className: string) => string
  /** 0..1 */
  fillOpacity: number
  /** 0..1 */
  strokeOpacity: number
  /** Width of outlines, in screen pixels. */
  strokeWidth: number
  showLabels: boolean
}

/** Screen pixels. */
const KEYPOINT_RADIUS = 4.5

/** Vertices closer than this to the last one are skipped. Screen pixels. */
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

/** Draws dots of one colour in one path, with a rim that is visible on any photo; dots of hidden joints are hollow. */
function drawDots(
  context: CanvasRenderingContext2D,
  view: Viewport,
  points: readonly Point[],
  color: string,
  radius: number,
  isHollow: boolean,
): void {
  if (points.length === 0) return
  context.beginPath()
  for (const place of points) {
    const { x, y } = toScreen(view, place)
    context.moveTo(x + radius, y)
    context.arc(x, y, radius, 0, 2 * Math.PI)
  }
  context.fillStyle = isHollow ? '#ffffff' : color
  context.fill()
  context.lineWidth = isHollow ? 2 : 1.5
  context.strokeStyle = isHollow ? color : '#ffffff'
  context.stroke()
}

/** Draws the lines between joints of poses, those of one class in one path. */
export function drawLinks(
  context: CanvasRenderingContext2D,
  view: Viewport,
  instances: readonly (readonly Annotation[])[],
  style: Style,
): void {
  const paths = new Map<string, Path2D>()
  for (const members of instances) {
    const { owner, links } = linksOf(members, style.classes)
    if (!owner) continue
    const path = paths.get(owner.name) ?? new Path2D()
    paths.set(owner.name, path)
    for (const points of links) tracePath(path, view, { points, closed: false })
  }
  context.lineWidth = style.strokeWidth
  for (const [className, path] of paths) {
    context.strokeStyle = withOpacity(style.colorOf(className), style.strokeOpacity)
    context.stroke(path)
  }
}

type Emphasis = 'hovered' | 'selected'

/** Draws selected or hovered annotations, with their dots above their outlines. */
export function drawEmphasized(
  context: CanvasRenderingContext2D,
  view: Viewport,
  annotations: readonly Annotation[],
  style: Style,
  emphasis: Emphasis,
): void {
  for (const annotation of annotations) drawOutlines(context, view, annotation, style, emphasis)
  for (const [className, group] of Map.groupBy(annotations, (annotation) => annotation.className))
    drawDotsOf(context, view, group, style.colorOf(className), KEYPOINT_RADIUS + 1.5)
}

function drawDotsOf(
  context: CanvasRenderingContext2D,
  view: Viewport,
  group: readonly Annotation[],
  color: string,
  radius: number,
): void {
  const [full, hollow]: [Point[], Point[]] = [[], []]
  for (const annotation of group) {
    const dots = shapeDots(annotation.shape)
    if (dots.length > 0) (isOccluded(annotation) ? hollow : full).push(...dots)
  }
  drawDots(context, view, full, color, radius, false)
  drawDots(context, view, hollow, color, radius, true)
}

function drawOutlines(
  context: CanvasRenderingContext2D,
  view: Viewport,
  { shape, className }: Annotation,
  style: Style,
  emphasis: Emphasis,
): void {
  const color = style.colorOf(className)
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

/** How much of a shape is worth drawing when there are many. */
export interface Detail {
  /** A stroke of 1 pixel costs a third of one of 2. */
  isThin: boolean
}

/** With more shapes than this in view, strokes are thin. */
const MANY = 1_500

export function detailFor(count: number): Detail {
  return { isThin: count > MANY }
}

/** Smaller shapes are drawn as a filled rectangle. Screen pixels. */
const SPECK = 3

/**
 * Draws many annotations: those of one class in one path and one stroke. Fills are separate, so that overlapping
 * shapes are both visible.
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
  context.fillStyle = fill
  for (const annotation of group) {
    const { shape } = annotation
    if (shapeDots(shape).length > 0) continue
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
  drawDotsOf(context, view, group, color, KEYPOINT_RADIUS)
}
