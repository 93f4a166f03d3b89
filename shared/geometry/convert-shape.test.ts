import fc from 'fast-check'
import { expect, test } from 'vitest'
import { orientedBoxIn, shapeIn } from '#tests/helpers/arbitraries.ts'
import { convertShape } from './convert-shape.ts'
import { shapeArea, shapeBounds } from './shape.ts'

test('a lossless conversion can be reversed', () => {
  fc.assert(
    fc.property(
      shapeIn(400, 300),
      fc.constantFrom('bbox' as const, 'oriented_box' as const, 'polygon' as const),
      (shape, kind) => {
        const there = convertShape(shape, kind)
        if (!there || there.loses !== null || shapeArea(shape) === 0) return
        const back = convertShape(there.shape, shape.kind)
        expect(back && shapeArea(back.shape)).toBeCloseTo(shapeArea(shape), 4)
      },
    ),
  )
})

test('an oriented box as a polygon keeps its area and bounds', () => {
  fc.assert(
    fc.property(orientedBoxIn(400, 300), (box) => {
      const polygon = convertShape(box, 'polygon')
      expect(polygon?.loses).toBeNull()
      if (!polygon) return
      expect(shapeArea(polygon.shape)).toBeCloseTo(shapeArea(box), 3)
      expect(shapeBounds(polygon.shape).w).toBeCloseTo(shapeBounds(box).w, 6)
    }),
  )
})

test('points do not convert', () => {
  expect(convertShape({ kind: 'keypoint', x: 1, y: 2 }, 'bbox')).toBeNull()
})
