import { expect, test } from 'vitest'
import { EventBus } from '#core/event-bus.ts'
import { eventStream } from './event-stream.ts'

test('ends for a reader that is far behind, and holds nothing of what it missed', async () => {
  const events = new EventBus()
  const stream = eventStream(events, undefined, 100)
  expect((await stream.next()).value).toEqual({ type: 'listening' })
  for (let n = 0; n < 100; n++) events.publish({ type: 'notice', message: String(n) })
  expect((await stream.next()).value).toEqual({ type: 'notice', message: '0' })
  for (let n = 0; n < 1_000; n++) events.publish({ type: 'notice', message: 'more' })
  expect(await stream.next()).toEqual({ done: true, value: undefined })
})
