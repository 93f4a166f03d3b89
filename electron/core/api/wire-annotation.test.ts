import fc from 'fast-check'
import { expect, test } from 'vitest'
import { annotationSchema as emulated } from '#emulator/schemas.ts'
import { newAnnotation } from '#shared/model/annotation.ts'
import { annotationOf, shapeIn } from '#tests/helpers/arbitraries.ts'
import { fromWireAnnotation, toWireAnnotation } from './wire-annotation.ts'

const box = { kind: 'bbox', x: 1, y: 2, w: 3, h: 4 } as const

test('an annotation survives a round trip, with its instance', () => {
  fc.assert(
    fc.property(
      annotationOf(shapeIn(640, 480)),
      fc.option(fc.integer({ min: 1, max: 99 })),
      (made, group) => {
        const { extra: _extra, instanceId: _id, ...annotation } = made
        const sent = { ...annotation, ...(group !== null && { instanceId: group }) }
        const stored = emulated.parse(JSON.parse(JSON.stringify(toWireAnnotation(sent))))
        expect(fromWireAnnotation(stored)).toEqual({ ok: true, annotation: sent })
      },
    ),
  )
})

test('a box’s instance is an attribute only on the service', () => {
  const sent = newAnnotation(box, 'car', { instanceId: 7, attributes: { color: 'red' } })
  expect(toWireAnnotation(sent)).toMatchObject({
    attributes: { color: 'red', 'pictograph_desktop.instance_id': 7 },
  })
  // Another program may have converted it to text.
  const wire = {
    ...toWireAnnotation(sent),
    attributes: { color: 'red', 'pictograph_desktop.instance_id': '7' },
  }
  expect(fromWireAnnotation(wire)).toMatchObject({
    annotation: { instanceId: 7, attributes: { color: 'red' } },
  })
  const odd = { ...wire, attributes: { 'pictograph_desktop.instance_id': 'left' } }
  expect(fromWireAnnotation(odd)).toMatchObject({ annotation: { attributes: odd.attributes } })
})

test('a list of attributes on the service’s own detections is sent back unchanged', () => {
  const wire = { ...toWireAnnotation(newAnnotation(box, 'car')), attributes: ['auto-annotate'] }
  const read = fromWireAnnotation(wire)
  expect(read.ok && toWireAnnotation(read.annotation)).toEqual(wire)
})

test('only the shape of its own type counts, and angles are normalized', () => {
  const ring = [
    { x: 0, y: 0 },
    { x: 5, y: 0 },
    { x: 5, y: 5 },
  ]
  const base = { id: '1', name: 'car' }
  const odd = [
    { ...base, type: 'polygon', polygon: { paths: [ring] }, bounding_box: { x: null } },
    { ...base, type: 'polyline', polyline: { path: ring }, bounding_box: 'none', bbox: [] },
    { ...base, type: 'keypoint', keypoint: { x: 1, y: 2 }, polygon: {} },
    { ...base, type: 'box', bounding_box: { x: 1, y: 2, w: 3, h: 4 } },
  ]
  for (const wire of odd) expect(fromWireAnnotation(wire)).toMatchObject({ ok: true })
  for (const [angle, angleDeg] of [
    [360, 0],
    [-90, 270],
    [10, 10],
  ]) {
    const oriented_box = { cx: 1, cy: 2, w: 3, h: 4, angle }
    const read = fromWireAnnotation({ ...base, type: 'bbox', oriented_box })
    expect(read).toMatchObject({ annotation: { shape: { angleDeg } } })
  }
  // What it needs is told by its own name.
  const short = fromWireAnnotation({ ...base, type: 'bbox', bbox: [1, 2, 3] })
  expect(short).toMatchObject({ ok: false, field: 'bbox' })
})
