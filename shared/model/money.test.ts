import { expect, test } from 'vitest'
import { formatMicroUsd } from './money.ts'

test('amounts are in dollars, and a small price is not shown as zero', () => {
  expect([0, 2_500, 9_999, 10_000, 1_234_567, 48_200_000_000, -2_500].map(formatMicroUsd)).toEqual([
    '$0.00',
    '$0.0025',
    '$0.009999',
    '$0.01',
    '$1.23',
    '$48,200.00',
    '-$0.0025',
  ])
})
