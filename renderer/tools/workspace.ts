import { createStore } from 'zustand/vanilla'
import { canvasFrame } from '#renderer/document/canvas-frame.ts'
import { choices, type ToolId } from '#renderer/document/choices.ts'
import {
  closeDocument,
  keepDraftOf,
  openDocument,
  readDocument,
  refreshLabels,
  takeAhead,
} from '#renderer/document/session.ts'
import { say } from '#renderer/document/status-line.ts'
import type { OpenedDocument } from '#shared/contract/annotations.ts'
import { messageOf } from '#shared/model/message-of.ts'
import { Editor, type LateDraft } from './editor.ts'

interface Workspace {
  imageId: string | null
  /** Null while the image's labels are read, or when they could not be. */
  editor: Editor | null
  /** Why the image's labels could not be opened. */
  error: string | null
}

const NOTHING: Workspace = { imageId: null, editor: null, error: null }

/** The image that this window shows. */
export const workspace = createStore<Workspace>(() => NOTHING)

export function openEditor(): Editor | null {
  return workspace.getState().editor
}

/** Shows an image. Resolves when it is open, or could not be opened, which is shown; of several calls the last counts. */
export async function openInEditor(imageId: string): Promise<void> {
  const known = takeAhead(imageId)
  if (known) {
    // In one step: nothing is taken down to be put up again a moment later.
    show(known)
    refreshLabels()
    return
  }
  const asked: Workspace = { imageId, editor: null, error: null }
  leave(asked)
  try {
    const opened = await readDocument(imageId)
    if (workspace.getState() === asked) show(opened)
  } catch (error) {
    if (workspace.getState() === asked) workspace.setState({ error: messageOf(error) })
  }
}

export function closeEditor(): void {
  leave(NOTHING)
}

/** Takes a tool in hand, for this image and the next. */
export function chooseTool(id: ToolId): void {
  const editor = openEditor()
  if (editor) editor.takeTool(id)
  else choices.setState({ toolId: id })
}

/** Attaches to the open editor, and to each later one in its place. `attach` answers how to let go. */
export function followEditor(attach: (editor: Editor) => () => void): () => void {
  let letGo: (() => void) | undefined
  const follow = () => {
    letGo?.()
    const editor = openEditor()
    letGo = editor ? attach(editor) : undefined
  }
  follow()
  const stop = workspace.subscribe(({ editor }, before) => {
    if (editor !== before.editor) follow()
  })
  return () => {
    stop()
    letGo?.()
  }
}

/** A draft that comes after its image was left: it waits there. */
const keepLate: LateDraft = (imageId, toolId, data) => {
  const editor = openEditor()
  if (editor?.document.image.id === imageId) editor.takeLateDraft(toolId, data)
  else keepDraftOf(imageId, toolId, data).catch((error) => say(messageOf(error)))
}

function show(opened: OpenedDocument): void {
  const editor = new Editor(openDocument(opened), keepLate)
  leave({ imageId: opened.image.id, editor, error: null })
}

/** The editor before ends when the next is in its place: whoever is told of the change sees either. */
function leave(next: Workspace): void {
  const { editor: before } = workspace.getState()
  workspace.setState(next, true)
  say(null)
  if (!before) return
  closeDocument(before.document)
  before.dispose()
}

// The canvas of a new size shows the same part of the image.
canvasFrame.subscribe(({ width, height }, before) => {
  if (width !== before.width || height !== before.height) openEditor()?.resize({ width, height })
})
