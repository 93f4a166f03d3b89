import { toImage, toScreen, type Viewport } from '#renderer/document/viewport.ts'
import { shapeDots, shapeOutlines } from '#shared/geometry/shape.ts'
import type { Handle, Outline } from '#shared/geometry/shape-geometry.ts'
import type { Annotation, Box, Point, PolygonShape } from '#shared/model/annotation.ts'
import {
  detailFor,
  drawAnnotations,
  drawEmphasized,
  drawLinks,
  type Style,
  tracePath,
} from './draw-annotations.ts'
import { drawWholeLabels } from './draw-labels.ts'
import { type DrawnProposal, drawProposals } from './draw-proposals.ts'
import { type Brush, drawBrush, drawRegions } from './draw-regions.ts'
import { drawPicture, type Picture } from './picture.ts'

const ACCENT = '#4f46e5'
/** Screen pixels. */
const HANDLE_SIDE = 8
const VERTEX_RADIUS = 4
/** Ghosts of shorter edges would cover the vertices. Screen pixels. */
const GHOST_MIN_EDGE = 28

/** What the overlay shows. A tool's preview has this form, but the canvas knows no tools. */
export interface Overlay {
  selected: readonly Annotation[]
  /** The visible parts of each instance with a selected part. */
  instances: readonly (readonly Annotation[])[]
  hovered: Annotation | null
  /** What models found and nobody accepted yet. */
  proposals: readonly DrawnProposal[]
  handles: readonly Handle[]
  activeVertices: ReadonlySet<string>
  outlines: readonly Outline[]
  vertices: readonly Point[]
  /** Places that are not part of the drawn shape. */
  crosses: readonly Point[]
  closing: Point | null
  /** The place of the next point if it is not under the pointer. */
  snap: Point | null
  marquee: Box | null
  lasso: readonly Point[]
  /** Around several selected shapes, at `margin` screen pixels; its handles are among the handles. */
  frame: { box: Box; margin: number } | null
  /** Where outlines of selected shapes cross themselves. */
  crossings: readonly Point[]
  /** A text beside the pointer. */
  caption: string | null
  /** What was found in the picture and is not drawn yet. Image pixels. */
  regions: readonly PolygonShape[]
  brush: Brush | null
  /** The colour of what is being drawn. */
  color: string
  /** Screen pixels; null when it is elsewhere. */
  pointer: Point | null
  showCrosshair: boolean
  /** The remote versions of shapes in conflict, over ours. Opacities 0..1; null without conflicts. */
  theirs: {
    annotations: readonly Annotation[]
    current: string | null
    opacity: number
    mineOpacity: number
  } | null
  /** What a loupe shows besides the overlay; null without a loupe. */
  loupe: {
    picture: Picture
    /** The filter of the picture, as a canvas expects it. */
    filter: string
    annotationsIn: (box: Box) => readonly Annotation[]
  } | null
}

function dot(
  context: CanvasRenderingContext2D,
  at: Point,
  radius: number,
  fill: string,
  rim: string,
): void {
  context.beginPath()
  context.arc(at.x, at.y, radius, 0, 2 * Math.PI)
  context.fillStyle = fill
  context.fill()
  context.lineWidth = 1.5
  context.strokeStyle = rim
  context.stroke()
}

/** Handles closer than this to the last one would overlap it. Screen pixels. */
const HANDLE_SPACING = 7

