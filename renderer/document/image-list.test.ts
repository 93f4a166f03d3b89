import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DatasetImage } from '#shared/model/dataset.ts'
import { naturalKey } from '#shared/model/natural-order.ts'
import { ImageList, imageCounter, imageFilter } from './image-list.ts'

const image = (id: string, path: string, fields: Partial<DatasetImage> = {}): DatasetImage => ({
  id,
  path,
  fileSizeBytes: 1,
  modifiedAtMs: 1,
  width: null,
  height: null,
  problem: null,
  missing: false,
  stage: 'new',
  split: null,
  tags: [],
  annotationCount: 0,
  remote: null,
  ...fields,
})

/** Images 0, 1, … in folders of 1,000. */
const many = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    image(`i${index}`, `part${Math.floor(index / 1000)}/img${index}.jpg`),
  )

const idsOf = (list: Iterable<DatasetImage>) => Array.from(list, ({ id }) => id)

test('an image that is gone stays only for labels that nobody else has', () => {
  const gone = (id: string, sync: 'synced' | 'waiting' | null) =>
    image(id, `${id}.jpg`, {
      missing: true,
      annotationCount: 2,
      remote: sync && { isCached: false, isKept: false, isRead: true, sync },
    })
  const shown = new ImageList().with([gone('a', 'synced'), gone('b', 'waiting'), gone('c', null)])
  expect(idsOf(shown)).toEqual(['b', 'c'])
})

test('whatever comes, changes, moves and goes: the list is the images in natural order', () => {
  const change = fc.record({
    id: fc.nat(400),
    path: fc.nat(400),
    missing: fc.boolean(),
    tag: fc.constantFrom('a', 'b'),
  })
  fc.assert(
    fc.property(fc.array(fc.array(change, { maxLength: 700 }), { maxLength: 8 }), (steps) => {
      let list = new ImageList()
      const model = new Map<string, DatasetImage>()
      const isTagged = imageFilter(({ tags }) => tags.includes('a'))
      const count = imageCounter(({ tags }) => tags)
      for (const step of steps) {
        const images = step.map(({ id, path, missing, tag }) =>
          image(`i${id}`, `${path % 7}/img${path}-${id}.jpg`, { missing, tags: [tag] }),
        )
        list = list.with(images)
        for (const one of images)
          if (one.missing) model.delete(one.id)
          else model.set(one.id, one)
        const expected = [...model.values()].sort((a, b) =>
          naturalKey(a.path) < naturalKey(b.path) ? -1 : 1,
        )
        expect([...list]).toEqual(expected)
        expect(list.length).toBe(expected.length)
        expect(expected.map(({ id }) => list.indexOf(id))).toEqual(expected.map((_, at) => at))
        expect(list.slice(0, list.length)).toEqual(expected)
        expect([list.at(-1), list.at(list.length)]).toEqual([undefined, undefined])
        const tagged = expected.filter(({ tags }) => tags[0] === 'a')
        const shown = isTagged(list)
        expect([...shown]).toEqual(tagged)
        expect(expected.map(({ id }) => shown.indexOf(id))).toEqual(
          expected.map((one) => tagged.indexOf(one)),
        )
        expect(count(list).get('a') ?? 0).toBe(tagged.length)
      }
    }),
    { numRuns: 40 },
  )
})

test('an older list stays as it was', () => {
  const before = new ImageList().with(many(2_000))
  const after = before.with([image('i5', 'part0/img5.jpg', { missing: true })])
  expect([before.length, after.length]).toEqual([2_000, 1_999])
  expect(before.at(5)?.id).toBe('i5')
  expect(after.at(5)?.id).toBe('i6')
})

test('after an edit a filter looks at as many images among 100,000 as among 2,000', () => {
  const looks = [2_000, 100_000].map((size) => {
    let looked = 0
    const keepsAll = imageFilter(() => {
      looked++
      return true
    })
    const images = many(size)
    const list = new ImageList().with(images)
    keepsAll(list)
    looked = 0
    const shown = keepsAll(list.with([{ ...images[1_500], annotationCount: 3 }]))
    expect(shown.at(1_500)?.annotationCount).toBe(3)
    return looked
  })
  expect(looks[0]).toBeGreaterThan(0)
  expect(looks[1]).toBeLessThanOrEqual(looks[0] * 2)
})
