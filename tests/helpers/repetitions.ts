/** `npm run test:long` sets this: every repetition runs, not only a few of them. */
const LONG = process.env.PICTOGRAPH_LONG_TESTS === '1'

/** How often a test repeats itself: `few` in `npm test`, `many` in `npm run test:long`. */
export function repetitions({ few, many }: { few: number; many: number }): number {
  return LONG ? many : few
}
