import { FormatError } from './format-error.ts'

/**
 * What a label file may say. Each limit is far beyond the datasets that people have, and keeps a broken or hostile file
 * from taking the memory or minutes. What is beyond one is refused by name; the rest of the file is read.
 */
export const LIMITS = {
  /** Classes of a dataset, and the highest class number. Open Images has 20,000. */
  classes: 100_000,
  /** Joints of a skeleton. Whole-body poses have 133. */
  joints: 1_000,
  /** Points of a shape, in all of its rings. */
  points: 200_000,
  /** Pixels from the origin. What is farther away overflows as soon as an area is made of it. */
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
  /** Faults that are told one by one. */
  failures: 10_000,
  /** Kinds of losses that are told one by one. */
  losses: 1_000,
} as const

const words = (count: number) => count.toLocaleString('en-US')

/** Throws a FormatError where there are more `things` than the limit. */
export function requireAtMost(count: number, limit: number, things: string, field: string): void {
  if (count > limit)
    throw new FormatError(field, `has ${words(count)} ${things}; up to ${words(limit)} are read`)
}
