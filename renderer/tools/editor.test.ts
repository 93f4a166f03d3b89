import { beforeEach, expect, test, vi } from 'vitest'
import { appState } from '#renderer/actions/app-state.ts'
import { goToImage } from '#renderer/actions/datasets.ts'
import { handleKey } from '#renderer/actions/dispatch.ts'
import { relabel, wholePoses } from '#renderer/actions/edit-actions.ts'
import { announcer } from '#renderer/document/announcer.ts'
import type { DocumentBackend } from '#renderer/document/backend.ts'
import { canvasFrame } from '#renderer/document/canvas-frame.ts'
import { choices } from '#renderer/document/choices.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { editorSettings } from '#renderer/document/editor-settings.ts'
import { openDocument, startSession } from '#renderer/document/session.ts'
import { statusLine } from '#renderer/document/status-line.ts'
import { currentOverlay } from '#renderer/editor/current-overlay.ts'
import { problemsOf } from '#renderer/editor/side-panels/annotation-problems.ts'
import type { Drafts, OpenedDocument } from '#shared/contract/annotations.ts'
import type { Proposal } from '#shared/contract/service.ts'
import { isInside } from '#shared/geometry/clamp-shape.ts'
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
Object.assign(globalThis, { localStorage: storage, HTMLElement: class {} })

const drafts = new Map<string, Drafts>()
const revisions = new Map<string, number>()
const slow = new Map<string, PromiseWithResolvers<void>>()
let answer = Promise.withResolvers<Proposal>()

const opened = (id: string): OpenedDocument => ({
  image: { id, width: 200, height: 100 } as OpenedDocument['image'],
  annotations: [],
  drafts: drafts.get(id) ?? {},
  view: null,
  revision: revisions.get(id) ?? 0,
  undo: null,
  redo: null,
})

