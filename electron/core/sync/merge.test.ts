import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Annotation } from '#shared/model/annotation.ts'
import { annotationOf, shapeIn } from '#tests/helpers/arbitraries.ts'
import { aBox } from '#tests/helpers/core.ts'
import {
  baseAfterSending,
  carryConflicts,
  mergeAnnotations,
  sameLabels,
  sameToService,
  withDoubts,
} from './merge.ts'

const labels = fc.uniqueArray(annotationOf(shapeIn(100, 80)), {
  selector: ({ id }) => id,
  maxLength: 8,
})

/** One side: the base with some annotations deleted, some changed in a field, and some new. */
const editsOf = (base: readonly Annotation[]): fc.Arbitrary<Annotation[]> =>
  fc
    .tuple(
      fc.tuple(
        ...base.map(() => fc.constantFrom('keep', 'delete', 'class', 'shape', 'attributes')),
      ),
      fc.array(annotationOf(shapeIn(100, 80)), { minLength: base.length, maxLength: base.length }),
      labels,
    )
    .map(([choices, others, added]) => [
      ...base.flatMap((annotation, index) => {
        const other = others[index]
        switch (choices[index]) {
          case 'delete':
            return []
          case 'class':
            return [{ ...annotation, className: other.className }]
          case 'shape':
            return [{ ...annotation, shape: other.shape }]
          case 'attributes':
            return [{ ...annotation, attributes: other.attributes }]
          default:
            return [annotation]
        }
      }),
      ...added,
    ])

const sides = labels.chain((base) => fc.tuple(fc.constant(base), editsOf(base), editsOf(base)))
const ids = (list: readonly Annotation[]) => new Set(list.map(({ id }) => id))
const byId = (list: readonly Annotation[]) => new Map(list.map((item) => [item.id, item]))

