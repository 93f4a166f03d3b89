import { beforeEach, expect, test, vi } from 'vitest'
import { choices } from '#renderer/document/choices.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { currentClassName } from '#renderer/tools/editor.ts'
import type { AnnotationClass } from '#shared/model/annotation-class.ts'
import type { Dataset } from '#shared/model/dataset.ts'

/** The service of classes; each call waits until the test answers it. */
const answers: { done: (dataset: Dataset) => void; fail: (error: Error) => void }[] = []
const editClasses = vi.hoisted(() => vi.fn())
const get = vi.hoisted(() => vi.fn())
const flushEdits = vi.hoisted(() => vi.fn())
vi.mock('#renderer/rpc/connection.ts', () => ({ client: { datasets: { editClasses, get } } }))
vi.mock('#renderer/document/session.ts', () => ({ flushEdits, reloadAll() {} }))

const { addClass, editClasses: edit } = await import('./class-actions.ts')
const { takeDataset, takeFields } = await import('#renderer/document/shown-dataset.ts')
const { appState } = await import('./app-state.ts')
const car: AnnotationClass = { name: 'car', color: '#ff0000' }
const dog: AnnotationClass = { name: 'dog', color: '#0000ff' }
const bus: AnnotationClass = { name: 'bus', color: '#00ff00' }
const dataset = (classes: AnnotationClass[]) => ({ id: 'd', name: 'd', classes }) as Dataset
const names = () => datasetState.getState().dataset?.classes.map(({ name }) => name)

beforeEach(() => {
  answers.length = 0
  appState.setState({ notices: [] })
  flushEdits.mockReset().mockResolvedValue(undefined)
  get.mockReset()
  editClasses.mockReset()
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

test('a class is added without waiting for shapes that are being saved', async () => {
  flushEdits.mockReturnValue(new Promise(() => {}))
  const added = addClass(bus)
  await vi.waitFor(() => expect(answers).toHaveLength(1))
  answers[0].done(dataset([car, bus]))
  await added
  expect(names()).toEqual(['car', 'bus'])
})

const taken = Object.assign(new Error('There is already a class called "bus".'), {
  data: { reason: 'class_taken' },
})

test('a class that a drawn shape, or somebody else, added first is taken as it is', async () => {
  const added = addClass(bus)
  await vi.waitFor(() => expect(answers).toHaveLength(1))
  const theirs = { ...bus, color: '#123456' }
  get.mockResolvedValue(dataset([car, theirs]))
  answers[0].fail(taken)
  await added
  expect(editClasses).toHaveBeenCalledOnce()
  expect(datasetState.getState().dataset?.classes).toEqual([car, theirs])
  expect(currentClassName()).toBe('bus')
  expect(appState.getState().notices).toEqual([])
})

test('classes that are still being added stay, whatever the engine says of the dataset meanwhile', async () => {
  const first = addClass(bus)
  const second = addClass(dog)
  await vi.waitFor(() => expect(answers).toHaveLength(2))
  // An event that was on its way before either class was added.
  takeDataset(dataset([car]))
  expect(names()).toEqual(['car', 'bus', 'dog'])
  answers[0].done(dataset([car, bus]))
  await first
  expect(names()).toEqual(['car', 'bus', 'dog'])
  takeFields('d', { labelFiles: null })
  answers[1].fail(new Error('The disk is full'))
  await second
  expect(names()).toEqual(['car', 'bus'])
  expect(currentClassName()).toBe('bus')
})

test('a color that is being saved stays, too, and goes if it is refused', async () => {
  const recolor = edit({ kind: 'recolor', name: 'car', color: '#999999' })
  await vi.waitFor(() => expect(answers).toHaveLength(1))
  takeDataset(dataset([car, bus]))
  const colors = () => datasetState.getState().dataset?.classes.map(({ color }) => color)
  expect(colors()).toEqual(['#999999', bus.color])
  answers[0].fail(new Error('The disk is full'))
  await recolor
  expect(colors()).toEqual([car.color, bus.color])
})
