import { FormatError } from './format-error.ts'

/**
 * Limits of label files. Each is far beyond real datasets, and keeps a broken or hostile file
 * from using up memory or minutes. Content beyond a limit is refused by name; the rest of the file is read.
 */
export const LIMITS = {
  /** Classes of a dataset, and the highest class number. Open Images has 20,000. */
  classes: 100_000,
  /** Joints of a skeleton. Whole-body poses have 133. */
  joints: 1_000,
  /** Points of a shape, in all of its rings. */
  points: 200_000,
  /** Distance from the origin in pixels. Larger numbers overflow when an area is computed. */
  coordinate: 1_000_000_000,
  /** Parts that one outline draws, joined by cuts of no width. */
  parts: 2_000,
  /** Characters of the name of an image. Linux allows 4,096 in a path. */
  name: 4_096,
  /** Pixels of a mask: 20,000 × 20,000. */
  maskPixels: 400_000_000,
  /** Pixels that the masks of one image enclose, all boxes around them together. */
  maskPixelsOfImage: 1_000_000_000,
  /** Bytes of a file that is read at once: XML, CSV, text, and JSON that is one value. */
  wholeFileBytes: 256_000_000,
  /** Faults that are listed one by one. */
  failures: 10_000,
  /** Kinds of losses that are listed one by one. */
  losses: 1_000,
} as const

const words = (count: number) => count.toLocaleString('en-US')

/** Throws a FormatError where there are more `things` than the limit. */
export function requireAtMost(count: number, limit: number, things: string, field: string): void {
  if (count > limit)
    throw new FormatError(field, `has ${words(count)} ${things}; up to ${words(limit)} are read`)
}
