import { type Mask, traceMask } from '#shared/geometry/raster.ts'
import type { Point } from '#shared/model/annotation.ts'
import { FormatError } from './format-error.ts'
import { LIMITS, requireAtMost } from './limits.ts'
import type { Size } from './types.ts'

/** Remaining number of pixels that the masks of one image may enclose. */
export interface MaskBudget {
  pixels: number
}

export const maskBudget = (): MaskBudget => ({ pixels: LIMITS.maskPixelsOfImage })

/** A piece of a mask, in a table whose lines are its rows or its columns. */
interface Piece {
  firstLine: number
  lastLine: number
  from: number
  to: number
}

/**
 * The regions of a mask that is given as run lengths, beginning with zeros, along its columns (COCO) or its rows (CVAT).
 * Only the box around what is inside is made pixels: a small thing in a huge image costs little. Throws a FormatError.
 */
export function regionsOfRuns(
  runs: readonly number[],
  { width, height }: Size,
  along: 'columns' | 'rows',
  field: string,
  budget: MaskBudget,
): Point[][][] {
  const length = along === 'columns' ? height : width
  const total = width * height
  const box = boxOfRuns(runs, length, total, field)
  if (!box) return []
  const lines = box.lastLine - box.firstLine + 1
  const across = box.to - box.from + 1
  requireAtMost(lines * across, LIMITS.maskPixels, 'pixels', field)
  if (lines * across > budget.pixels)
    throw new FormatError(
      field,
      `makes more than ${LIMITS.maskPixelsOfImage.toLocaleString('en-US')} pixels of masks in one image`,
    )
  budget.pixels -= lines * across
  const [left, top] = along === 'columns' ? [box.firstLine, box.from] : [box.from, box.firstLine]
  const mask: Mask =
    along === 'columns'
      ? { width: lines, height: across, data: new Uint8Array(lines * across) }
      : { width: across, height: lines, data: new Uint8Array(lines * across) }
  fill(mask, runs, length, box, along)
  return regionsOfMask(mask, field).map((rings) =>
    rings.map((ring) => ring.map(({ x, y }) => ({ x: x + left, y: y + top }))),
  )
}

/** The borders of a mask, see `traceMask`. Throws a FormatError where they are too long. */
export function regionsOfMask(mask: Mask, field: string): Point[][][] {
  try {
    return traceMask(mask, 4 * LIMITS.points)
  } catch (error) {
    if (error instanceof RangeError) throw new FormatError(field, error.message)
    throw error
  }
}

/** null: nothing is inside. Throws a FormatError where the counts do not add up to the size. */
function boxOfRuns(
  runs: readonly number[],
  length: number,
  total: number,
  field: string,
): Piece | null {
  let position = 0
  const box: Piece = { firstLine: Infinity, lastLine: -1, from: Infinity, to: -1 }
  for (const [index, count] of runs.entries()) {
    if (!Number.isInteger(count) || count < 0 || position + count > total)
      throw new FormatError(field, 'its counts do not fit its size')
    if (index % 2 === 1 && count > 0) {
      const [first, last] = [position, position + count - 1]
      const [firstLine, lastLine] = [Math.floor(first / length), Math.floor(last / length)]
      const isOneLine = firstLine === lastLine
      box.firstLine = Math.min(box.firstLine, firstLine)
      box.lastLine = Math.max(box.lastLine, lastLine)
      box.from = Math.min(box.from, isOneLine ? first % length : 0)
      box.to = Math.max(box.to, isOneLine ? last % length : length - 1)
    }
    position += count
  }
  if (position !== total) throw new FormatError(field, 'its counts do not add up to its size')
  return box.lastLine < 0 ? null : box
}

function fill(
  mask: Mask,
  runs: readonly number[],
  length: number,
  { firstLine, from }: Piece,
  along: 'columns' | 'rows',
): void {
  const { width, data } = mask
  let position = 0
  for (const [index, count] of runs.entries()) {
    if (index % 2 === 1)
      for (let at = position; at < position + count; ) {
        const line = Math.floor(at / length)
        const end = Math.min(position + count, (line + 1) * length)
        const [begin, stop] = [(at % length) - from, end - line * length - from]
        const own = line - firstLine
        if (along === 'rows') data.fill(1, own * width + begin, own * width + stop)
        else for (let y = begin; y < stop; y++) data[y * width + own] = 1
        at = end
      }
    position += count
  }
}
