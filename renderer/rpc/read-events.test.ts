import { expect, test } from 'vitest'
import { readEvents } from './read-events.ts'

test('an event that cannot be shown is told, and those behind it come all the same', async () => {
  const shown: number[] = []
  const faults: [string, number][] = []
  const told = readEvents({
    open: async () =>
      (async function* () {
        yield* [1, 2, 3]
        throw new Error('The connection broke')
      })(),
    handle: (event) => {
      if (event === 2) throw new Error('broken list')
      shown.push(event)
    },
    onFault: (error, event) => faults.push([(error as Error).message, event]),
  })
  await expect(told).rejects.toThrow('The connection broke')
  expect(shown).toEqual([1, 3])
  expect(faults).toEqual([['broken list', 2]])
})
