import type { Handle, Outline } from '#shared/geometry/shape-geometry.ts'
import type { Annotation, Box, Point } from '#shared/model/annotation.ts'
import { drawAnnotation, drawLabels, type Style, tracePath } from './draw-annotations.ts'
import { toScreen, type Viewport } from './viewport.ts'

const ACCENT = '#4f46e5'
/** Screen pixels. */
const HANDLE_SIDE = 8
const VERTEX_RADIUS = 4
/** Ghosts of edges shorter than this would cover the vertices. Screen pixels. */
const GHOST_MIN_EDGE = 28

/** What the overlay shows; a tool's preview has this shape, but the canvas knows no tools. */
export interface Overlay {
  selected: readonly Annotation[]
  hovered: Annotation | null
  handles: readonly Handle[]
  activeVertex: string | null
  outlines: readonly Outline[]
  vertices: readonly Point[]
  closing: Point | null
  marquee: Box | null
  /** The colour of what is being drawn. */
  color: string
  /** Screen pixels; null when the pointer is elsewhere or no crosshair is wanted. */
  crosshair: Point | null
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

function drawHandle(
  context: CanvasRenderingContext2D,
  view: Viewport,
  handle: Handle,
  active: boolean,
): void {
  const at = toScreen(view, handle.at)
  if (handle.role === 'midpoint') {
    dot(context, at, VERTEX_RADIUS - 1, 'rgba(255, 255, 255, 0.65)', 'rgba(79, 70, 229, 0.65)')
  } else if (handle.role === 'resize') {
    context.fillStyle = '#ffffff'
    context.strokeStyle = ACCENT
    context.lineWidth = 1.5
    context.beginPath()
    context.rect(at.x - HANDLE_SIDE / 2, at.y - HANDLE_SIDE / 2, HANDLE_SIDE, HANDLE_SIDE)
    context.fill()
    context.stroke()
  } else {
    dot(
      context,
      at,
      VERTEX_RADIUS + (active ? 1.5 : 0),
      active ? ACCENT : '#ffffff',
      active ? '#ffffff' : ACCENT,
    )
  }
}

/** Ghosts only where there is room; the handles come in order, so an edge's vertices are its neighbours. */
function roomy(handles: readonly Handle[], view: Viewport): Handle[] {
  const byId = new Map(handles.map((handle) => [handle.id, handle]))
  return handles.filter(({ id, role, at }) => {
    if (role !== 'midpoint') return true
    const vertex = byId.get(id.replace('m', 'v'))
    return (
      !vertex ||
      2 * view.scale * Math.hypot(vertex.at.x - at.x, vertex.at.y - at.y) >= GHOST_MIN_EDGE
    )
  })
}

function drawDrawing(
  context: CanvasRenderingContext2D,
  view: Viewport,
  { outlines, vertices, closing, color }: Overlay,
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
  if (closing) dot(context, toScreen(view, closing), VERTEX_RADIUS + 4, color, '#ffffff')
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

export function drawOverlay(
  context: CanvasRenderingContext2D,
  view: Viewport,
  overlay: Overlay,
  style: Style,
): void {
  if (overlay.hovered) drawAnnotation(context, view, overlay.hovered, style, 'hovered')
  for (const annotation of overlay.selected)
    drawAnnotation(context, view, annotation, style, 'selected')
  if (style.showLabels) drawLabels(context, view, overlay.selected, style)
  for (const handle of roomy(overlay.handles, view))
    drawHandle(context, view, handle, handle.id === overlay.activeVertex)
  drawDrawing(context, view, overlay)
  if (overlay.marquee) drawMarquee(context, view, overlay.marquee)
  if (overlay.crosshair) drawCrosshair(context, view, overlay.crosshair)
}
