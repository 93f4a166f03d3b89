import { createStore } from 'zustand/vanilla'
import { datasetState } from '#renderer/document/dataset-state.ts'
import {
  isLocked,
  isVisible,
  select,
  selection,
  toggleSelected,
} from '#renderer/document/selection.ts'
import { session, setDraft } from '#renderer/document/session.ts'
import { shapeHandles } from '#shared/geometry/shape.ts'
import { type Annotation, newAnnotation } from '#shared/model/annotation.ts'
import type { ActiveTool, ToolHost, ToolId } from './tool.ts'
import { toolById } from './tools.ts'

/** The class of shapes drawn before any class was made. */
const FIRST_CLASS = 'object'

interface ToolState {
  toolId: ToolId
  active: ActiveTool
  /** Stays until another is chosen; a class that is gone is no longer it. */
  className: string | null
  /** Grows when the active tool's preview, cursor or hint changed. */
  version: number
  /** Something that went otherwise than asked; gone with the next press. */
  message: string | null
}

const changed = () => toolState.setState(({ version }) => ({ version: version + 1 }))

export function selectedAnnotations(): Annotation[] {
  const { document } = session.getState()
  if (!document) return []
  return [...selection.getState().selected].flatMap((id) => document.annotations.get(id) ?? [])
}

export function currentClassName(): string {
  const classes = datasetState.getState().dataset?.classes ?? []
  const { className } = toolState.getState()
  const known = classes.find(({ name }) => name === className) ?? classes[0]
  return known?.name ?? FIRST_CLASS
}

const host: ToolHost = {
  annotations: () =>
    (session.getState().document?.annotations.list ?? []).filter((item) => isVisible(item)),
  get: (id) => session.getState().document?.annotations.get(id),
  pick: (at, tolerance) =>
    session
      .getState()
      .document?.annotations.at(at, tolerance)
      .filter((item) => isVisible(item)) ?? [],
  inBox: (box) =>
    session
      .getState()
      .document?.annotations.inBox(box)
      .filter((item) => isVisible(item)) ?? [],
  isLocked,
  selected: selectedAnnotations,
  select,
  toggle: toggleSelected,
  selectVertex: (vertex) => selection.setState({ vertex }),
  vertex: () => selection.getState().vertex,
  edit: (label, changes) => {
    const { document, draft } = session.getState()
    // What another tool left unfinished stays.
    const finishes = draft !== null && draft.tool === toolState.getState().toolId
    document?.edit(label, changes, finishes ? null : undefined)
    if (finishes) session.setState({ draft: null })
  },
  create: (shape) => {
    const annotation = newAnnotation(shape, currentClassName())
    host.edit(`Draw ${annotation.className}`, { created: [annotation], updated: [], deleted: [] })
  },
  keepDraft: setDraft,
  className: currentClassName,
  say,
  changed,
  handles: () => {
    const [only, second] = selectedAnnotations()
    return only && !second && !isLocked(only) && isVisible(only) ? shapeHandles(only.shape) : []
  },
}

export const toolState = createStore<ToolState>(() => ({
  toolId: 'select',
  active: toolById('select').create(host, null),
  className: null,
  version: 0,
  message: null,
}))

/** Takes a tool in hand. What the tool left unfinished on this image goes on. */
export function chooseTool(toolId: ToolId): void {
  const { draft } = session.getState()
  const mine = draft?.tool === toolId ? draft : null
  if (toolById(toolId).draws && toolId !== 'hole') select([])
  toolState.setState({ toolId, active: toolById(toolId).create(host, mine), message: null })
  changed()
}

/** The tool starts anew on another image. */
export function restartTool(): void {
  chooseTool(toolState.getState().toolId)
}

/** A word in the status line, until the next press. */
export function say(message: string | null): void {
  toolState.setState({ message })
}
