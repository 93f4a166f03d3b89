/** Screen pixels. */
export const TILE_HEIGHT = 176
export const GAP = 4
const HEADER = 24
const BETWEEN = 16
const LEAST_TILE_WIDTH = 168
const LINE = TILE_HEIGHT + GAP
/** Lines that are rendered before and after those in sight. */
const OVERSCAN = 2

/** A group, or the part of it that is in sight. */
export interface PlacedGroup {
  index: number
  /** Screen pixels from the top of the list. */
  top: number
  /** Tiles to render: from `first` up to and without `end`. */
  first: number
  end: number
  /** Height of all tiles of the group, and of those before `first`, in screen pixels. */
  height: number
  skipped: number
}

/** Number of tiles side by side in a list of this width. */
export const columnsOf = (width: number): number =>
  Math.max(1, Math.floor((width + GAP) / (LEAST_TILE_WIDTH + GAP)))

const linesOf = (count: number, columns: number) => Math.ceil(count / columns)
const heightOf = (lines: number) => Math.max(0, lines * LINE - GAP)

/** Height of the whole list, in screen pixels. `counts`: images of each group. */
export function totalHeight(counts: readonly number[], columns: number): number {
  const heights = counts.map((count) => HEADER + GAP + heightOf(linesOf(count, columns)) + BETWEEN)
  return heights.reduce((sum, height) => sum + height, 0)
}

/** The groups that are in sight, and of each group only the tiles in sight: a list of thousands costs what ten do. */
export function groupsInSight(
  counts: readonly number[],
  { columns, offset, length }: { columns: number; offset: number; length: number },
): PlacedGroup[] {
  const [from, to] = [offset - OVERSCAN * LINE, offset + length + OVERSCAN * LINE]
  const placed: PlacedGroup[] = []
  let top = 0
  for (const [index, count] of counts.entries()) {
    if (top >= to) break
    const lines = linesOf(count, columns)
    const height = heightOf(lines)
    const tiles = top + HEADER + GAP
    if (tiles + height > from) {
      const firstLine = Math.min(lines, Math.max(0, Math.floor((from - tiles) / LINE)))
      const endLine = Math.min(lines, Math.max(firstLine, Math.ceil((to - tiles) / LINE)))
      placed.push({
        index,
        top,
        first: firstLine * columns,
        end: Math.min(count, endLine * columns),
        height,
        skipped: firstLine * LINE,
      })
    }
    top = tiles + height + BETWEEN
  }
  return placed
}
