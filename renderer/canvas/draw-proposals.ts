import { toScreen, type Viewport } from '#renderer/document/viewport.ts'
import { shapeBounds, shapeDots, shapeOutlines } from '#shared/geometry/shape.ts'
import type { Point, Shape } from '#shared/model/annotation.ts'
import { tracePath } from './draw-annotations.ts'
import { withOpacity } from './palette.ts'

/** What a model found and nobody accepted yet, as it is drawn. */
export interface DrawnProposal {
  shape: Shape
  joints: readonly Point[]
  /** Its class and how sure the model is. */
  label: string
  color: string
  /** It is decided on next. */
  isCurrent: boolean
  /** Something is there already. */
  isCovered: boolean
}

/** Screen pixels. */
const DASH = [7, 4]
const JOINT_RADIUS = 3.5
const LABEL_HEIGHT = 16
const LABEL_FONT = '500 11px "Inter Variable", sans-serif'
/** Of what is there already: it steps back. */
const COVERED_OPACITY = 0.5
/** Smaller ones get no label unless they are decided on next. Screen pixels. */
const LABEL_MIN_SIDE = 24

/** Dashed, so that they are never taken for annotations, with how sure the model is. */
export function drawProposals(
  context: CanvasRenderingContext2D,
  view: Viewport,
  proposals: readonly DrawnProposal[],
): void {
  if (proposals.length === 0) return
  context.save()
  context.lineJoin = 'round'
  // The one that is decided on next lies over the others.
  const last = proposals.filter(({ isCurrent }) => isCurrent)
  for (const proposal of [...proposals.filter(({ isCurrent }) => !isCurrent), ...last])
    if (isInView(view, proposal.shape)) drawProposal(context, view, proposal)
  context.restore()
}

function isInView(view: Viewport, shape: Shape): boolean {
  const { x, y, w, h } = shapeBounds(shape)
  const from = toScreen(view, { x, y })
  const to = toScreen(view, { x: x + w, y: y + h })
  return to.x >= 0 && to.y >= 0 && from.x <= view.width && from.y <= view.height
}

function drawProposal(
  context: CanvasRenderingContext2D,
  view: Viewport,
  { shape, joints, label, color, isCurrent, isCovered }: DrawnProposal,
): void {
  const path = new Path2D()
  for (const outline of shapeOutlines(shape)) tracePath(path, view, outline)
  for (const { x, y } of [...shapeDots(shape), ...joints].map((place) => toScreen(view, place))) {
    path.moveTo(x + JOINT_RADIUS, y)
    path.arc(x, y, JOINT_RADIUS, 0, 2 * Math.PI)
  }
  context.globalAlpha = isCovered && !isCurrent ? COVERED_OPACITY : 1
  if (isCurrent) {
    context.fillStyle = withOpacity(color, 0.16)
    context.fill(path, 'evenodd')
  }
  context.setLineDash([])
  context.strokeStyle = isCurrent ? '#ffffff' : 'rgba(255, 255, 255, 0.8)'
  context.lineWidth = isCurrent ? 5 : 3
  context.stroke(path)
  context.setLineDash(DASH)
  context.strokeStyle = color
  context.lineWidth = isCurrent ? 2.5 : 1.5
  context.stroke(path)
  context.setLineDash([])
  const { w, h } = shapeBounds(shape)
  if (isCurrent || Math.max(w, h) * view.scale >= LABEL_MIN_SIDE)
    drawLabel(context, view, shape, label, color)
}

/** Dark on white within a border of the class's colour: an annotation's label is filled with it. */
function drawLabel(
  context: CanvasRenderingContext2D,
  view: Viewport,
  shape: Shape,
  label: string,
  color: string,
): void {
  const { x, y } = toScreen(view, shapeBounds(shape))
  context.font = LABEL_FONT
  context.textBaseline = 'middle'
  const width = context.measureText(label).width + 10
  const top = Math.max(0, y - LABEL_HEIGHT - 2)
  context.fillStyle = '#ffffff'
  context.strokeStyle = color
  context.lineWidth = 1.5
  context.beginPath()
  context.roundRect(x, top, width, LABEL_HEIGHT, 3)
  context.fill()
  context.stroke()
  context.fillStyle = '#111827'
  context.fillText(label, x + 5, top + LABEL_HEIGHT / 2 + 0.5)
}
