import { beforeEach, expect, test } from 'vitest'
import { goToImage } from '#renderer/actions/datasets.ts'
import type { DocumentBackend } from '#renderer/document/backend.ts'
import { canvasFrame } from '#renderer/document/canvas-frame.ts'
import { choices } from '#renderer/document/choices.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { openDocument, startSession } from '#renderer/document/session.ts'
import type { Drafts, OpenedDocument } from '#shared/contract/annotations.ts'
import type { Proposal } from '#shared/contract/service.ts'
import { newAnnotation } from '#shared/model/annotation.ts'
import { Editor } from './editor.ts'
import type { Pointer } from './tool.ts'
import { chooseTool, closeEditor, openEditor, openInEditor, workspace } from './workspace.ts'

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
  saveView: async () => {},
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
/** The open image's. */
function editor(): Editor {
  const open = openEditor()
  if (!open) throw new Error('No image is open')
  return open
}
const active = () => editor().tool.getState().active
const annotations = () => editor().document.annotations.list
const openDrafts = () => editor().document.drafts.getState()
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
  closeEditor()
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
  await openInEditor('a')
  chooseTool('assist')
  click(at(10))
  await openInEditor('b')
  answer.resolve(proposal())
  await settled()
  expect(Object.keys(drafts.get('a') ?? {})).toEqual(['assist'])
  expect(drafts.get('b')).toBeUndefined()
  expect(openDrafts()).toEqual({})
  expect(active().finish()).toBe(false)
  expect(annotations()).toEqual([])
  await openInEditor('a')
  expect(active().finish()).toBe(true)
  expect(annotations()).toHaveLength(1)
})

test('an answer that comes while another tool is in hand waits for its own tool', async () => {
  await openInEditor('a')
  chooseTool('assist')
  click(at(10))
  chooseTool('polygon')
  answer.resolve(proposal())
  await settled()
  expect(Object.keys(openDrafts())).toEqual(['assist'])
  chooseTool('assist')
  expect(active().finish()).toBe(true)
})

test('the tool that is in hand again when its answer comes goes on with it', async () => {
  await openInEditor('a')
  chooseTool('assist')
  click(at(10))
  chooseTool('polygon')
  chooseTool('assist')
  answer.resolve(proposal())
  await settled()
  expect(active().finish()).toBe(true)
})

test('an image that comes late, after the user went back, does not cut off what is drawn', async () => {
  await openInEditor('a')
  chooseTool('bbox')
  slow.set('b', Promise.withResolvers())
  goToImage('b')
  goToImage('a')
  await settled()
  editor().tool.setState({ isHeld: true })
  active().pointerDown(at(10))
  active().pointerMove(at(30), true)
  slow.get('b')?.resolve()
  await settled()
  expect(editor().tool.getState().isHeld).toBe(true)
  active().pointerUp(at(50))
  expect(workspace.getState().imageId).toBe('a')
  expect(annotations()).toHaveLength(1)
})

test('a press that is taken away keeps the points that were placed before', async () => {
  await openInEditor('a')
  chooseTool('polygon')
  click(at(10))
  click(at(50, 10))
  active().pointerDown(at(90, 90))
  active().pointerMove(at(60, 60), true)
  expect(active().release()).toBe(true)
  expect(openDrafts().polygon).toMatchObject({
    points: [
      { x: 10, y: 10 },
      { x: 50, y: 10 },
    ],
  })
})

test('two editors side by side share nothing but what the user chose for the window', async () => {
  await openInEditor('a')
  const first = editor()
  const box = newAnnotation({ kind: 'bbox', x: 1, y: 1, w: 5, h: 5 }, 'car')
  first.edit('Draw car', { created: [box], updated: [], deleted: [] })
  const second = new Editor(openDocument(opened('b')), () => {})
  first.selection.select([box.id])
  first.view.setState({ scale: 3 })
  first.takeTool('polygon')
  first.tool.getState().active.pointerDown(at(10))
  first.tool.getState().active.pointerUp(at(10))
  expect(second.document.annotations.list).toEqual([])
  expect(second.selection.state.getState().selected.size).toBe(0)
  expect(second.view.getState().scale).toBe(1)
  expect(second.document.drafts.getState()).toEqual({})
  expect(second.tool.getState().id).toBe('select')
})

test('what is left of an image changes nothing of it, nor of the next', async () => {
  await openInEditor('a')
  const left = editor()
  left.takeTool('bbox')
  const { active: tool } = left.tool.getState()
  tool.pointerDown(at(10))
  await openInEditor('b')
  tool.pointerMove(at(60), true)
  tool.pointerUp(at(60))
  expect(left.document.annotations.list).toEqual([])
  expect(annotations()).toEqual([])
  expect(openDrafts()).toEqual({})
})

test('hidden classes and the tool stay from image to image; hidden shapes, selection and locks do not', async () => {
  await openInEditor('a')
  choices.setState({ hiddenClasses: new Set(['dog']) })
  editor().takeTool('polyline')
  editor().selection.state.setState({ hidden: new Set(['x']), locked: new Set(['x']) })
  await openInEditor('b')
  expect(editor().tool.getState().id).toBe('polyline')
  expect(choices.getState().hiddenClasses).toEqual(new Set(['dog']))
  expect(editor().selection.state.getState()).toMatchObject({
    hidden: new Set(),
    locked: new Set(),
    selected: new Set(),
  })
  choices.setState({ hiddenClasses: new Set() })
})

test('an image is shown where it was left, in a canvas of any size', async () => {
  canvasFrame.setState({ width: 400, height: 300 })
  await openInEditor('a')
  // 200 × 100 with a margin of 24 on each side.
  expect(editor().view.getState().scale).toBeCloseTo(352 / 200)
  canvasFrame.setState({ width: 248, height: 300 })
  expect(editor().view.getState().scale).toBe(1)
  canvasFrame.setState({ width: 0, height: 0 })
  expect(editor().view.getState().scale).toBe(1)
})
