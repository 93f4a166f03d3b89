import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { datasetState } from '#renderer/document/dataset-state.ts'
import type { Dataset } from '#shared/model/dataset.ts'
import type { Dialog } from './app-state.ts'

const open = vi.hoisted(() => vi.fn())
vi.mock('#renderer/rpc/connection.ts', () => ({
  client: { datasets: { open }, images: { list: async () => [] } },
}))
vi.mock('#renderer/rpc/query.ts', () => ({
  orpc: { datasets: { list: { key: () => ['datasets'] } } },
  queryClient: { invalidateQueries: async () => {} },
}))
vi.mock('#renderer/tools/workspace.ts', () => ({
  closeEditor() {},
  openInEditor: async () => {},
  workspace: { getState: () => ({ imageId: null }) },
}))
vi.mock('./view-actions.ts', () => ({ changeSettings: async () => {} }))

const { appState, showDialog } = await import('./app-state.ts')
const { leaveDataset, openDataset } = await import('./datasets.ts')

/** The answers of the engine, which the test gives in the order that it wants. */
let answers: Record<string, () => void>

beforeEach(() => {
  vi.stubGlobal('localStorage', { getItem: () => null, setItem() {} })
  answers = {}
  open.mockImplementation(({ id }: { id: string }) => {
    const { promise, resolve } = Promise.withResolvers<Dataset>()
    answers[id] = () => resolve({ id, name: id, classes: [], remote: null } as unknown as Dataset)
    return promise
  })
  leaveDataset()
})

afterEach(() => vi.unstubAllGlobals())

const shown = () => [appState.getState().datasetId, datasetState.getState().dataset?.id ?? null]

test('of two datasets the one that was chosen last is shown, in whichever order they open', async () => {
  const first = openDataset('slow')
  const second = openDataset('fast')
  answers.fast()
  expect(await second).toBe(true)
  answers.slow()
  expect(await first).toBe(false)
  expect(shown()).toEqual(['fast', 'fast'])
})

test('a dataset that opens after the user has left does not come up', async () => {
  const opening = openDataset('slow')
  leaveDataset()
  answers.slow()
  expect(await opening).toBe(false)
  expect(shown()).toEqual([null, null])
})

test('a dialog that the user opened while a dataset was opening stays', async () => {
  showDialog({ kind: 'open-folder' })
  const fromDialog = openDataset('a')
  answers.a()
  await fromDialog
  expect(appState.getState().dialog).toBeNull()
  const opening = openDataset('b')
  showDialog({ kind: 'help' })
  answers.b()
  await opening
  expect(shown()).toEqual(['b', 'b'])
  expect(appState.getState().dialog).toEqual({ kind: 'help' })
})

test.each<Dialog>([
  { kind: 'class', name: 'car' },
  { kind: 'detect', imageIds: ['of a'] },
  { kind: 'copy-images', datasetId: 'a', imageIds: ['of a'] },
  { kind: 'propagate' },
  { kind: 'export' },
  { kind: 'import' },
  { kind: 'instructions' },
  { kind: 'ask-by-text' },
  { kind: 'allow-assist' },
])('a dialog about the dataset before closes when another opens: $kind', async (dialog) => {
  const first = openDataset('a')
  answers.a()
  await first
  const second = openDataset('b')
  showDialog(dialog)
  answers.b()
  await second
  expect(shown()).toEqual(['b', 'b'])
  expect(appState.getState().dialog).toBeNull()
})

test('a dialog about the dataset stays when the same dataset is opened again', async () => {
  const first = openDataset('a')
  answers.a()
  await first
  const again = openDataset('a')
  showDialog({ kind: 'export' })
  answers.a()
  await again
  expect(appState.getState().dialog).toEqual({ kind: 'export' })
})
