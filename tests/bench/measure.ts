/** One figure of a benchmark. `ratio` compares with the baseline of the same run; larger is better. */
export interface Figure {
  name: string
  value: number
  unit: string
  baseline?: { name: string; value: number }
  ratio?: number
}

/** The duration of some work, in milliseconds. */
export async function timed(work: () => unknown): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/** The median of three runs in milliseconds, because other work may disturb a single one. */
export async function medianOfThree(work: () => unknown): Promise<number> {
  const times = [await timed(work), await timed(work), await timed(work)]
  return times.sort((a, b) => a - b)[1]
}

/** The value below which `share` (0..1) of the values lie. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}

/** A rate compared with the rate of its baseline. */
export function against(
  name: string,
  value: number,
  unit: string,
  baseline: { name: string; value: number },
): Figure {
  return { name, value, unit, baseline, ratio: value / baseline.value }
}
