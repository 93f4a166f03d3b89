import { expect, test } from 'vitest'
import { EventBus } from './event-bus.ts'

test('a listener that throws is reported, and stops neither the others nor the publisher', () => {
  const faults: unknown[] = []
  const bus = new EventBus<number>((error) => faults.push(error))
  const heard: number[] = []
  const broken = new Error('broken')
  bus.on(() => {
    throw broken
  })
  using _listening = bus.on((event) => heard.push(event))
  bus.publish(1)
  bus.publish(2)
  expect(heard).toEqual([1, 2])
  expect(faults).toEqual([broken, broken])
})
