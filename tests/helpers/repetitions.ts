/** Set by `npm run test:long`: run every repetition, not only a few. */
const LONG = process.env.PICTOGRAPH_LONG_TESTS === '1'

/** Number of repetitions: `few` in `npm test`, `many` in `npm run test:long`. */
export function repetitions({ few, many }: { few: number; many: number }): number {
  return LONG ? many : few
}
