import { benchDetect } from './assist-detect.ts'
import { benchAssistLocal } from './assist-local.ts'
import type { Figure } from './measure.ts'

/** The parts of assisted labelling, each measured by itself and in this order. */
const PARTS: readonly (() => Promise<Figure[]>)[] = [benchAssistLocal, benchDetect]

export async function benchAssist(): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const measure of PARTS) figures.push(...(await measure()))
  return figures
}
