import { expect, test } from 'vitest'
import type { Viewport } from '#renderer/document/viewport.ts'
import { newAnnotation } from '#shared/model/annotation.ts'
import { isCovered, labelOf, shortened } from './draw-labels.ts'

/** Each letter is 6 pixels wide. */
const measure = (text: string) => [...text].length * 6
const view: Viewport = { scale: 1, x: 0, y: 0, width: 800, height: 600 }
const box = (x: number, y: number, w: number, h: number, name = 'delivery van') =>
  newAnnotation({ kind: 'bbox', x, y, w, h }, name)

test('a long name is cut off with an ellipsis, and nothing is written where no letter has room', () => {
  expect(shortened('delivery van', 100, measure)).toBe('delivery van')
  expect(shortened('delivery van', 60, measure)).toBe('delivery…')
  expect(shortened('delivery van', 30, measure)).toBe('deli…')
  expect(shortened('delivery van', 10, measure)).toBe('')
  expect(shortened('𝒜𝒷𝒸𝒹ℯ', 24, measure)).toBe('𝒜𝒷𝒸…')
})

test('a label is no wider than its shape; that of a selected shape is whole', () => {
  for (const width of [28, 40, 60, 77, 200]) {
    const label = labelOf(box(0, 50, width, 40), view, measure, false)
    expect(label?.box.w ?? 0).toBeLessThanOrEqual(width)
  }
  expect(labelOf(box(0, 50, 20, 200), view, measure, false)).toBe(null)
  expect(labelOf(box(0, 50, 20, 200), view, measure, true)?.text).toBe('delivery van')
  expect(labelOf(box(0, 50, 60, 40), view, measure, false)?.text).toBe('deliver…')
})

test('of labels that would cover each other one is drawn, whichever part of the image is drawn', () => {
  const [large, small, far] = [box(100, 100, 120, 90), box(104, 102, 80, 60), box(400, 100, 80, 60)]
  const all = [large, small, far]
  const drawn = all.filter((item) => {
    const label = labelOf(item, view, measure, false)
    return label && !isCovered(item, label, view, measure, () => all)
  })
  expect(drawn).toEqual([large, far])
})
