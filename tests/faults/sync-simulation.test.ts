import { expect, test } from 'vitest'
import { repetitions } from '#tests/helpers/repetitions.ts'
import { emptyTally } from './scene.ts'
import { simulate } from './sync-simulation.ts'

const SEEDS = repetitions({ few: 10, many: 150 })

test(`${SEEDS} simulated weeks of two or three people end in agreement with nothing lost`, {
  timeout: 1_800_000,
}, async () => {
  const sum = emptyTally()
  for (let seed = 1; seed <= SEEDS; seed++) {
    const tally = await simulate(seed)
    for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += tally[key]
  }
  // It must have been hard.
  expect(sum.edits).toBeGreaterThan(SEEDS * 15)
  expect(sum.crashes).toBeGreaterThan(SEEDS / 2)
  expect(sum.conflicts).toBeGreaterThan(SEEDS / 5)
  expect(sum.faults).toBeGreaterThan(SEEDS / 2)
  expect(sum.uploads).toBeGreaterThan(SEEDS / 2)
  expect(sum.discards).toBeGreaterThan(0)
  expect(sum.strangers).toBeGreaterThan(SEEDS)
})
