import { beforeEach, expect, test, vi } from 'vitest'

const create = vi.hoisted(() => vi.fn())
const openRemote = vi.hoisted(() => vi.fn())
vi.mock('#renderer/rpc/connection.ts', () => ({ client: { remote: { create } } }))
vi.mock('#renderer/rpc/query.ts', () => ({
  orpc: { remote: { list: { key: () => ['remote'] } } },
  queryClient: { invalidateQueries: async () => {} },
}))
vi.mock('./datasets.ts', () => ({ openRemote }))

const { appState, showDialog } = await import('./app-state.ts')
const { createAndOpen } = await import('./new-dataset.ts')

const dropped = { paths: ['/photos'] } as never
const asked = { accountId: 'a', name: 'street', description: ' ', classes: ['car'], dropped }
const made = { remoteId: 'r', name: 'street' }
const messages = () => appState.getState().notices.map(({ message }) => message)

beforeEach(() => {
  create.mockReset().mockResolvedValue(made)
  openRemote.mockReset().mockResolvedValue(true)
  appState.setState({ notices: [] })
  showDialog({ kind: 'new-dataset', accountId: 'a', dropped })
})

test('dropped files are offered for upload into the new dataset', async () => {
  await createAndOpen(asked)
  expect(appState.getState().dialog).toMatchObject({ kind: 'upload', target: made, dropped })
  expect(messages()).toEqual([])
})

test('a dialog closed while the dataset is created: it is not opened, and the files are not forgotten silently', async () => {
  const answer = Promise.withResolvers<typeof made>()
  create.mockReturnValue(answer.promise)
  const creating = createAndOpen(asked)
  showDialog(null)
  answer.resolve(made)
  await creating
  expect(openRemote).not.toHaveBeenCalled()
  expect(messages()).toEqual([expect.stringContaining('dropped files weren’t uploaded')])
})

test('a dialog opened while the new dataset opens stays, and the files are not forgotten silently', async () => {
  const opening = Promise.withResolvers<boolean>()
  openRemote.mockReturnValue(opening.promise)
  const creating = createAndOpen(asked)
  await vi.waitFor(() => expect(openRemote).toHaveBeenCalled())
  showDialog({ kind: 'help' })
  opening.resolve(true)
  await creating
  expect(appState.getState().dialog).toEqual({ kind: 'help' })
  expect(messages()).toHaveLength(1)
})
