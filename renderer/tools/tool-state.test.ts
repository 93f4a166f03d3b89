import { beforeEach, expect, test } from 'vitest'
import { goToImage } from '#renderer/actions/datasets.ts'
import type { DocumentBackend } from '#renderer/document/backend.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { closeDocument, openDocument, session, startSession } from '#renderer/document/session.ts'
import type { Drafts, OpenedDocument } from '#shared/contract/annotations.ts'
import type { Proposal } from '#shared/contract/service.ts'
import { newAnnotation } from '#shared/model/annotation.ts'
import type { Pointer } from './tool.ts'
import { chooseTool, toolState } from './tool-state.ts'

const stored = new Map<string, string>()
const storage = {
  getItem: (key: string) => stored.get(key) ?? null,
  setItem: (key: string, value: string) => void stored.set(key, value),
  removeItem: (key: string) => void stored.delete(key),
  key: (index: number) => [...stored.keys()][index] ?? null,
  get length() {
    return stored.size
  },
}
Object.assign(globalThis, { localStorage: storage })

const drafts = new Map<string, Drafts>()
const slow = new Map<string, PromiseWithResolvers<void>>()
let answer = Promise.withResolvers<Proposal>()

const opened = (id: string): OpenedDocument => ({
  image: { id, width: 200, height: 100 } as OpenedDocument['image'],
  annotations: [],
  drafts: drafts.get(id) ?? {},
  view: null,
  revision: 0,
  undo: null,
  redo: null,
})

const backend: DocumentBackend = {
  open: async (id) => {
    await slow.get(id)?.promise
    return opened(id)
  },
  commit: async () => ({ revision: 1, undo: null, redo: null }),
  undo: async () => null,
  redo: async () => null,
  labels: async () => ({ undo: null, redo: null }),
  saveDrafts: async (id, kept) => void drafts.set(id, kept),
  assist: () => answer.promise,
}

const at = (x: number, y = x): Pointer => ({
  at: { x, y },
  pixel: 1,
  shift: false,
  alt: false,
  mod: false,
})
const active = () => toolState.getState().active
const click = (place: Pointer) => {
  active().pointerDown(place)
  active().pointerUp(place)
}
const proposal = (): Proposal => ({
  status: 'success',
  score: 0.9,
  annotations: [newAnnotation({ kind: 'bbox', x: 1, y: 1, w: 5, h: 5 }, 'car')],
})
/** What was answered has arrived. */
const settled = async () => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

await startSession(backend, { libraryId: 'library', onTrouble: () => {} })

beforeEach(() => {
  closeDocument()
  drafts.clear()
  slow.clear()
  answer = Promise.withResolvers()
  datasetState.setState({
    dataset: { classes: [{ name: 'car', color: '#ff0000' }] } as ReturnType<
      typeof datasetState.getState
    >['dataset'],
  })
  chooseTool('select')
})

test('an answer to a question about one image is a draft of that image, and nothing on the next', async () => {
  await openDocument('a')
  chooseTool('assist')
  click(at(10))
  await openDocument('b')
  answer.resolve(proposal())
  await settled()
  expect(Object.keys(drafts.get('a') ?? {})).toEqual(['assist'])
  expect(drafts.get('b')).toBeUndefined()
  expect(session.getState().drafts).toEqual({})
  expect(active().finish()).toBe(false)
  expect(session.getState().document?.annotations.list).toEqual([])
  await openDocument('a')
  expect(active().finish()).toBe(true)
  expect(session.getState().document?.annotations.list).toHaveLength(1)
})

test('an answer that comes while another tool is in hand waits for its own tool', async () => {
  await openDocument('a')
  chooseTool('assist')
  click(at(10))
  chooseTool('polygon')
  answer.resolve(proposal())
  await settled()
  expect(Object.keys(session.getState().drafts)).toEqual(['assist'])
  chooseTool('assist')
  expect(active().finish()).toBe(true)
})

test('the tool that is in hand again when its answer comes goes on with it', async () => {
  await openDocument('a')
  chooseTool('assist')
  click(at(10))
  chooseTool('polygon')
  chooseTool('assist')
  answer.resolve(proposal())
  await settled()
  expect(active().finish()).toBe(true)
})

test('an image that comes late, after the user went back, does not cut off what is drawn', async () => {
  await openDocument('a')
  chooseTool('bbox')
  slow.set('b', Promise.withResolvers())
  goToImage('b')
  goToImage('a')
  await settled()
  toolState.setState({ isHeld: true })
  active().pointerDown(at(10))
  active().pointerMove(at(30), true)
  slow.get('b')?.resolve()
  await settled()
  expect(toolState.getState().isHeld).toBe(true)
  active().pointerUp(at(50))
  expect(session.getState().imageId).toBe('a')
  expect(session.getState().document?.annotations.list).toHaveLength(1)
})

test('a press that is taken away keeps the points that were placed before', async () => {
  await openDocument('a')
  chooseTool('polygon')
  click(at(10))
  click(at(50, 10))
  active().pointerDown(at(90, 90))
  active().pointerMove(at(60, 60), true)
  expect(active().release()).toBe(true)
  expect(session.getState().drafts.polygon).toMatchObject({
    points: [
      { x: 10, y: 10 },
      { x: 50, y: 10 },
    ],
  })
})