/** Draws handles of one look in one path, because a polygon may have thousands. */
function drawHandles(
  context: CanvasRenderingContext2D,
  view: Viewport,
  handles: readonly Handle[],
  active: ReadonlySet<string>,
): void {
  const [squares, dots, ghosts] = [new Path2D(), new Path2D(), new Path2D()]
  const marked: Point[] = []
  let last = { x: Number.NEGATIVE_INFINITY, y: 0 }
  for (const { id, role, at: place, offset, span = 0 } of handles) {
    if (role === 'midpoint' && span * view.scale < GHOST_MIN_EDGE) continue
    const on = toScreen(view, place)
    const at = offset ? { x: on.x + offset.x, y: on.y + offset.y } : on
    if (at.x < -9 || at.y < -9 || at.x > view.width + 9 || at.y > view.height + 9) continue
    if (active.has(id)) marked.push(at)
    else if (role === 'resize')
      squares.rect(at.x - HANDLE_SIDE / 2, at.y - HANDLE_SIDE / 2, HANDLE_SIDE, HANDLE_SIDE)
    else if (role === 'midpoint') addDot(ghosts, at, VERTEX_RADIUS - 1)
    else if (role === 'rotate') addDot(dots, at, VERTEX_RADIUS)
    else if (Math.abs(at.x - last.x) + Math.abs(at.y - last.y) >= HANDLE_SPACING) {
      addDot(dots, at, VERTEX_RADIUS)
      last = at
    }
  }
  context.lineWidth = 1.5
  context.fillStyle = 'rgba(255, 255, 255, 0.65)'
  context.strokeStyle = 'rgba(79, 70, 229, 0.65)'
  context.fill(ghosts)
  context.stroke(ghosts)
  context.fillStyle = '#ffffff'
  context.strokeStyle = ACCENT
  for (const path of [squares, dots]) {
    context.fill(path)
    context.stroke(path)
  }
  for (const at of marked) dot(context, at, VERTEX_RADIUS + 1.5, ACCENT, '#ffffff')
}

function addDot(path: Path2D, { x, y }: Point, radius: number): void {
  path.moveTo(x + radius, y)
  path.arc(x, y, radius, 0, 2 * Math.PI)
}

function drawDrawing(
  context: CanvasRenderingContext2D,
  view: Viewport,
  { outlines, vertices, crosses, closing, snap, color }: Overlay,
): void {
  context.beginPath()
  for (const outline of outlines) tracePath(context, view, outline)
  context.lineWidth = 4
  context.strokeStyle = 'rgba(255, 255, 255, 0.8)'
  context.stroke()
  context.lineWidth = 2
  context.strokeStyle = color
  context.stroke()
  for (const vertex of vertices)
    dot(context, toScreen(view, vertex), VERTEX_RADIUS, '#ffffff', color)
  drawCrossings(context, view, crosses)
  if (closing) dot(context, toScreen(view, closing), VERTEX_RADIUS + 4, color, '#ffffff')
  if (!snap) return
  // A ring, so that the border under it is visible.
  const at = toScreen(view, snap)
  for (const [style, width] of [
    ['#ffffff', 4],
    [ACCENT, 2],
  ] as const) {
    context.beginPath()
    context.arc(at.x, at.y, VERTEX_RADIUS + 3, 0, 2 * Math.PI)
    context.lineWidth = width
    context.strokeStyle = style
    context.stroke()
  }
}

function drawMarquee(context: CanvasRenderingContext2D, view: Viewport, box: Box): void {
  const { x, y } = toScreen(view, box)
  context.fillStyle = 'rgba(79, 70, 229, 0.12)'
  context.strokeStyle = ACCENT
  context.lineWidth = 1
  context.beginPath()
  context.rect(x, y, box.w * view.scale, box.h * view.scale)
  context.fill()
  context.stroke()
}

function drawCrosshair(
  context: CanvasRenderingContext2D,
  { width, height }: Viewport,
  at: Point,
): void {
  for (const [color, dash] of [
    ['rgba(0, 0, 0, 0.6)', []],
    ['rgba(255, 255, 255, 0.8)', [4, 4]],
  ] as const) {
    context.setLineDash([...dash])
    context.strokeStyle = color
    context.lineWidth = 1
    context.beginPath()
    context.moveTo(0, at.y + 0.5)
    context.lineTo(width, at.y + 0.5)
    context.moveTo(at.x + 0.5, 0)
    context.lineTo(at.x + 0.5, height)
    context.stroke()
  }
  context.setLineDash([])
}

