import { toScreen, type Viewport } from '#renderer/document/viewport.ts'
import { boxesTouch } from '#shared/geometry/box.ts'
import { shapeArea, shapeBounds, shapeOutlines } from '#shared/geometry/shape.ts'
import type { Annotation, Box, Point } from '#shared/model/annotation.ts'
import type { Style } from './draw-annotations.ts'
import { inkOn } from './palette.ts'

const FONT = '500 11px "Inter Variable", sans-serif'
/** Screen pixels. */
const HEIGHT = 16
const PADDING = 4
/** Shapes smaller than this on screen get no label: it would hide them. Screen pixels. */
const MIN_SIDE = 28
/** How far a label may reach beyond its shape's bounds; longer names are cut off. Screen pixels. */
export const LABEL_OVERHANG = 180
/** Longest label of a selected shape. */
const LONGEST = LABEL_OVERHANG - 12

/** The text, cut off with an ellipsis where it is wider than `width`; empty when not even one letter has room. */
export function shortened(text: string, width: number, measure: (text: string) => number): string {
  if (measure(text) <= width) return text
  const letters = [...text]
  let [low, high] = [0, letters.length - 1]
  const cut = (length: number) => `${letters.slice(0, length).join('').trimEnd()}…`
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (measure(cut(middle)) <= width) low = middle
    else high = middle - 1
  }
  return low === 0 ? '' : cut(low)
}

export interface Label {
  text: string
  /** Screen pixels. */
  box: Box
}

/** The top left corner of a box; of any other outline its topmost point, as its box's corner may lie on a neighbour. */
function placeOf(shape: Annotation['shape']): Point {
  if (shape.kind === 'bbox') return shape
  const [outline] = shapeOutlines(shape)
  if (!outline) return shapeBounds(shape)
  return outline.points.reduce((top, point) => (point.y < top.y ? point : top))
}

/**
 * The label of a shape; null when the shape is too small for one. `isWhole`: a selected or hovered shape has its whole
 * name; any other label is no wider than its shape.
 */
export function labelOf(
  { shape, className, instanceId }: Annotation,
  view: Viewport,
  measure: (text: string) => number,
  isWhole: boolean,
): Label | null {
  const bounds = shapeBounds(shape)
  const isPoint = bounds.w === 0 && bounds.h === 0
  // Joints of a pose lie close together: their names would cover it.
  const pointsFrom = instanceId === undefined ? 1 : 4
  const [width, height] = [bounds.w * view.scale, bounds.h * view.scale]
  const isLarge = Math.max(width, height) >= MIN_SIDE && (isWhole || width >= MIN_SIDE)
  if (!isLarge && !(isPoint && (isWhole || view.scale >= pointsFrom))) return null
  const room = isWhole || isPoint ? LONGEST : Math.min(LONGEST, width)
  const text = shortened(className, room - 2 * PADDING, measure)
  if (text === '') return null
  const corner = toScreen(view, placeOf(shape))
  return {
    text,
    box: {
      x: corner.x + (isPoint ? 8 : -1),
      y: corner.y - (isPoint ? HEIGHT / 2 : HEIGHT + 1),
      w: measure(text) + 2 * PADDING,
      h: HEIGHT,
    },
  }
}

/** Larger shapes keep their labels; of equal ones that with the lesser id. */
function before(a: Annotation, b: Annotation): boolean {
  const difference = shapeArea(a.shape) - shapeArea(b.shape)
  return difference === 0 ? a.id < b.id : difference > 0
}

/** Widths of texts in the labels' font: measuring is slow, and there are many labels of few classes. */
function measureWith(context: CanvasRenderingContext2D): (text: string) => number {
  const known = new Map<string, number>()
  return (text) => {
    let width = known.get(text)
    if (width === undefined) {
      width = context.measureText(text).width
      known.set(text, width)
    }
    return width
  }
}

function drawLabel(context: CanvasRenderingContext2D, { text, box }: Label, color: string): void {
  context.fillStyle = color
  context.beginPath()
  context.roundRect(box.x, box.y, box.w, box.h, 3)
  context.fill()
  context.fillStyle = inkOn(color)
  context.fillText(text, box.x + PADDING, box.y + box.h / 2 + 0.5)
}

function begin(context: CanvasRenderingContext2D): (text: string) => number {
  context.font = FONT
  context.textBaseline = 'middle'
  return measureWith(context)
}

/** The whole names of selected and hovered shapes. */
export function drawWholeLabels(
  context: CanvasRenderingContext2D,
  view: Viewport,
  annotations: readonly Annotation[],
  { colorOf }: Style,
): void {
  const measure = begin(context)
  for (const annotation of annotations) {
    const label = labelOf(annotation, view, measure, true)
    if (label) drawLabel(context, label, colorOf(annotation.className))
  }
}

/**
 * The labels that have room, no larger than their shapes. Of labels that would cover each other the larger shape's is
 * drawn. That depends on the shapes alone, so a part of the image is drawn like the whole. `near`: the shapes around a
 * box, image pixels.
 */
export function drawLabels(
  context: CanvasRenderingContext2D,
  view: Viewport,
  annotations: readonly Annotation[],
  { colorOf }: Style,
  near: (box: Box) => readonly Annotation[],
): void {
  const measure = begin(context)
  for (const annotation of annotations) {
    const label = labelOf(annotation, view, measure, false)
    if (!label || isCovered(annotation, label, view, measure, near)) continue
    drawLabel(context, label, colorOf(annotation.className))
  }
}

/** Whether the label of a shape that goes first lies over this one. */
export function isCovered(
  annotation: Annotation,
  { box }: Label,
  view: Viewport,
  measure: (text: string) => number,
  near: (box: Box) => readonly Annotation[],
): boolean {
  const { scale, x, y } = view
  // A label lies right above its shape, a point's beside it.
  const around = {
    x: (box.x - x - LABEL_OVERHANG) / scale,
    y: (box.y - y - HEIGHT) / scale,
    w: (box.w + LABEL_OVERHANG + PADDING) / scale,
    h: (3 * HEIGHT) / scale,
  }
  return near(around).some((other) => {
    if (other.id === annotation.id || !before(other, annotation)) return false
    const label = labelOf(other, view, measure, false)
    return label !== null && boxesTouch(label.box, box)
  })
}
