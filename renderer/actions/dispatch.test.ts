import { beforeEach, expect, test } from 'vitest'
import { createStore } from 'zustand/vanilla'
import { choices } from '#renderer/document/choices.ts'
import { datasetState } from '#renderer/document/dataset-state.ts'
import { Editor } from '#renderer/tools/editor.ts'
import { workspace } from '#renderer/tools/workspace.ts'
import type { Dataset } from '#shared/model/dataset.ts'
import { ACTIONS } from './actions.ts'
import { appState, showDialog } from './app-state.ts'
import { handleKey, isAvailable, perform } from './dispatch.ts'

Object.assign(globalThis, {
  HTMLElement: class {},
  localStorage: { setItem() {}, getItem: () => null },
})

/** Edits that were made on the open image, by what they are called. */
let edits: string[] = []
let editor: Editor
const box = { id: 'one', className: 'car', shape: { kind: 'bbox', x: 0, y: 0, w: 9, h: 9 } }

beforeEach(() => {
  edits = []
  const document = {
    image: { id: 'a', width: 100, height: 100 },
    annotations: {
      list: [box],
      get: () => box,
      instance: () => [],
      instancesIn: () => [],
      inBox: () => [],
      at: () => [],
      nextInstanceId: () => 1,
      subscribe: () => () => {},
    },
    history: { getState: () => ({ undo: 'x', redo: null }), subscribe: () => () => {} },
    edit: (label: string) => void edits.push(label),
    undo: async () => void edits.push('undo'),
    redo: async () => void edits.push('redo'),
    drafts: createStore(() => ({})),
  }
  datasetState.setState({
    dataset: {
      id: 'd',
      name: 'd',
      remote: null,
      classes: ['car', 'bus', 'dog'].map((name) => ({ name, color: '#ff0000' })),
    } as unknown as Dataset,
  })
  editor = new Editor(document as never, () => {})
  workspace.setState({ imageId: 'a', editor, error: null })
  appState.setState({ datasetId: 'd', isGallery: false, dialog: null, notices: [] })
  editor.selection.select(['one'])
})

const press = (key: string, modifiers: { ctrlKey?: boolean; shiftKey?: boolean } = {}) =>
  handleKey({
    key,
    code: /^[a-z]$/.test(key) ? `Key${key.toUpperCase()}` : /^\d$/.test(key) ? `Digit${key}` : key,
    shiftKey: false,
    altKey: false,
    ctrlKey: false,
    metaKey: false,
    target: null,
    ...modifiers,
  })

test('on the canvas Delete removes the selected shape, and a digit relabels it', () => {
  expect(press('Delete')).toBe(true)
  expect(press('2')).toBe(true)
  expect(edits).toEqual(['Delete car', 'Relabel as bus'])
})

test('no key changes the image behind the gallery', async () => {
  appState.setState({ isGallery: true })
  for (const key of [
    'Delete',
    'Backspace',
    '2',
    'a',
    'd',
    'h',
    't',
    'ArrowLeft',
    'Tab',
    'Enter',
    'r',
  ])
    press(key)
  for (const key of ['x', 'v', 'z', 'y', 'd', 'l', 'a']) press(key, { ctrlKey: true })
  await Promise.resolve()
  expect(edits).toEqual([])
  expect([...editor.selection.state.getState().selected]).toEqual(['one'])
  expect(choices.getState().allHidden).toBe(false)
  expect(workspace.getState().imageId).toBe('a')
  // Nor does the palette or a menu.
  for (const action of ACTIONS.filter(
    ({ context }) => context === 'canvas' || context === 'image',
  )) {
    expect(isAvailable(action)).toBe(false)
    await perform(action)
  }
  expect(edits).toEqual([])
  expect(press('g', { ctrlKey: true })).toBe(true)
  expect(appState.getState().isGallery).toBe(false)
})

test('no key acts through a dialog', () => {
  showDialog({ kind: 'help' })
  expect(press('Delete')).toBe(false)
  expect(edits).toEqual([])
})

test('an action that fails says so', async () => {
  const failing = {
    id: 'failing',
    label: '',
    group: 'Edit' as const,
    context: 'app' as const,
    keys: [],
    run: () => Promise.reject(new Error('The disk is full')),
  }
  await perform(failing)
  await perform({
    ...failing,
    run: () => {
      throw new Error('No such class')
    },
  })
  expect(appState.getState().notices.map(({ message, tone }) => [message, tone])).toEqual([
    ['The disk is full', 'error'],
    ['No such class', 'error'],
  ])
})
