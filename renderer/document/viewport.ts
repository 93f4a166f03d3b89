import type { SavedView } from '#shared/contract/annotations.ts'
import type { Box, Point } from '#shared/model/annotation.ts'

export interface Viewport {
  /** Screen pixels (CSS) per image pixel. */
  scale: number
  /** Position of the image's origin on the canvas, in screen pixels. */
  x: number
  y: number
  /** Size of the canvas in screen pixels. */
  width: number
  height: number
}

/** Margin around a fitted image, in screen pixels. */
const FIT_MARGIN = 24
const MAX_SCALE = 64
/** Minimum side of a zoomed-out image on screen, in screen pixels. */
const MIN_SIDE = 32

export function toImage({ scale, x, y }: Viewport, screen: Point): Point {
  return { x: (screen.x - x) / scale, y: (screen.y - y) / scale }
}

export function toScreen({ scale, x, y }: Viewport, image: Point): Point {
  return { x: image.x * scale + x, y: image.y * scale + y }
}

/** Pure: centres the whole box on the canvas. */
export function fitBox(view: Viewport, box: Box): Viewport {
  const scale = Math.min(
    MAX_SCALE,
    Math.max(1, view.width - 2 * FIT_MARGIN) / box.w,
    Math.max(1, view.height - 2 * FIT_MARGIN) / box.h,
  )
  return centred({ ...view, scale }, { x: box.x + box.w / 2, y: box.y + box.h / 2 })
}

function centred(view: Viewport, centre: Point): Viewport {
  return {
    ...view,
    x: view.width / 2 - centre.x * view.scale,
    y: view.height / 2 - centre.y * view.scale,
  }
}

/** True if a box is shown as by `fitBox`. */
function isFitted(view: Viewport, box: Box): boolean {
  const fitted = fitBox(view, box)
  return Math.abs(fitted.scale / view.scale - 1) < 1e-6 && Math.abs(fitted.x - view.x) < 1
}

/** Pure: for another canvas size. A fitted box is fitted again; otherwise the centre stays. */
export function resized(
  view: Viewport,
  size: { width: number; height: number },
  box: Box,
): Viewport {
  if (isFitted(view, box)) return fitBox({ ...view, ...size }, box)
  const middle = toImage(view, { x: view.width / 2, y: view.height / 2 })
  return centred({ ...view, ...size }, middle)
}

/** Pure: zooms by a factor and keeps the point at `about` (screen pixels) in place. */
export function zoomBy(
  view: Viewport,
  factor: number,
  about: Point,
  image: { width: number; height: number },
): Viewport {
  const smallest = Math.min(1, MIN_SIDE / Math.max(1, Math.min(image.width, image.height)))
  const scale = Math.min(MAX_SCALE, Math.max(smallest, view.scale * factor))
  const at = toImage(view, about)
  return { ...view, scale, x: about.x - at.x * scale, y: about.y - at.y * scale }
}

/** `box`: the whole image. */
export function viewToSave(view: Viewport, box: Box): SavedView {
  const centre = toImage(view, { x: view.width / 2, y: view.height / 2 })
  return {
    centreX: centre.x,
    centreY: centre.y,
    scale: view.scale,
    isFitted: isFitted(view, box),
  }
}

export function restoreView(view: Viewport, saved: SavedView, box: Box): Viewport {
  const { centreX, centreY, scale } = saved
  if (saved.isFitted) return fitBox(view, box)
  return centred({ ...view, scale }, { x: centreX, y: centreY })
}
