import type { Viewport } from '#renderer/document/viewport.ts'

/**
 * A decoded image at full size and successive halves, largest first. Drawing a twelve-megapixel picture from the full
 * bitmap at a small size costs a frame each time; a level near the size on screen is cheap and looks better.
 */
export interface Picture {
  levels: readonly ImageBitmap[]
  /** Image pixels; the largest level of a very large image has fewer. */
  width: number
  height: number
}

/** The minimum longer side of a level, in pixels. */
const SMALLEST = 600

/** Scales a bitmap down by halves; takes ownership of the bitmap. */
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

/** The smallest level with at least one pixel per screen pixel. `scale`: device pixels per image pixel. */
export function levelFor({ levels, width }: Picture, scale: number): ImageBitmap {
  return levels.findLast((level) => level.width >= width * scale) ?? levels[0]
}

/** From this scale on, image pixels are drawn as squares; from the second on, with lines between them. */
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
  // Lines between the pixels in view, only within the image.
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
