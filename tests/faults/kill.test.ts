import { expect, test } from 'vitest'
import { seededRandom } from '#tests/helpers/random.ts'
import { repetitions } from '#tests/helpers/repetitions.ts'
import { killAgainAndAgain } from './kill.ts'

const KILLS = repetitions({ few: 20, many: 200 })

test(`no acknowledged edit is lost over ${KILLS} kills at random moments`, {
  timeout: 600_000,
}, async () => {
  const half = (seed: number) => killAgainAndAgain(KILLS / 2, seededRandom(seed))
  const [a, b] = await Promise.all([half(1), half(2)])
  // The kills must have interrupted real work.
  expect(a.acknowledged + b.acknowledged).toBeGreaterThan(KILLS)
})
