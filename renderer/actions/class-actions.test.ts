import { beforeEach, expect, test, vi } from 'vitest'
import { choices } from '#renderer/document/choices.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { currentClassName } from '#renderer/tools/editor.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import type { Dataset } from '#shared/model/dataset.ts'

/** The service of classes; each call waits until the test answers it. */
const answers: { done: (dataset: Dataset) => void; fail: (error: Error) => void }[] = []
const editClasses = vi.hoisted(() => vi.fn())
vi.mock('#renderer/rpc/connection.ts', () => ({ client: { datasets: { editClasses } } }))
vi.mock('#renderer/document/session.ts', () => ({ flushEdits: async () => {}, reloadAll() {} }))

const { addClass } = await import('./class-actions.ts')
const car: AnnotationClass = { name: 'car', color: '#ff0000' }
const bus: AnnotationClass = { name: 'bus', color: '#00ff00' }
const dataset = (classes: AnnotationClass[]) => ({ id: 'd', name: 'd', classes }) as Dataset
const names = () => datasetState.getState().dataset?.classes.map(({ name }) => name)

beforeEach(() => {
  answers.length = 0
  editClasses.mockImplementation(
    () => new Promise((done, fail) => void answers.push({ done, fail })),
  )
  datasetState.setState({ dataset: dataset([car]) })
  choices.setState({ className: 'car' })
})

test('a new class is drawn with at once, and a choice made while it is saved counts', async () => {
  const added = addClass(bus)
  expect(currentClassName()).toBe('bus')
  choices.setState({ className: 'car' })
  await vi.waitFor(() => expect(answers).toHaveLength(1))
  answers[0].done(dataset([car, bus]))
  await added
  expect(currentClassName()).toBe('car')
  expect(names()).toEqual(['car', 'bus'])
})

test('a class that could not be saved is taken away, and the choice before it is back', async () => {
  const added = addClass(bus)
  await vi.waitFor(() => expect(answers).toHaveLength(1))
  answers[0].fail(new Error('The disk is full'))
  await added
  expect(currentClassName()).toBe('car')
  expect(names()).toEqual(['car'])
})

test('an answer that comes after another dataset was opened does not show the first one again', async () => {
  const added = addClass(bus)
  await vi.waitFor(() => expect(answers).toHaveLength(1))
  datasetState.setState({ dataset: { ...dataset([]), id: 'other' } })
  answers[0].done(dataset([car, bus]))
  await added
  expect(datasetState.getState().dataset?.id).toBe('other')
})
