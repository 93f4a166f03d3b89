import type { Viewport } from '#renderer/document/viewport.ts'

/**
 * A decoded image at its full size and at halves of it, largest first. Drawing a small picture of twelve
 * megapixels from the full bitmap costs a frame each time; from a level near the size on screen it is
 * cheap and looks better.
 */
export interface Picture {
  levels: readonly ImageBitmap[]
  /** Image pixels; the largest level of a very large image has fewer. */
  width: number
  height: number
}

/** No level is smaller than this, in pixels of its longer side. */
const SMALLEST = 600

/** Scales a bitmap down by halves; takes the bitmap over. */
export async function pictureOf(
  bitmap: ImageBitmap,
  width: number,
  height: number,
): Promise<Picture> {
  const levels = [bitmap]
  for (let last = bitmap; Math.max(last.width, last.height) >= 2 * SMALLEST; ) {
    last = await createImageBitmap(last, {
      resizeWidth: Math.max(1, last.width >> 1),
      resizeHeight: Math.max(1, last.height >> 1),
      resizeQuality: 'medium',
    })
    levels.push(last)
  }
  return { levels, width, height }
}

export function closePicture({ levels }: Picture): void {
  for (const level of levels) level.close()
}

/** The smallest level that still has a pixel for each pixel on the screen. `scale`: device pixels an image pixel. */
export function levelFor({ levels, width }: Picture, scale: number): ImageBitmap {
  return levels.findLast((level) => level.width >= width * scale) ?? levels[0]
}

/** Beyond this scale each image pixel is drawn as a square, and from the second on with lines between. */
const SHARP_FROM = 2
const GRID_FROM = 8

export function drawPicture(
  context: CanvasRenderingContext2D,
  picture: Picture,
  { scale, x, y, width, height }: Viewport,
): void {
  const level = levelFor(picture, scale * context.getTransform().a)
  context.imageSmoothingEnabled = scale < SHARP_FROM
  context.imageSmoothingQuality = 'low'
  context.drawImage(level, x, y, picture.width * scale, picture.height * scale)
  if (scale < GRID_FROM) return
  // Lines between the pixels in view, and no longer than the image.
  const [left, right] = [Math.max(0, x), Math.min(width, x + picture.width * scale)]
  const [top, bottom] = [Math.max(0, y), Math.min(height, y + picture.height * scale)]
  context.beginPath()
  for (let column = Math.ceil((left - x) / scale); x + column * scale <= right; column++) {
    context.moveTo(Math.round(x + column * scale) + 0.5, top)
    context.lineTo(Math.round(x + column * scale) + 0.5, bottom)
  }
  for (let row = Math.ceil((top - y) / scale); y + row * scale <= bottom; row++) {
    context.moveTo(left, Math.round(y + row * scale) + 0.5)
    context.lineTo(right, Math.round(y + row * scale) + 0.5)
  }
  context.lineWidth = 1
  context.strokeStyle = 'rgba(128, 128, 128, 0.45)'
  context.stroke()
}