describe('merging', () => {
  test('takes the other side if one side changed nothing', () => {
    fc.assert(
      fc.property(sides, ([base, side]) => {
        for (const [mine, theirs] of [
          [base, side],
          [side, base],
        ]) {
          const { merged, conflicts } = mergeAnnotations(base, mine, theirs)
          expect(conflicts).toEqual([])
          expect(sameLabels(merged, side)).toBe(true)
        }
      }),
    )
  })

  test('of two equal sides gives the same', () => {
    fc.assert(
      fc.property(sides, ([base, side]) => {
        const { merged, conflicts } = mergeAnnotations(base, side, side)
        expect(conflicts).toEqual([])
        expect(merged).toEqual(side)
      }),
    )
  })

  test('is symmetric except for conflicts', () => {
    fc.assert(
      fc.property(sides, ([base, a, b]) => {
        const one = mergeAnnotations(base, a, b)
        const two = mergeAnnotations(base, b, a)
        const disputed = ids(one.conflicts as unknown as Annotation[])
        expect(new Set(two.conflicts.map(({ id }) => id))).toEqual(disputed)
        const clean = (list: readonly Annotation[]) => list.filter(({ id }) => !disputed.has(id))
        expect(sameLabels(clean(one.merged), clean(two.merged))).toBe(true)
      }),
    )
  })

  test('loses no annotation that the other side did not touch', () => {
    fc.assert(
      fc.property(sides, ([base, mine, theirs]) => {
        const merged = byId(mergeAnnotations(base, mine, theirs).merged)
        const old = byId(base)
        const untouched = (side: readonly Annotation[], id: string) => {
          const [before, now] = [old.get(id), byId(side).get(id)]
          return before && now ? sameToService(before, now) : before === now
        }
        for (const [side, other] of [
          [mine, theirs],
          [theirs, mine],
        ])
          for (const annotation of side) {
            if (!untouched(other, annotation.id)) continue
            const kept = merged.get(annotation.id)
            expect(kept && sameToService(kept, annotation)).toBe(true)
          }
      }),
    )
  })

  test('is idempotent', () => {
    fc.assert(
      fc.property(sides, ([base, mine, theirs]) => {
        const { merged } = mergeAnnotations(base, mine, theirs)
        // After a merge, the service's state is the new base.
        const again = mergeAnnotations(theirs, merged, theirs)
        expect(again.merged).toEqual(merged)
        expect(again.conflicts).toEqual([])
      }),
    )
  })

  test('a save that arrived without an answer is not mistaken for a remote change', () => {
    fc.assert(
      fc.property(sides, ([base, sent, mine]) => {
        expect(baseAfterSending(base, sent, sent)).toEqual({ base: sent, hasArrived: true })
        const { merged, conflicts } = mergeAnnotations(sent, mine, sent)
        expect(conflicts).toEqual([])
        expect(sameLabels(merged, mine)).toBe(true)
      }),
    )
  })

  test('a deletion that both sides made does not prove that the save arrived', () => {
    const [gone, drawn] = [aBox('car', 1), aBox('car', 2)]
    expect(baseAfterSending([gone], [drawn], [])).toEqual({ base: [], hasArrived: false })
    expect(baseAfterSending([gone], [drawn], [drawn, aBox()])).toEqual({
      base: [drawn],
      hasArrived: true,
    })
  })

  test('what remains unknown after a save without an answer becomes a conflict', () => {
    const [old, other, drawn] = [aBox('car', 1), aBox('car', 2), aBox('car', 3)]
    const base = [old]
    const deleted = withDoubts(
      { base, sent: [old, drawn], mine: [old, drawn], theirs: [old, other] },
      [old, drawn, other],
    )
    expect(deleted.conflicts).toMatchObject([{ id: drawn.id, fields: ['existence'], theirs: null }])
    const theirs = [{ ...old, className: 'bus' }]
    const changed = withDoubts(
      { base, sent: [{ ...old, className: 'van' }], mine: base, theirs },
      theirs,
    )
    expect(changed.merged).toEqual(base)
    expect(changed.conflicts).toMatchObject([{ id: old.id, fields: ['class'] }])
  })

  test('takes both changes if the sides changed different fields', () => {
    const base = aBox('car')
    const mine = { ...base, className: 'van' }
    const theirs = { ...base, attributes: { parked: true } }
    const { merged, conflicts } = mergeAnnotations([base], [mine], [theirs])
    expect(conflicts).toEqual([])
    expect(merged).toEqual([{ ...base, className: 'van', attributes: { parked: true } }])
  })

  test('reports a conflict and keeps the local value meanwhile', () => {
    const [a, b, c] = [aBox('car', 1), aBox('car', 2), aBox('car', 3)]
    const mine = [
      { ...a, className: 'van' },
      { ...b, className: 'van' },
    ]
    const theirs = [
      { ...a, className: 'bus' },
      { ...c, className: 'bus' },
    ]
    const { merged, conflicts } = mergeAnnotations([a, b, c], mine, theirs)
    expect(merged).toEqual(mine)
    expect(conflicts.map(({ id, fields }) => ({ id, fields }))).toEqual([
      { id: a.id, fields: ['class'] },
      { id: b.id, fields: ['existence'] },
      { id: c.id, fields: ['existence'] },
    ])
  })

  test('keeps fields that only this app knows', () => {
    const base = aBox('car')
    const mine = { ...base, instanceId: 4, extra: { labelme: { flags: {} } } }
    const { merged } = mergeAnnotations([base], [mine], [{ ...base, className: 'bus' }])
    expect(merged).toEqual([{ ...mine, className: 'bus' }])
  })

  test('a conflict stays open until it is resolved, with the latest remote version', () => {
    const base = aBox('car')
    const there = { ...base, className: 'bus' }
    const { conflicts } = mergeAnnotations([base], [{ ...base, className: 'van' }], [there])
    expect(carryConflicts(conflicts, [], [there], [there])).toEqual(conflicts)
    const later = { ...base, className: 'tram' }
    expect(carryConflicts(conflicts, [], [there], [later])[0].theirs).toEqual(later)
  })
})
