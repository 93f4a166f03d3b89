import { beforeEach, expect, test, vi } from 'vitest'

interface Update {
  ids: string[]
  part?: { editId: string; isLast: boolean }
  stage?: string
}
const calls: { update: Update; answer: PromiseWithResolvers<void> }[] = []
const notifyError = vi.hoisted(() => vi.fn())
vi.mock('#renderer/rpc/connection.ts', () => ({
  client: {
    images: {
      update: (update: Update) => {
        const answer = Promise.withResolvers<void>()
        calls.push({ update, answer })
        return answer.promise
      },
    },
  },
}))
vi.mock('./app-state.ts', () => ({ notifyError }))

const { changeImages, imagesChanged } = await import('./image-facts.ts')

const ids = Array.from({ length: 12_000 }, (_, n) => `image ${n}`)
const settled = () => new Promise((resolve) => setImmediate(resolve))

beforeEach(() => {
  calls.length = 0
  notifyError.mockClear()
})

test('a change of one image waits until all images of an earlier one are sent, not until they are changed', async () => {
  const many = changeImages(ids, { stage: 'review' })
  const one = changeImages([ids[11_999]], { stage: 'complete' })
  const isAll = vi.fn()
  const all = imagesChanged().then(isAll)
  for (const sent of [1, 2]) {
    await settled()
    expect(calls).toHaveLength(sent)
    calls[sent - 1].answer.resolve()
  }
  await settled()
  expect(calls.map(({ update }) => [update.ids.length, update.part?.isLast, update.stage])).toEqual(
    [
      [5_000, false, 'review'],
      [5_000, false, 'review'],
      [2_000, true, 'review'],
      [1, undefined, 'complete'],
    ],
  )
  expect(new Set(calls.slice(0, 3).map(({ update }) => update.part?.editId)).size).toBe(1)
  calls[3].answer.resolve()
  await one
  expect(isAll).not.toHaveBeenCalled()
  calls[2].answer.resolve()
  await Promise.all([many, all])
  expect(notifyError).not.toHaveBeenCalled()
})

test('a change that fails while it is sent is shown, and later ones are sent', async () => {
  const many = changeImages(ids, { stage: 'review' })
  const one = changeImages([ids[0]], { stage: 'complete' })
  await settled()
  calls[0].answer.reject(new Error('gone'))
  await many
  expect(notifyError).toHaveBeenCalledExactlyOnceWith(new Error('gone'))
  await settled()
  expect(calls.at(-1)?.update).toEqual({ ids: [ids[0]], stage: 'complete' })
  calls.at(-1)?.answer.resolve()
  await one
})