function drawLasso(
  context: CanvasRenderingContext2D,
  view: Viewport,
  points: readonly Point[],
): void {
  context.beginPath()
  tracePath(context, view, { points, closed: true })
  context.fillStyle = 'rgba(79, 70, 229, 0.12)'
  context.strokeStyle = ACCENT
  context.lineWidth = 1
  context.fill()
  context.stroke()
}

function drawFrame(
  context: CanvasRenderingContext2D,
  view: Viewport,
  { box, margin }: NonNullable<Overlay['frame']>,
): void {
  const { x, y } = toScreen(view, box)
  context.setLineDash([5, 4])
  context.strokeStyle = ACCENT
  context.lineWidth = 1
  context.strokeRect(
    x - margin,
    y - margin,
    box.w * view.scale + 2 * margin,
    box.h * view.scale + 2 * margin,
  )
  context.setLineDash([])
}

const WARNING = '#dc2626'

/** Draws a cross in a disc where an outline crosses itself. */
function drawCrossings(
  context: CanvasRenderingContext2D,
  view: Viewport,
  crossings: readonly Point[],
): void {
  for (const crossing of crossings) {
    const at = toScreen(view, crossing)
    dot(context, at, 7, WARNING, '#ffffff')
    context.beginPath()
    context.moveTo(at.x - 3, at.y - 3)
    context.lineTo(at.x + 3, at.y + 3)
    context.moveTo(at.x + 3, at.y - 3)
    context.lineTo(at.x - 3, at.y + 3)
    context.stroke()
  }
}

/** Draws a text on a dark background, below the pointer. */
function drawCaption(context: CanvasRenderingContext2D, at: Point, text: string): void {
  context.font = '500 12px "Inter Variable", sans-serif'
  context.textBaseline = 'middle'
  const width = context.measureText(text).width + 12
  context.fillStyle = 'rgba(17, 24, 39, 0.9)'
  context.beginPath()
  context.roundRect(at.x + 14, at.y + 14, width, 22, 5)
  context.fill()
  context.fillStyle = '#ffffff'
  context.fillText(text, at.x + 20, at.y + 25.5)
}

/** Screen pixels. */
const LOUPE_RADIUS = 80
const LOUPE_DISTANCE = 110
const LOUPE_FACTOR = 4

/** Draws an enlarged view of what is under the pointer, beside it. */
function drawLoupe(
  context: CanvasRenderingContext2D,
  view: Viewport,
  overlay: Overlay,
  style: Style,
  { picture, filter, annotationsIn }: NonNullable<Overlay['loupe']>,
  pointer: Point,
): void {
  // On the side with enough space.
  const centre = {
    x:
      pointer.x +
      (pointer.x + LOUPE_DISTANCE + LOUPE_RADIUS < view.width ? 1 : -1) * LOUPE_DISTANCE,
    y: pointer.y + (pointer.y - LOUPE_DISTANCE - LOUPE_RADIUS > 0 ? -1 : 1) * LOUPE_DISTANCE,
  }
  const at = toImage(view, pointer)
  const scale = Math.max(2, view.scale * LOUPE_FACTOR)
  const inside = { ...view, scale, x: centre.x - at.x * scale, y: centre.y - at.y * scale }
  const reach = LOUPE_RADIUS / scale
  const box = { x: at.x - reach, y: at.y - reach, w: 2 * reach, h: 2 * reach }
  context.save()
  context.beginPath()
  context.arc(centre.x, centre.y, LOUPE_RADIUS, 0, 2 * Math.PI)
  context.fillStyle = '#111827'
  context.fill()
  context.clip()
  context.filter = filter
  drawPicture(context, picture, inside)
  context.filter = 'none'
  drawEmphasized(context, inside, annotationsIn(box), style, 'hovered')
  drawEdited(context, inside, overlay, style)
  context.strokeStyle = 'rgba(255, 255, 255, 0.9)'
  context.lineWidth = 1
  context.beginPath()
  context.moveTo(centre.x - 10, centre.y)
  context.lineTo(centre.x + 10, centre.y)
  context.moveTo(centre.x, centre.y - 10)
  context.lineTo(centre.x, centre.y + 10)
  context.stroke()
  context.restore()
  // Dark and white, so that one of them is visible on any picture.
  for (const [rim, width] of [
    ['#111827', 5],
    ['#ffffff', 2],
  ] as const) {
    context.beginPath()
    context.arc(centre.x, centre.y, LOUPE_RADIUS, 0, 2 * Math.PI)
    context.lineWidth = width
    context.strokeStyle = rim
    context.stroke()
  }
}

