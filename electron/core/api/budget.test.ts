import { describe, expect, test } from 'vitest'
import { RequestBudget } from './budget.ts'
import { parseRateLimit } from './retry.ts'

const HOUR_MS = 3_600_000

function budgetAt(limit: number | null) {
  let now = 1e12
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms
    },
    random: () => 0.5,
  }
  const budget = new RequestBudget(limit, clock)
  return {
    budget,
    pass: (ms: number) => {
      now += ms
    },
    async use(requests: number, everyMs = 300) {
      for (let made = 0; made < requests; made++) {
        await budget.take()
        now += everyMs
      }
    },
  }
}

describe('one refusal', () => {
  test.each([
    [20_000, 3_000],
    [5_000, 1_200],
    [100_000, 9_000],
  ])(
    'of a plan of %d after %d requests changes neither the plan nor the hour',
    async (plan, used) => {
      const { budget, use, pass } = budgetAt(plan)
      await use(used)
      budget.pause(1_000)
      budget.refused()
      pass(2_000)
      expect(budget.state.limit).toBe(plan)
      expect(budget.waitMs()).toBe(0)
    },
  )

  test('that matches a smaller plan sets that limit for an hour, and is never stored', async () => {
    const { budget, use, pass } = budgetAt(20_000)
    await use(2_000)
    budget.refused()
    expect(budget.state).toMatchObject({ limit: 2_000, plan: 20_000 })
    expect(budget.waitMs()).toBeGreaterThan(0)
    pass(HOUR_MS + 1)
    expect(budget.state).toMatchObject({ limit: 20_000, plan: 20_000 })
  })
})

describe('the service’s own figures', () => {
  test('override settings and guesses', async () => {
    const { budget, use } = budgetAt(null)
    await use(2_000)
    budget.refused()
    budget.told({ limit: 20_000, remaining: 18_000, resetInMs: 60_000 })
    expect(budget.state).toMatchObject({ limit: 20_000, plan: 20_000, used: 2_000 })
    expect(budget.waitMs()).toBe(0)
  })

  test('include other people’s requests, and say when it resumes', async () => {
    const { budget, use, pass } = budgetAt(5_000)
    budget.told({ limit: 5_000, remaining: 3, resetInMs: 60_000 })
    await use(2)
    // A late answer does not give back requests made since.
    budget.told({ limit: 5_000, remaining: 2, resetInMs: 59_400 })
    await use(1)
    expect(budget.waitMs()).toBeGreaterThan(55_000)
    pass(60_000)
    expect(budget.waitMs()).toBe(0)
  })
})

const headersOf = (headers: Record<string, string>) => (name: string) => headers[name] ?? null
const LIMIT = { 'x-ratelimit-limit': '20000', 'x-ratelimit-remaining': '19999' }

test.each([
  [LIMIT, { limit: 20_000, remaining: 19_999, resetInMs: null }],
  [
    // The service's clock may differ from ours by hours.
    { ...LIMIT, 'x-ratelimit-reset': '1000060', date: new Date(1_000_000_000).toUTCString() },
    { limit: 20_000, remaining: 19_999, resetInMs: 60_000 },
  ],
  [
    { ...LIMIT, 'x-ratelimit-reset': '5' },
    { limit: 20_000, remaining: 19_999, resetInMs: null },
  ],
  [{ ...LIMIT, 'x-ratelimit-limit': 'unlimited' }, null],
  [{ ...LIMIT, 'x-ratelimit-remaining': '-1' }, null],
  [{}, null],
])('%j says %j', (headers, expected) => {
  expect(parseRateLimit(headersOf(headers as Record<string, string>), 5e12)).toEqual(expected)
})
