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
  /** Null while the image's labels are loading, and if that failed. */
  editor: Editor | null
  /** Why the labels could not be loaded. */
  error: string | null
}

const NOTHING: Workspace = { imageId: null, editor: null, error: null }

/** The image that this window shows. */
export const workspace = createStore<Workspace>(() => NOTHING)

export function openEditor(): Editor | null {
  return workspace.getState().editor
}

/** Shows an image. Resolves when it is open, or the failure is shown. Of several calls only the last counts. */
export async function openInEditor(imageId: string): Promise<void> {
  const known = takeAhead(imageId)
  if (known) {
    // One update, so that the canvas is not removed and added again.
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

/** Activates a tool for this image and the next ones. */
export function chooseTool(id: ToolId): void {
  const editor = openEditor()
  if (editor) editor.takeTool(id)
  else choices.setState({ toolId: id })
}

/** Attaches to the open editor and to each one that replaces it. `attach` returns a function that detaches. */
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

/** Saves a draft that arrives after its image was closed. */
const keepLate: LateDraft = (imageId, toolId, data) => {
  const editor = openEditor()
  if (editor?.document.image.id === imageId) editor.takeLateDraft(toolId, data)
  else keepDraftOf(imageId, toolId, data).catch((error) => say(messageOf(error)))
}

function show(opened: OpenedDocument): void {
  const editor = new Editor(openDocument(opened), keepLate)
  leave({ imageId: opened.image.id, editor, error: null })
}

/** Disposes the previous editor after the next one is set, so that listeners always see a live editor. */
function leave(next: Workspace): void {
  const { editor: before } = workspace.getState()
  workspace.setState(next, true)
  say(null)
  if (!before) return
  closeDocument(before.document)
  before.dispose()
}

// After a resize the canvas shows the same part of the image.
canvasFrame.subscribe(({ width, height }, before) => {
  if (width !== before.width || height !== before.height) openEditor()?.resize({ width, height })
})