/** Draws the selection, its handles, and the shape that is being drawn. */
function drawEdited(
  context: CanvasRenderingContext2D,
  view: Viewport,
  overlay: Overlay,
  style: Style,
): void {
  drawLinks(context, view, overlay.instances, style)
  // The lines would cover the unselected joints.
  const selected = new Set(overlay.selected.map(({ id }) => id))
  const others = overlay.instances.flat().filter(({ id }) => !selected.has(id))
  drawAnnotations(context, view, others, style, detailFor(others.length))
  drawEmphasized(context, view, overlay.selected, style, 'selected')
  if (style.showLabels) drawWholeLabels(context, view, overlay.selected, style)
  if (overlay.frame) drawFrame(context, view, overlay.frame)
  drawHandles(context, view, overlay.handles, overlay.activeVertices)
  drawCrossings(context, view, overlay.crossings)
  drawRegions(context, view, overlay.regions, overlay.color)
  if (overlay.brush) drawBrush(context, view, overlay.brush, overlay.color, overlay.pointer)
  drawDrawing(context, view, overlay)
}

const THEIRS = '#db2777'

/** Dashed and in one colour, so that they are not mistaken for ours. */
function drawTheirs(
  context: CanvasRenderingContext2D,
  view: Viewport,
  { annotations, current, opacity }: NonNullable<Overlay['theirs']>,
): void {
  context.save()
  context.globalAlpha = opacity
  for (const { id, shape } of annotations) {
    const path = new Path2D()
    for (const outline of shapeOutlines(shape)) tracePath(path, view, outline)
    for (const { x, y } of shapeDots(shape).map((place) => toScreen(view, place))) {
      path.moveTo(x + VERTEX_RADIUS, y)
      path.arc(x, y, VERTEX_RADIUS, 0, 2 * Math.PI)
    }
    const isCurrent = id === current
    context.setLineDash([])
    context.strokeStyle = 'rgba(255, 255, 255, 0.9)'
    context.lineWidth = isCurrent ? 5 : 3
    context.stroke(path)
    context.setLineDash([7, 5])
    context.strokeStyle = THEIRS
    context.lineWidth = isCurrent ? 3 : 1.5
    context.stroke(path)
  }
  context.restore()
}

export function drawOverlay(
  context: CanvasRenderingContext2D,
  view: Viewport,
  overlay: Overlay,
  style: Style,
): void {
  if (overlay.hovered) {
    drawEmphasized(context, view, [overlay.hovered], style, 'hovered')
    if (style.showLabels) drawWholeLabels(context, view, [overlay.hovered], style)
  }
  drawProposals(context, view, overlay.proposals)
  context.globalAlpha = overlay.theirs?.mineOpacity ?? 1
  drawEdited(context, view, overlay, style)
  context.globalAlpha = 1
  if (overlay.theirs) drawTheirs(context, view, overlay.theirs)
  if (overlay.marquee) drawMarquee(context, view, overlay.marquee)
  if (overlay.lasso.length > 1) drawLasso(context, view, overlay.lasso)
  const { pointer, loupe, caption } = overlay
  if (!pointer) return
  if (overlay.showCrosshair) drawCrosshair(context, view, pointer)
  if (caption !== null) drawCaption(context, pointer, caption)
  if (loupe) drawLoupe(context, view, overlay, style, loupe, pointer)
}