const backend: DocumentBackend = {
  open: async (id) => {
    await slow.get(id)?.promise
    return opened(id)
  },
  commit: async ({ imageId }) => {
    const baseRevision = revisions.get(imageId) ?? 0
    revisions.set(imageId, baseRevision + 1)
    return { baseRevision, revision: baseRevision + 1, undo: null, redo: null }
  },
  undo: async () => null,
  goTo: async () => {},
  redo: async () => null,
  labels: async () => ({ undo: null, redo: null }),
  saveView: async () => {},
  saveDrafts: async (id, kept) => void drafts.set(id, kept),
  picture: () => {
    throw new Error('Nothing is asked of pictures here')
  },
  segment: { prepare: async () => {}, prepareAhead: async () => {}, ask: async () => [] },
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

await startSession(backend, { libraryId: 'library', onTrouble: () => {}, onFault: () => {} })

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

const key = (name: string, more: { shiftKey?: boolean } = {}) =>
  handleKey({
    key: name,
    code: /^[a-z]$/.test(name) ? `Key${name.toUpperCase()}` : name,
    shiftKey: false,
    altKey: false,
    ctrlKey: false,
    metaKey: false,
    target: null,
    ...more,
  })
const keys = (...names: string[]) => {
  for (const name of names) {
    const isShifted = name.startsWith('Shift+')
    expect([name, key(name.replace('Shift+', ''), { shiftKey: isShifted })]).toEqual([name, true])
  }
}
/** An image of 200 × 100 pixels, seen at twice its size. */
async function openLarge(): Promise<void> {
  canvasFrame.setState({ width: 448, height: 248, pointer: null })
  appState.setState({ datasetId: 'd', isGallery: false, dialog: null })
  await openInEditor('a')
}

test('a box is drawn by keyboard alone, pixel by pixel and by ten, and read out', async () => {
  await openLarge()
  vi.useFakeTimers()
  // From the middle of what is seen.
  keys('r', 'Shift+ArrowLeft', 'ArrowUp', 'Enter', 'Shift+ArrowRight', 'Shift+ArrowDown')
  expect(editor().cursor.at).toEqual({ x: 100, y: 59 })
  vi.advanceTimersByTime(1_000)
  expect(announcer.getState().text).toBe('100, 59')
  keys('Enter')
  vi.advanceTimersByTime(1_000)
  expect(announcer.getState().text).toBe('Bounding box car drawn')
  vi.useRealTimers()
  expect(annotations().map(({ shape }) => shape)).toEqual([
    { kind: 'bbox', x: 90, y: 49, w: 10, h: 10 },
  ])
})

test('a polygon is drawn by keyboard: Enter places, at the same place it finishes', async () => {
  await openLarge()
  keys('p', 'ArrowLeft', 'Enter', 'Shift+ArrowRight', 'Enter', 'Shift+ArrowDown', 'Enter')
  expect(annotations()).toEqual([])
  keys('Enter')
  expect(annotations().map(({ shape }) => shape)).toEqual([
    {
      kind: 'polygon',
      rings: [
        [
          { x: 99, y: 50 },
          { x: 109, y: 50 },
          { x: 109, y: 60 },
        ],
      ],
    },
  ])
})

test('the cursor that keys move stays on the image and in sight; with another tool arrows move the selection', async () => {
  await openLarge()
  keys('k')
  for (let step = 0; step < 30; step++) keys('Shift+ArrowRight')
  expect(editor().cursor.at).toEqual({ x: 200, y: 50 })
  const { pointer, width } = canvasFrame.getState()
  expect(pointer && pointer.x <= width).toBe(true)
  keys('Enter')
  expect(annotations().map(({ shape }) => shape)).toEqual([{ kind: 'keypoint', x: 200, y: 50 }])
  keys('v')
  expect(editor().cursor.at).toBeNull()
  expect(key('ArrowLeft')).toBe(false)
  editor().selection.select(annotations().map(({ id }) => id))
  keys('ArrowLeft')
  expect(annotations().map(({ shape }) => shape)).toEqual([{ kind: 'keypoint', x: 199, y: 50 }])
})

const rotated = (cx: number, cy: number) =>
  newAnnotation({ kind: 'oriented_box', cx, cy, w: 60, h: 10, angleDeg: 0 }, 'car')

/** A drag with the tool in hand. */
function drag(...places: Pointer[]): void {
  const [first, ...others] = places
  active().pointerDown(first)
  for (const place of others) active().pointerMove(place, true)
  active().pointerUp(others.at(-1) ?? first)
}

test('shapes that are moved by hand or by key stop at the border, and go beyond it where that is chosen', async () => {
  await openLarge()
  const [a, b] = [rotated(100, 50), newAnnotation({ kind: 'keypoint', x: 180, y: 90 }, 'car')]
  editor().edit('', { created: [a, b], updated: [], deleted: [] })
  editor().selection.select([a.id, b.id])
  drag(at(100, 50), at(150, 55), at(170, 90))
  expect(annotations().map(({ shape }) => shape)).toMatchObject([
    { cx: 120, cy: 60 },
    { x: 200, y: 100 },
  ])
  keys('Shift+ArrowRight', 'Shift+ArrowDown')
  expect(annotations()[1].shape).toMatchObject({ x: 200, y: 100 })
  keys('Shift+ArrowUp')
  expect(annotations()[1].shape).toMatchObject({ x: 200, y: 90 })
  editorSettings.setState({ keepInside: false })
  keys('Shift+ArrowRight')
  expect(annotations()[1].shape).toMatchObject({ x: 210, y: 90 })
  editorSettings.setState({ keepInside: true })
})

test('a rotated box stays inside while it is drawn, turned and stretched', async () => {
  await openLarge()
  const isIn = () =>
    annotations().every(({ shape }) => isInside(shape, { width: 200, height: 100 }))
  editor().takeTool('oriented_box')
  // A slanted side near the right border: on the far side the box would lie beyond it.
  click(at(150, 90))
  click(at(190, 50))
  click(at(200, 100))
  expect(annotations()).toHaveLength(1)
  expect(isIn()).toBe(true)
  editor().takeTool('select')
  const box = rotated(100, 6)
  editor().edit('', { created: [box], updated: [], deleted: [] })
  editor().selection.select([box.id])
  for (let step = 0; step < 40; step++) keys('.')
  expect(editor().selection.annotations()[0].shape).toMatchObject({ angleDeg: 40 })
  expect(isIn()).toBe(true)
  for (const handle of editor().handles()) {
    drag({ ...at(handle.at.x, handle.at.y), shift: true }, { ...at(199, 99), shift: true })
    expect(isIn()).toBe(true)
  }
})

test('slice says what is locked, and cuts what is not', async () => {
  await openLarge()
  const box = newAnnotation({ kind: 'bbox', x: 50, y: 20, w: 60, h: 60 }, 'car')
  editor().edit('', { created: [box], updated: [], deleted: [] })
  editor().selection.state.setState({ locked: new Set([box.id]) })
  editor().takeTool('slice')
  click(at(40, 50))
  click(at(120, 50))
  expect(annotations()).toEqual([box])
  expect(statusLine.getState().message).toContain('are locked')
  editor().selection.state.setState({ locked: new Set() })
  click(at(40, 50))
  click(at(120, 50))
  expect(annotations()).toHaveLength(2)
})

test('the joints of a pose have one set of attributes', async () => {
  await openLarge()
  datasetState.setState({
    dataset: {
      classes: [
        {
          name: 'face',
          color: '#ff0000',
          attributes: [{ name: 'mood', type: 'text', required: true }],
          skeleton: { nodes: [{ name: 'eye' }, { name: 'nose' }], edges: [[0, 1]], pairs: [] },
        },
        { name: 'eye', color: '#ff0000' },
        { name: 'nose', color: '#ff0000' },
      ],
    } as unknown as ReturnType<typeof datasetState.getState>['dataset'],
  })
  const joint = (className: string, x: number, instanceId = 1) => ({
    ...newAnnotation({ kind: 'keypoint', x, y: 10 }, className),
    instanceId,
  })
  const created = [joint('eye', 10), joint('nose', 20), joint('eye', 90, 2)]
  editor().edit('', { created, updated: [], deleted: [] })
  const [eye] = created
  expect(wholePoses(editor(), [eye]).map(({ id }) => id)).toEqual(
    created.slice(0, 2).map(({ id }) => id),
  )
  // One warning a pose, however many joints it has.
  const warned = created.filter(
    (annotation) => problemsOf(annotation, editor().document, editor().classes).length > 0,
  )
  expect(new Set(warned.map(({ instanceId }) => instanceId)).size).toBe(2)
  expect(warned).toHaveLength(2)
})

test('a shape that gets a hidden class is seen all the same', async () => {
  await openLarge()
  const box = newAnnotation({ kind: 'bbox', x: 1, y: 1, w: 5, h: 5 }, 'car')
  editor().edit('', { created: [box], updated: [], deleted: [] })
  choices.setState({ hiddenClasses: new Set(['bus', 'dog']) })
  relabel(editor(), [box], 'bus')
  expect(editor().selection.visible()).toMatchObject([{ className: 'bus' }])
  expect(choices.getState().hiddenClasses).toEqual(new Set(['dog']))
  choices.setState({ hiddenClasses: new Set() })
})

const shownBy = (showCrosshair: boolean) =>
  currentOverlay(
    editor(),
    { colorOf: () => '#000000' } as unknown as Parameters<typeof currentOverlay>[1],
    null,
    { showCrosshair, showLoupe: false, filter: 'none' },
  )

test('the crosshair is there where one draws, and not where one selects', async () => {
  await openInEditor('a')
  chooseTool('select')
  expect(shownBy(true).showCrosshair).toBe(false)
  chooseTool('bbox')
  expect(shownBy(true).showCrosshair).toBe(true)
  expect(shownBy(false).showCrosshair).toBe(false)
})

test('the shape just drawn has handles until the next press; a drag on one is one edit', async () => {
  await openInEditor('a')
  chooseTool('bbox')
  const drag = (from: Pointer, to: Pointer) => {
    active().pointerDown(from)
    active().pointerMove(to, true)
    active().pointerUp(to)
  }
  drag(at(10), at(40))
  expect(editor().handles().length).toBe(8)
  expect(shownBy(false).handles.length).toBe(8)
  drag(at(40), at(60))
  expect(annotations().map(({ shape }) => shape)).toEqual([
    { kind: 'bbox', x: 10, y: 10, w: 50, h: 50 },
  ])
  // A press that is taken away changes nothing, and the handles stay.
  active().pointerDown(at(60))
  active().pointerMove(at(90), true)
  expect(active().release()).toBe(true)
  expect(annotations()[0].shape).toMatchObject({ w: 50 })
  drag(at(100, 20), at(140, 60))
  expect(annotations()).toHaveLength(2)
  // Another tool, and the handles are gone.
  chooseTool('polygon')
  expect(editor().handles()).toEqual([])
})
