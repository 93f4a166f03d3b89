import { expect, onTestFinished, test, vi } from 'vitest'
import type { AppEvent } from '#shared/contract/events.ts'
import { EventBus } from './event-bus.ts'
import { Works } from './works.ts'

function setup() {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const stored = new Map<string, unknown>()
  const settings = {
    get: (key: string) => stored.get(key),
    set: (key: string, value: unknown) => void stored.set(key, value),
  }
  const said: AppEvent[] = []
  const start = () => {
    const events = new EventBus()
    events.on((event) => said.push(event))
    return { events, works: new Works(events, settings) }
  }
  return { said, start }
}

test('work that ends within a moment is not shown', () => {
  const { said, start } = setup()
  const { works } = start()
  using work = works.begin({ label: 'x', datasetId: null })
  work.tell(0.5)
  work[Symbol.dispose]()
  vi.advanceTimersByTime(10_000)
  expect(said).toEqual([])
})

test('longer work is shown with its progress, a few times a second, and can be cancelled', () => {
  const { said, start } = setup()
  const { works } = start()
  const cancel = vi.fn()
  const work = works.begin({ label: 'Rename', datasetId: 'd', cancel })
  expect(works.list()).toEqual([])
  vi.advanceTimersByTime(400)
  for (let n = 0; n < 1_000; n++) {
    vi.advanceTimersByTime(1)
    work.tell(n / 1_000)
  }
  expect(said.length).toBeGreaterThan(3)
  expect(said.length).toBeLessThan(12)
  const [shown] = works.list()
  expect(shown).toMatchObject({ label: 'Rename', share: 0.999, canCancel: true })
  works.cancel(shown.id)
  expect(cancel).toHaveBeenCalledOnce()
  work[Symbol.dispose]()
  expect(said.at(-1)).toEqual({ type: 'work-ended', id: shown.id })
  expect(works.list()).toEqual([])
})

test('work that the end of the app cut off is named once, at the next start', () => {
  const { start } = setup()
  const first = start().works
  first.begin({ label: 'a', datasetId: null, ifCutOff: 'a is not complete' })
  first.begin({ label: 'b', datasetId: null, ifCutOff: 'b' })[Symbol.dispose]()
  const next = start().events
  expect(next.takeEarly()).toEqual([{ type: 'notice', message: 'a is not complete' }])
  expect(start().events.takeEarly()).toEqual([])
})

test('a stream that is cancelled from another place ends with the reason', async () => {
  vi.useRealTimers()
  const events = new EventBus()
  const works = new Works(events, { get: () => null, set: () => {} })
  let id = ''
  events.on((event) => {
    if (event.type === 'work') id = event.work.id
  })
  async function* steps(signal: AbortSignal) {
    for (let done = 0; ; done++) {
      signal.throwIfAborted()
      yield { done, total: 10 }
      await new Promise((next) => setTimeout(next, 5))
    }
  }
  const read = async () => {
    for await (const _step of works.follow({ label: 'x', datasetId: null }, undefined, steps))
      if (id !== '') works.cancel(id)
  }
  await expect(read()).rejects.toThrow('Cancelled.')
  expect(works.list()).toEqual([])
})
