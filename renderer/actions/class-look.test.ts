import { beforeEach, expect, test, vi } from 'vitest'
import { datasetState } from '#renderer/document/dataset-state.ts'

const editClasses = vi.hoisted(() => vi.fn())
const notifyError = vi.hoisted(() => vi.fn())
vi.mock('#renderer/rpc/connection.ts', () => ({ client: { datasets: { editClasses } } }))
vi.mock('#renderer/document/session.ts', () => ({
  flushEdits: async () => {},
  reloadAll: () => {},
}))
vi.mock('./app-state.ts', () => ({ notifyError }))

const { editClasses: edit } = await import('./class-actions.ts')

const classes = ['car', 'bus'].map((name) => ({ name, color: '#e69f00' }))
const shown = () => datasetState.getState().dataset?.classes.map(({ name, color }) => name + color)

beforeEach(() => {
  editClasses.mockReset()
  notifyError.mockReset()
  datasetState.setState({ dataset: { id: 'd', classes } as never })
})

test('a colour and an order are shown before the engine answers, and taken back if it refuses', async () => {
  const answer = Promise.withResolvers<never>()
  editClasses.mockReturnValue(answer.promise)
  const recolor = edit({ kind: 'recolor', name: 'bus', color: '#56b4e9' })
  expect(shown()).toEqual(['car#e69f00', 'bus#56b4e9'])
  answer.reject(new Error('no'))
  expect(await recolor).toBe(false)
  expect(shown()).toEqual(['car#e69f00', 'bus#e69f00'])
  expect(notifyError).toHaveBeenCalledExactlyOnceWith(new Error('no'))
  editClasses.mockRejectedValue(new Error('no'))
  const reorder = edit({ kind: 'reorder', names: ['bus', 'car'] })
  expect(shown()).toEqual(['bus#e69f00', 'car#e69f00'])
  await reorder
  expect(shown()).toEqual(['car#e69f00', 'bus#e69f00'])
})

test('a refused edit does not take back what others have changed since', async () => {
  editClasses.mockRejectedValue(new Error('no'))
  const recolor = edit({ kind: 'recolor', name: 'bus', color: '#56b4e9' })
  datasetState.setState({ dataset: { id: 'd', classes: classes.slice(1) } as never })
  await recolor
  expect(shown()).toEqual(['bus#e69f00'])
})
