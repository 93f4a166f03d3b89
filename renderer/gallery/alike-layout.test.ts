import fc from 'fast-check'
import { expect, test } from 'vitest'
import { columnsOf, GAP, groupsInSight, TILE_HEIGHT, totalHeight } from './alike-layout.ts'

test('columns fit their list', () => {
  expect([columnsOf(0), columnsOf(168), columnsOf(339), columnsOf(340)]).toEqual([1, 1, 1, 2])
})

test('of ten thousand groups a screen renders a few, and of a group of ten thousand images, too', () => {
  const screen = { columns: 5, length: 900 }
  const groups = Array.from({ length: 10_000 }, () => 3)
  const offset = totalHeight(groups, 5) / 2
  const many = groupsInSight(groups, { ...screen, offset })
  expect(many.length).toBeLessThan(12)
  expect(many.some(({ index }) => index === 5_000)).toBe(true)
  const [one] = groupsInSight([10_000], { ...screen, offset: 100_000 })
  expect(one.end - one.first).toBeLessThan(60)
})

test('every tile in sight is rendered, at its place', () => {
  const anyCounts = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 30 })
  fc.assert(
    fc.property(
      anyCounts,
      fc.integer({ min: 1, max: 8 }),
      fc.nat(20_000),
      (counts, columns, offset) => {
        const length = 700
        const all = groupsInSight(counts, {
          columns,
          offset: 0,
          length: totalHeight(counts, columns),
        })
        const seen = new Map(
          groupsInSight(counts, { columns, offset, length }).map((group) => [group.index, group]),
        )
        for (const { index, top } of all)
          for (let at = 0; at < counts[index]; at++) {
            const y = top + 28 + Math.floor(at / columns) * (TILE_HEIGHT + GAP)
            if (y + TILE_HEIGHT < offset || y > offset + length) continue
            const group = seen.get(index)
            expect(group && at >= group.first && at < group.end).toBe(true)
            expect(group?.top).toBe(top)
            expect((group?.skipped ?? 0) / (TILE_HEIGHT + GAP)).toBe((group?.first ?? 0) / columns)
          }
      },
    ),
  )
})
